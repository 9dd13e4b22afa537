// Inputs of a run: MLPerf Tiny's layout (y_labels.csv beside raw files), or made up where nobody has the data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/mlperf/benchmarks.h"

namespace tinyrig::dut {

struct DatasetFile {
  std::string name;
  std::int64_t label = 0;
  // Of files that are sent in windows (anomaly detection): bytes of one, and from one to the next. 0: whole files.
  std::uint64_t window_bytes = 0, stride_bytes = 0;
};

struct Dataset {
  std::filesystem::path folder;  // empty: generated
  std::vector<DatasetFile> files;
  bool generated() const { return folder.empty(); }
};

/// What is sent at once.
struct Payload {
  std::vector<std::uint8_t> bytes;
  std::uint64_t offset = 0;  // in its file
};

/// Bytes that the reference firmware of `benchmark` takes for one input; none: it has no text protocol.
std::optional<std::size_t> input_bytes(mlperf::Benchmark benchmark);

/// y_labels.csv in `folder`: lines of "file,classes,class[,bytes_to_send,stride]".
/// INVALID_ARGUMENT DATASET_UNREADABLE, DATASET_BROKEN (with the line).
absl::StatusOr<Dataset> read_dataset(const std::filesystem::path& folder);

/// Five inputs of pseudo-random bytes (floats of -20 to 20 for anomaly detection): for performance alone.
Dataset generated_dataset();

/// All payloads of one file. INVALID_ARGUMENT DATASET_UNREADABLE, DATASET_BROKEN (not of `bytes`, or of its windows).
absl::StatusOr<std::vector<Payload>> read_payloads(const Dataset& dataset, std::size_t index,
                                                   mlperf::Benchmark benchmark);

}  // namespace tinyrig::dut
