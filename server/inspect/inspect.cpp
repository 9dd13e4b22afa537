#include "server/inspect/inspect.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/inspect/describe.h"
#include "server/model/fit.h"
#include "server/model/layout.h"
#include "server/model/limits.h"
#include "server/model/parse_tflite.h"
#include "server/model/survey.h"
#include "server/model/too_large.h"

namespace tinyrig::inspect {
namespace {

constexpr std::size_t kMostMessageBytes = 4096;

void describe_model(const model::PackedModel& packed, v1::Inspection* inspection) {
  inspection->set_model_sha256(packed.sha256);
  inspection->set_packed_core(model::core_name(packed.core));
  for (const model::TensorInfo& input : packed.inputs) describe_tensor(input, inspection->add_inputs());
  for (const model::TensorInfo& output : packed.outputs) describe_tensor(output, inspection->add_outputs());
  for (const model::OperatorInfo& op : packed.operators) {
    v1::OperatorInfo* info = inspection->add_operators();
    describe_operator(op, info);
    info->set_kernel(op.kernel);
    info->set_arena_live_bytes(op.arena_live_bytes);
  }
  inspection->set_macs(packed.macs);
  inspection->set_weight_bytes(packed.weight_bytes);
  inspection->set_packed_model_bytes(packed.image.size());
  inspection->set_arena_bytes(packed.arena_bytes);
  inspection->set_arena_lower_bound_bytes(packed.arena_lower_bound_bytes);
  for (const model::PlacementInfo& info : packed.plan) {
    v1::ArenaBlock* block = inspection->add_arena_plan();
    block->set_name(clean_text(info.name, model::kMaxNameBytes));
    block->set_offset_bytes(info.placement.offset);
    block->set_size_bytes(info.placement.bytes);
    block->set_first_step(info.placement.first_operator);
    block->set_last_step(info.placement.last_operator);
    block->set_shared(info.placement.shared);
  }
}

// A model that no board runs.
void describe_refused(const model::Survey& survey, v1::Inspection* inspection) {
  for (const model::TensorInfo& input : survey.inputs) describe_tensor(input, inspection->add_inputs());
  for (const model::TensorInfo& output : survey.outputs) describe_tensor(output, inspection->add_outputs());
  for (const model::SurveyedOperator& op : survey.operators) {
    v1::OperatorInfo* info = inspection->add_operators();
    describe_operator(op.info, info);
    if (!op.refusal.ok()) info->set_unsupported(clean_text(std::string(op.refusal.message()), kMostMessageBytes));
  }
  inspection->set_macs(survey.macs);
  inspection->set_weight_bytes(survey.weight_bytes);
  inspection->set_reason(reason_of(survey.refusal));
  inspection->set_message(clean_text(std::string(survey.refusal.message()), kMostMessageBytes));
  inspection->set_hint(hint_of(survey.refusal));
}

// Where it lies on this type, or why it cannot.
void place(const v1::BoardType& type, v1::Inspection* inspection) {
  const std::uint64_t image = inspection->packed_model_bytes(), arena = inspection->arena_bytes();
  const model::BoardMemory board{type.model_ram_bytes(), type.model_slot_bytes()};
  const model::Fit fit = model::fit_model(image, arena, board);
  inspection->set_fits(fit.placement != model::ModelPlacement::kDoesNotFit);
  if (inspection->fits()) {
    inspection->set_placement(fit.placement == model::ModelPlacement::kSlot ? "flash_slot" : "ram");
  } else if (const auto why = model::too_large(inspection->model_name(), type.id(), image, arena, board)) {
    inspection->set_reason(why->reason);
    inspection->set_message(why->message);
    inspection->set_missing_ram_bytes(fit.missing_ram_bytes);
    inspection->set_missing_slot_bytes(fit.missing_slot_bytes);
  }
  // What does not fit would have to go to the slot, where there is one.
  const bool in_ram = inspection->placement() == "ram" || type.model_slot_bytes() == 0;
  v1::MemoryUse& ram = *inspection->mutable_ram();
  ram.set_total_bytes(type.ram_bytes());
  ram.set_agent_bytes(type.ram_bytes() - std::min(type.ram_bytes(), type.model_ram_bytes()));
  ram.set_model_limit_bytes(type.model_ram_bytes());
  ram.set_model_bytes(arena + (in_ram ? image : 0));
  v1::MemoryUse& flash = *inspection->mutable_flash();
  flash.set_total_bytes(type.flash_bytes());
  flash.set_agent_bytes(type.agent_flash_bytes());
  flash.set_model_limit_bytes(type.model_slot_bytes());
  flash.set_model_bytes(in_ram ? 0 : image);
}

}  // namespace

absl::StatusOr<std::vector<v1::Inspection>> inspect_model(const std::string& name, std::span<const std::uint8_t> tflite,
                                                          const std::vector<v1::BoardType>& types) {
  TINYRIG_ASSIGN_OR_RETURN(const model::Graph graph, model::parse_tflite(tflite));
  TINYRIG_ASSIGN_OR_RETURN(const model::Survey survey, model::survey(graph));
  std::map<packed::Core, v1::Inspection> by_core;
  std::vector<v1::Inspection> inspections;
  for (const v1::BoardType& type : types) {
    packed::Core core{};
    if (!model::parse_core(type.core(), core)) {
      return make_error(absl::StatusCode::kInvalidArgument, "CORE_UNKNOWN",
                        absl::StrCat("board type '", type.id(), "' has core '", type.core(), "', which is not known"),
                        "Use a client and a catalog of the same version.");
    }
    auto [described, is_new] = by_core.try_emplace(core);
    if (is_new && !survey.refusal.ok()) {
      describe_refused(survey, &described->second);
      described->second.set_model_sha256(model::sha256_hex(tflite));
    } else if (is_new) {
      TINYRIG_ASSIGN_OR_RETURN(const model::PackedModel packed, model::pack(graph, core));
      describe_model(packed, &described->second);
    }
    v1::Inspection& inspection = inspections.emplace_back(described->second);
    inspection.set_model_name(name);
    inspection.set_file_bytes(tflite.size());
    *inspection.mutable_board_type() = type;
    if (survey.refusal.ok()) place(type, &inspection);
  }
  return inspections;
}

absl::StatusOr<std::vector<v1::BoardType>> choose_types(const std::vector<v1::BoardType>& catalog,
                                                        std::span<const std::string> ids) {
  if (ids.empty()) return catalog;
  std::vector<v1::BoardType> chosen;
  for (const std::string& id : ids) {
    const auto found = std::ranges::find(catalog, id, &v1::BoardType::id);
    if (found == catalog.end()) {
      std::vector<std::string> known;
      for (const v1::BoardType& type : catalog) known.push_back(type.id());
      return make_error(absl::StatusCode::kNotFound, "BOARD_TYPE_UNKNOWN",
                        absl::StrCat("there is no board type '", clean_text(id, 80), "'"),
                        absl::StrCat("The catalog has ", absl::StrJoin(known, ", "), "."));
    }
    chosen.push_back(*found);
  }
  return chosen;
}

}  // namespace tinyrig::inspect
