#include "client/inspection_text.h"

#include <algorithm>

#include "client/arena_map.h"
#include "client/format.h"
#include "client/table.h"

namespace tinyrig::client {
namespace {

constexpr std::size_t kArenaBarWidth = 20;

std::string line(const std::string& name, const std::string& value) {
  return "  " + name + std::string(14 - name.size(), ' ') + printable(value) + "\n";
}

std::string tensors(const google::protobuf::RepeatedPtrField<v1::TensorInfo>& list) {
  std::string text;
  for (const v1::TensorInfo& tensor : list) {
    text += (text.empty() ? "" : ", ") + tensor.type() + "[";
    for (int i = 0; i < tensor.shape_size(); ++i) text += (i == 0 ? "" : "x") + std::to_string(tensor.shape(i));
    text += "]";
  }
  return text;
}

std::string model_text(const v1::Inspection& inspection) {
  return "model " + printable(inspection.model_name()) + "\n" + line("sha256", inspection.model_sha256()) +
         line("file", bytes(inspection.file_bytes())) + line("inputs", tensors(inspection.inputs())) +
         line("outputs", tensors(inspection.outputs())) +
         line("operators", std::to_string(inspection.operators_size()) + ", " + grouped(inspection.macs()) + " MACs, " +
                               bytes(inspection.weight_bytes()) + " of weights");
}

std::string verdict(const v1::Inspection& inspection) {
  if (inspection.fits()) return "fits, the packed model in " + inspection.placement();
  std::string text = "DOES NOT FIT [" + inspection.reason() + "]";
  if (inspection.missing_ram_bytes() > 0)
    text += ", " + grouped(inspection.missing_ram_bytes()) + " bytes of RAM missing";
  if (inspection.missing_slot_bytes() > 0) {
    text += ", " + grouped(inspection.missing_slot_bytes()) + " bytes of the model slot missing";
  }
  return text;
}

// "7.8 KiB of 488 KiB for models (1.6 %), beside 24 KiB for the agent"
std::string memory(const v1::MemoryUse& use) {
  std::string text = bytes(use.model_bytes()) + " of " + bytes(use.model_limit_bytes()) + " for models";
  if (use.model_bytes() > 0 && use.model_limit_bytes() > 0) {
    text += " (" + percent(static_cast<double>(use.model_bytes()) / static_cast<double>(use.model_limit_bytes())) + ")";
  }
  if (use.agent_bytes() > 0) text += ", beside " + bytes(use.agent_bytes()) + " set aside for the agent";
  return text;
}

std::string board_text(const v1::Inspection& inspection) {
  const v1::BoardType& type = inspection.board_type();
  return "\non " + type.id() + " (" + type.core() + (type.emulated() ? ", emulated" : "") + ")\n" +
         line("verdict", verdict(inspection)) + line("RAM", memory(inspection.ram())) +
         line("flash", memory(inspection.flash())) +
         line("packed model", bytes(inspection.packed_model_bytes()) + ", laid out for " + inspection.packed_core()) +
         line("arena", grouped(inspection.arena_bytes()) + " bytes planned, at least " +
                           grouped(inspection.arena_lower_bound_bytes()) + " needed");
}

std::string operators_text(const v1::Inspection& inspection) {
  Table table({{"#", Table::Align::kRight},
               {"OPERATOR"},
               {"SHAPE"},
               {"MACS", Table::Align::kRight},
               {"SHARE", Table::Align::kRight},
               {"WEIGHTS", Table::Align::kRight},
               {"KERNEL"},
               {"LIVE", Table::Align::kRight},
               {"ARENA"}});
  std::uint64_t most = 0;
  for (const v1::OperatorInfo& op : inspection.operators()) most = std::max(most, op.arena_live_bytes());
  bool marked = false;
  for (const v1::OperatorInfo& op : inspection.operators()) {
    const bool peak = !marked && op.arena_live_bytes() == most;
    marked = marked || peak;
    const double share =
        inspection.macs() == 0 ? 0 : static_cast<double>(op.macs()) / static_cast<double>(inspection.macs());
    table.add({std::to_string(op.index()), op.kind(), op.shape(), grouped(op.macs()),
               op.macs() == 0 ? "-" : percent(share), bytes(op.weight_bytes()), op.kernel(),
               grouped(op.arena_live_bytes()),
               bar(static_cast<double>(op.arena_live_bytes()), static_cast<double>(most), kArenaBarWidth) +
                   (peak ? " <- peak" : "")});
  }
  return "\noperators; share is of the MACs\n" + table.text();
}

// A refused model: what of it is in the way.
std::string refusals_text(const v1::Inspection& inspection) {
  Table table({{"#", Table::Align::kRight},
               {"OPERATOR"},
               {"SHAPE"},
               {"MACS", Table::Align::kRight},
               {"WEIGHTS", Table::Align::kRight},
               {"RUNS"}});
  std::string why;
  int refused = 0;
  for (const v1::OperatorInfo& op : inspection.operators()) {
    const bool runs = op.unsupported().empty();
    table.add({std::to_string(op.index()), op.kind(), op.shape(), runs ? grouped(op.macs()) : "-",
               runs ? bytes(op.weight_bytes()) : "-", runs ? "yes" : "NO"});
    if (runs) continue;
    ++refused;
    why += "  " + printable(op.unsupported()) + "\n";
  }
  return "\nCANNOT RUN on any board [" + inspection.reason() + "]: " + std::to_string(refused) + " of " +
         std::to_string(inspection.operators_size()) + " operators are in the way\n" + why +
         (inspection.hint().empty() ? "" : "  to do: " + printable(inspection.hint()) + "\n") + "\noperators\n" +
         table.text();
}

}  // namespace

bool is_refused(const v1::Inspection& inspection) {
  return std::ranges::any_of(inspection.operators(), [](const auto& op) { return !op.unsupported().empty(); });
}

std::string inspection_text(const v1::Inspection& inspection) {
  if (is_refused(inspection)) return model_text(inspection) + refusals_text(inspection);
  return model_text(inspection) + board_text(inspection) + operators_text(inspection) + "\n" + arena_map(inspection);
}

std::string fit_text(const v1::InspectModelResponse& inspections) {
  if (inspections.inspections().empty()) return "";
  if (is_refused(inspections.inspections(0))) return inspection_text(inspections.inspections(0));
  Table table({{"BOARD TYPE"},
               {"CORE"},
               {"FITS"},
               {"MODEL IN"},
               {"RAM", Table::Align::kRight},
               {"OF", Table::Align::kRight},
               {"FLASH", Table::Align::kRight},
               {"OF", Table::Align::kRight},
               {"ARENA", Table::Align::kRight},
               {"LAID OUT FOR"},
               {"MISSING"}});
  for (const v1::Inspection& inspection : inspections.inspections()) {
    std::string missing;
    if (inspection.missing_ram_bytes() > 0) missing = grouped(inspection.missing_ram_bytes()) + " B of RAM";
    if (inspection.missing_slot_bytes() > 0) {
      missing += (missing.empty() ? "" : ", ") + grouped(inspection.missing_slot_bytes()) + " B of the slot";
    }
    const v1::BoardType& type = inspection.board_type();
    table.add({type.id(), type.core(), inspection.fits() ? "yes" : "NO", inspection.placement(),
               bytes(inspection.ram().model_bytes()), bytes(inspection.ram().model_limit_bytes()),
               bytes(inspection.flash().model_bytes()), bytes(inspection.flash().model_limit_bytes()),
               grouped(inspection.arena_bytes()), inspection.packed_core(), missing});
  }
  return model_text(inspections.inspections(0)) + "\n" + table.text();
}

}  // namespace tinyrig::client
