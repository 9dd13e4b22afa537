// tinyrig-run-image --board mps2-an386 --model kws.tflite [--portable] [--per-operator] [--count-words] [--seed N]
// [--seeds N]: packs a model for the board's core, runs it there without farm and link, and prints the instructions
// that it took and whether its outputs are those of the host's portable engine. Exit code 1 when they are not.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "server/base/error.h"
#include "server/model/layout.h"
#include "server/model/pack.h"
#include "server/model/reference_run.h"
#include "tests/support/kernels/measured.h"

namespace tinyrig {
namespace {

struct Options {
  std::string board, model;
  bool portable = false, per_operator = false, count_words = false;
  std::uint32_t seed = 1, seeds = 1;
};

int fail(const absl::Status& status) {
  std::cerr << status.message() << " [" << reason_of(status) << "]\n";
  if (const std::string hint = hint_of(status); !hint.empty()) std::cerr << "hint: " << hint << "\n";
  return 1;
}

double per_mac(std::uint64_t instructions, std::uint64_t macs) {
  return macs == 0 ? 0.0 : static_cast<double>(instructions) / static_cast<double>(macs);
}

void print_operators(const model::PackedModel& packed, const test::Measured& measured,
                     const model::ReferenceRun& reference) {
  std::printf("%5s  %-18s %-26s %11s %12s %8s  %s\n", "index", "operator", "kernel", "MACs", "instructions", "per MAC",
              "shape");
  for (std::size_t i = 0; i < measured.operators.size() && i < packed.operators.size(); ++i) {
    const model::OperatorInfo& op = packed.operators[i];
    const test::MeasuredOperator& took = measured.operators[i];
    const bool same = took.output_fnv1a32 == reference.operator_fnv1a32[i];
    std::printf("%5u  %-18s %-26s %11llu %12llu %8.2f  %s%s\n", op.index, op.kind.c_str(), op.kernel.c_str(),
                static_cast<unsigned long long>(op.macs), static_cast<unsigned long long>(took.instructions),
                per_mac(took.instructions, op.macs), op.shape.c_str(), same ? "" : "  DIFFERS");
  }
}

int run(const Options& options) {
  const auto board = test::load_kernel_board(options.board);
  if (!board.ok()) return fail(board.status());
  std::ifstream input(options.model, std::ios::binary);
  if (!input) {
    std::cerr << options.model << ": cannot be read\n";
    return 1;
  }
  const std::vector<std::uint8_t> file{std::istreambuf_iterator<char>(input), {}};
  const auto packed = model::pack_tflite(file, options.portable ? packed::Core::kPortable : board->core);
  if (!packed.ok()) return fail(packed.status());
  const auto measured = test::measure_image(*board, packed->image, options.seed, options.seeds, options.count_words);
  if (!measured.ok()) return fail(measured.status());

  bool same = true;
  for (const test::MeasuredRun& took : measured->runs) {
    const auto reference = model::reference_run(packed->reference_image(), took.seed);
    if (!reference.ok()) return fail(reference.status());
    if (options.per_operator && took.seed == options.seed) print_operators(*packed, *measured, *reference);
    same &= took.output_fnv1a32 == reference->output_fnv1a32;
    std::printf("%s seed %u: %llu instructions, %.3f per MAC, output %08x %s\n", options.board.c_str(), took.seed,
                static_cast<unsigned long long>(took.instructions), per_mac(took.instructions, packed->macs),
                took.output_fnv1a32, took.output_fnv1a32 == reference->output_fnv1a32 ? "as the reference" : "DIFFERS");
  }
  for (const test::WindowCounts& window : measured->windows) {
    std::printf("%llu words loaded, %llu stored, %llu vector instructions (of %llu, with the calls around run())\n",
                static_cast<unsigned long long>(window.words_loaded),
                static_cast<unsigned long long>(window.words_stored), static_cast<unsigned long long>(window.vector),
                static_cast<unsigned long long>(window.instructions));
  }
  std::printf("core %s · image %zu B · arena %u B (lower bound %u B) · %llu MACs · with a hook %llu instructions\n",
              model::core_name(packed->core), packed->image.size(), packed->arena_bytes,
              packed->arena_lower_bound_bytes, static_cast<unsigned long long>(packed->macs),
              static_cast<unsigned long long>(measured->profiled_instructions));
  return same ? 0 : 1;
}

}  // namespace
}  // namespace tinyrig

int main(int argc, char** argv) {
  CLI::App app{"Runs a .tflite on an emulated board's core and counts instructions"};
  tinyrig::Options options;
  app.add_option("--board", options.board, "board type, such as mps2-an386")->required();
  app.add_option("--model", options.model, "the .tflite file")->required();
  app.add_flag("--portable", options.portable, "pack for the portable kernels");
  app.add_flag("--per-operator", options.per_operator, "a line for each operator");
  app.add_flag("--count-words", options.count_words, "words loaded and stored, vector instructions");
  app.add_option("--seed", options.seed, "of the golden input (wire/golden_input.h)");
  app.add_option("--seeds", options.seeds, "how many inputs, counted up from --seed");
  CLI11_PARSE(app, argc, argv);
  return tinyrig::run(options);
}
