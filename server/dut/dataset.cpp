#include "server/dut/dataset.h"

#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <set>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/mlperf/rules.h"
#include "server/mlperf/text.h"

namespace tinyrig::dut {
namespace {

namespace fs = std::filesystem;
using mlperf::concat;

constexpr char kLabelsFile[] = "y_labels.csv";
constexpr std::uintmax_t kMaxLabelsBytes = std::uintmax_t{16} << 20;
constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{16} << 20;
constexpr std::size_t kGenerated = 5;

absl::Status unreadable(const fs::path& path, std::string_view why) {
  return make_error(absl::StatusCode::kInvalidArgument, "DATASET_UNREADABLE", concat(path.string(), ": ", why),
                    "A data set is a folder with y_labels.csv (file,classes,class) and the files that it names.");
}

absl::Status broken(const fs::path& path, std::string_view what) {
  return make_error(absl::StatusCode::kInvalidArgument, "DATASET_BROKEN", concat(path.string(), ": ", what));
}

absl::StatusOr<std::string> read_file(const fs::path& path, std::uintmax_t most) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return unreadable(path, "no such file");
  std::ifstream file(path, std::ios::binary);
  if (!file.good()) return unreadable(path, "it cannot be opened");
  if (fs::file_size(path, error) > most && !error) return unreadable(path, concat("larger than ", most, " bytes"));
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) return unreadable(path, "reading it failed");
  return bytes;
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t comma = line.find(',');
    fields.push_back(mlperf::stripped(line.substr(0, comma)));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

// A name, not a path: a list of labels says what lies beside it.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.find_first_of("/\\\"") == std::string_view::npos;
}

absl::StatusOr<DatasetFile> file_of(std::string_view line) {
  const std::vector<std::string_view> fields = fields_of(line);
  DatasetFile file;
  const auto label = fields.size() >= 3 ? mlperf::leading_count(fields[2]) : std::nullopt;
  if (!label.has_value() || *label > 1'000'000 || !is_plain_name(fields[0])) {
    return absl::InvalidArgumentError("expected file,classes,class");
  }
  file.name = fields[0];
  file.label = static_cast<std::int64_t>(*label);
  if (fields.size() < 5 || fields[3].empty()) return file;
  const auto bytes = mlperf::leading_count(fields[3]);
  const auto stride = mlperf::leading_count(fields[4]);
  if (!bytes || !stride || *bytes == 0 || *stride == 0) {
    return absl::InvalidArgumentError("bytes_to_send and stride are above 0");
  }
  file.window_bytes = *bytes;
  file.stride_bytes = *stride;
  return file;
}

std::vector<std::uint8_t> random_input(std::uint32_t seed, std::size_t bytes, bool floats) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> input(bytes);
  for (std::size_t i = 0; i < bytes; i += floats ? sizeof(float) : 1) {
    if (floats) {
      const float value = static_cast<float>(random() % 40'001) / 1000.0F - 20.0F;
      std::memcpy(&input[i], &value, sizeof value);
    } else {
      input[i] = static_cast<std::uint8_t>(random());
    }
  }
  return input;
}

}  // namespace

// evaluation/datasets/README.md of the MLPerf Tiny repository; anomaly detection sends 640 float32.
std::optional<std::size_t> input_bytes(mlperf::Benchmark benchmark) {
  switch (benchmark) {
    case mlperf::Benchmark::kKws:
      return 490;
    case mlperf::Benchmark::kVww:
      return 96 * 96 * 3;
    case mlperf::Benchmark::kIc:
    case mlperf::Benchmark::kIc2:
      return 32 * 32 * 3;
    case mlperf::Benchmark::kAd:
      return 640 * sizeof(float);
    case mlperf::Benchmark::kSww:
    case mlperf::Benchmark::kUnknown:
      break;
  }
  return std::nullopt;
}

absl::StatusOr<Dataset> read_dataset(const fs::path& folder) {
  const fs::path labels = folder / kLabelsFile;
  TINYRIG_ASSIGN_OR_RETURN(const std::string text, read_file(labels, kMaxLabelsBytes));
  Dataset dataset;
  dataset.folder = folder;
  absl::Status failure;
  std::set<std::string> names;
  mlperf::LineSplitter lines([&](std::uint32_t number, std::string_view line) {
    line = mlperf::stripped(line);
    if (line.empty() || line.starts_with('#') || !failure.ok()) return;
    absl::StatusOr<DatasetFile> file = file_of(line);
    if (!file.ok()) {
      // A heading is no entry.
      if (number > 1) failure = broken(labels, concat("line ", number, ": ", file.status().message()));
      return;
    }
    if (!names.insert(file->name).second) {
      failure = broken(labels, concat("line ", number, ": ", file->name, " is there already"));
      return;
    }
    dataset.files.push_back(*std::move(file));
  });
  lines.feed(text);
  lines.finish();
  if (!failure.ok()) return failure;
  if (dataset.files.empty()) return broken(labels, "it names no file");
  return dataset;
}

Dataset generated_dataset() {
  Dataset dataset;
  for (std::size_t i = 1; i <= kGenerated; ++i) {
    DatasetFile file;
    file.name = concat(mlperf::kGeneratedInput, i, ".bin");
    dataset.files.push_back(std::move(file));
  }
  return dataset;
}

absl::StatusOr<std::vector<Payload>> read_payloads(const Dataset& dataset, std::size_t index,
                                                   mlperf::Benchmark benchmark) {
  const DatasetFile& file = dataset.files[index];
  const std::size_t wanted = input_bytes(benchmark).value_or(0);
  std::vector<Payload> payloads;
  if (dataset.generated()) {
    const bool floats = benchmark == mlperf::Benchmark::kAd;
    payloads.push_back({random_input(static_cast<std::uint32_t>(index + 1), wanted, floats), 0});
    return payloads;
  }
  const fs::path path = dataset.folder / file.name;
  TINYRIG_ASSIGN_OR_RETURN(const std::string bytes, read_file(path, kMaxFileBytes));
  const std::uint64_t size = file.window_bytes == 0 ? bytes.size() : file.window_bytes;
  if (wanted != 0 && size != wanted) {
    return broken(path, concat(size, " bytes to send, where ", mlperf::name_of(benchmark), " takes ", wanted));
  }
  const std::uint64_t stride = file.window_bytes == 0 ? size : file.stride_bytes;
  for (std::uint64_t at = 0; at + size <= bytes.size() && size != 0; at += stride) {
    const std::string_view part = std::string_view(bytes).substr(at, size);
    payloads.push_back({{part.begin(), part.end()}, at});
  }
  if (payloads.empty()) return broken(path, concat(bytes.size(), " bytes, less than one input"));
  return payloads;
}

}  // namespace tinyrig::dut
