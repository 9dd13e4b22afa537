// tinyrig-pack MODEL.tflite [-o MODEL.trpm] [--core cortex-m4] [--seed 1]: packs a model and prints what the
// server would know of it: operators, arena plan, sizes, and with --seed the reference outputs.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "server/base/error.h"
#include "server/model/layout.h"
#include "server/model/pack.h"
#include "server/model/reference_run.h"

namespace tinyrig::model {
namespace {

void print_operators(const PackedModel& model) {
  std::printf("%5s  %-23s %-10s %12s %10s %10s  %s\n", "index", "operator", "kernel", "MACs", "weights B", "live B",
              "shape");
  for (const OperatorInfo& op : model.operators) {
    std::printf("%5u  %-23s %-10s %12llu %10llu %10u  %s\n", op.index, op.kind.c_str(), op.kernel.c_str(),
                static_cast<unsigned long long>(op.macs), static_cast<unsigned long long>(op.weight_bytes),
                op.arena_live_bytes, op.shape.c_str());
  }
}

void print_plan(const PackedModel& model) {
  std::printf("\n%8s %8s %6s %6s  %s\n", "offset", "bytes", "first", "last", "tensor (first -1: filled by the host)");
  for (const PlacementInfo& info : model.plan) {
    std::printf("%8u %8u %6d %6d  %s%s\n", info.placement.offset, info.placement.bytes, info.placement.first_operator,
                info.placement.last_operator, info.name.c_str(), info.placement.shared ? " (shares its place)" : "");
  }
}

void print_sizes(const PackedModel& model) {
  std::printf("\nimage %zu B · arena %u B (lower bound %u B, live tensors %u B) · %llu MACs · weights %llu B\n",
              model.image.size(), model.arena_bytes, model.arena_lower_bound_bytes, model.live_set_bytes,
              static_cast<unsigned long long>(model.macs), static_cast<unsigned long long>(model.weight_bytes));
  std::printf("core %s · sha256 of the .tflite %s\n", core_name(model.core), model.sha256.c_str());
}

int fail(const std::string& file, const absl::Status& status) {
  std::cerr << file << ": " << status.message() << " [" << reason_of(status) << "]\n";
  if (const std::string hint = hint_of(status); !hint.empty()) std::cerr << "hint: " << hint << "\n";
  return 1;
}

int print_reference(const std::string& file, const std::vector<std::uint8_t>& bytes, std::uint32_t seed) {
  const absl::StatusOr<PackedModel> portable = pack_tflite(bytes, packed::Core::kPortable);
  if (!portable.ok()) return fail(file, portable.status());
  const absl::StatusOr<ReferenceRun> run = reference_run(portable->image, seed);
  if (!run.ok()) return fail(file, run.status());
  std::printf("\nseed %u: input %08x, output %08x\noperators:", seed, run->input_fnv1a32, run->output_fnv1a32);
  for (const std::uint32_t hash : run->operator_fnv1a32) std::printf(" %08x", hash);
  std::printf("\n");
  return 0;
}

int pack_file(const std::string& source, const std::string& target, packed::Core core, const PackOptions& options,
              std::uint32_t seed) {
  std::ifstream input(source, std::ios::binary);
  if (!input) {
    std::cerr << source << ": cannot be read\n";
    return 1;
  }
  const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(input), {}};
  const absl::StatusOr<PackedModel> model = pack_tflite(bytes, core, options);
  if (!model.ok()) return fail(source, model.status());
  print_operators(*model);
  print_plan(*model);
  print_sizes(*model);
  if (!target.empty()) {
    std::ofstream output(target, std::ios::binary);
    output.write(reinterpret_cast<const char*>(model->image.data()), static_cast<std::streamsize>(model->image.size()));
    if (!output.flush()) {
      std::cerr << target << ": cannot be written\n";
      return 1;
    }
  }
  return seed == 0 ? 0 : print_reference(source, bytes, seed);
}

}  // namespace
}  // namespace tinyrig::model

int main(int argc, char** argv) {
  CLI::App app{"Packs a .tflite for the engine, and shows how"};
  std::string source, target, core_text = "portable";
  tinyrig::model::PackOptions options;
  std::uint32_t seed = 0;
  bool keep_tensors = false;
  app.add_option("model", source, "the .tflite file")->required();
  app.add_option("-o,--output", target, "where to write the packed model (.trpm)");
  app.add_option("--core", core_text, "core to lay weights out for, such as cortex-m4");
  app.add_option("--model-id", options.model_id, "MLPerf Tiny's id, such as kws01");
  app.add_option("--seed", seed, "also run it here on the golden input of this seed");
  app.add_flag("--keep-tensors", keep_tensors, "give every tensor a place of its own (for debugging)");
  CLI11_PARSE(app, argc, argv);
  if (keep_tensors) options.reuse = tinyrig::model::MemoryReuse::kNone;
  tinyrig::packed::Core core{};
  if (!tinyrig::model::parse_core(core_text, core)) {
    std::cerr << "unknown core " << core_text << "; for example portable, cortex-m4, cortex-m55, rv32imac\n";
    return 2;
  }
  return tinyrig::model::pack_file(source, target, core, options, seed);
}
