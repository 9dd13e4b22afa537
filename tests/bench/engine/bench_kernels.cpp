// tinyrig-bench-kernels [--board B] [--operator O] [--cases N] [--first-seed S] [--out OUT.json] [--save DIR]:
// each core's kernels against the portable ones, thousands of random models per operator. Exit code 1 when any
// output differs; --save writes the models that differed.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

#include "server/base/error.h"
#include "server/model/layout.h"
#include "tests/bench/link/results.h"
#include "tests/support/kernels/differential.h"
#include "tests/support/model/random_operator.h"

namespace tinyrig {
namespace {

struct Options {
  std::string board, operator_name, out, save;
  std::uint32_t cases = 2000, first_seed = 1;
};

// "mps2-an386 conv_2d seed 17: ..." -> 17
std::uint32_t seed_of(const std::string& mismatch) {
  constexpr std::string_view kBefore = " seed ";
  return static_cast<std::uint32_t>(std::stoul(mismatch.substr(mismatch.find(kBefore) + kBefore.size())));
}

void save_models(const test::KernelBoard& board, std::string_view name, const test::Comparison& compared,
                 const std::filesystem::path& folder) {
  for (const std::string& mismatch : compared.mismatches) {
    const std::uint32_t seed = seed_of(mismatch);
    const auto model = test::differential_model(board, name, seed);
    const auto file = folder / (board.id + "." + std::string(name) + "." + std::to_string(seed) + ".tflite");
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(model.data()), static_cast<std::streamsize>(model.size()));
  }
}

void print_comparison(const test::KernelBoard& board, std::string_view name, const test::Comparison& compared) {
  std::printf("%-12s %-18s %6u cases, %6u with the core's kernels, %zu differ  ", board.id.c_str(),
              std::string(name).c_str(), compared.cases, compared.with_core_kernels, compared.mismatches.size());
  for (const auto& [kernel, count] : compared.kernels) std::printf(" %s %u", kernel.c_str(), count);
  std::printf("\n");
  constexpr std::size_t kMostShown = 3;
  for (std::size_t i = 0; i < compared.mismatches.size() && i < kMostShown; ++i) {
    std::printf("  %s\n", compared.mismatches[i].c_str());
  }
  std::fflush(stdout);
}

// One board for each core: another with the same core runs the same kernels.
absl::StatusOr<std::vector<test::KernelBoard>> chosen_boards(const std::string& wanted) {
  auto boards = test::load_kernel_boards();
  if (!boards.ok()) return boards.status();
  std::vector<test::KernelBoard> chosen;
  std::set<packed::Core> cores;
  for (const test::KernelBoard& board : *boards) {
    if (wanted.empty() ? cores.insert(board.core).second : board.id == wanted) chosen.push_back(board);
  }
  if (chosen.empty()) return test::load_kernel_board(wanted).status();
  return chosen;
}

int run(const Options& options) {
  const auto boards = chosen_boards(options.board);
  if (!boards.ok()) {
    std::cerr << boards.status().message() << " (" << hint_of(boards.status()) << ")\n";
    return 2;
  }
  const auto names = test::random_operator_names();
  if (!options.operator_name.empty() && std::ranges::find(names, options.operator_name) == names.end()) {
    std::cerr << "no operator '" << options.operator_name << "'; there are:";
    for (const std::string_view name : names) std::cerr << " " << name;
    std::cerr << "\n";
    return 2;
  }
  std::vector<bench::Result> results;
  bool alike = true;
  for (const test::KernelBoard& board : *boards) {
    for (const std::string_view name : names) {
      if (!options.operator_name.empty() && options.operator_name != name) continue;
      const auto compared = test::compare_kernels(board, name, options.first_seed, options.cases);
      if (!compared.ok()) {
        std::cerr << compared.status().message() << "\n";
        return 2;
      }
      print_comparison(board, name, *compared);
      if (!options.save.empty()) save_models(board, name, *compared, options.save);
      alike &= compared->mismatches.empty();
      const std::string of = std::string(name) + "/" + board.id;
      results.push_back({"cases/" + of, static_cast<double>(compared->cases), "", std::nullopt});
      results.push_back(
          {"core_kernel_cases/" + of, static_cast<double>(compared->with_core_kernels), "", std::nullopt});
      results.push_back({"mismatches/" + of, static_cast<double>(compared->mismatches.size()), "", 0, false});
    }
  }
  if (!options.out.empty() && !bench::write_json(results, options.out)) {
    std::cerr << options.out << ": cannot be written\n";
    return 2;
  }
  return alike ? 0 : 1;
}

}  // namespace
}  // namespace tinyrig

int main(int argc, char** argv) {
  CLI::App app{"Compares each core's kernels with the portable ones on random models"};
  tinyrig::Options options;
  app.add_option("--board", options.board, "one board type, such as mps2-an386 (default: one of every core)");
  app.add_option("--operator", options.operator_name, "one operator, such as conv_2d (default: every)");
  app.add_option("--cases", options.cases, "models for each operator and core");
  app.add_option("--first-seed", options.first_seed, "seeds are counted up from it");
  app.add_option("--out", options.out, "results as JSON");
  app.add_option("--save", options.save, "folder for the models that differ");
  CLI11_PARSE(app, argc, argv);
  return tinyrig::run(options);
}
