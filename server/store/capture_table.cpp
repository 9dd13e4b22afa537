#include "server/store/capture_table.h"

#include <zstd.h>

#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/store/columns.h"
#include "server/store/retention_steps.h"
#include "server/store/run_table.h"

namespace tinyrig::store {
namespace {

// Noise of an instrument hardly shrinks further with more effort.
constexpr int kCompressionLevel = 3;

absl::Status corrupt(const std::string& what) {
  return make_error(absl::StatusCode::kDataLoss, "STORE_CORRUPT", "a recording is damaged: " + what,
                    "Stop the daemon and restore a backup of the database.");
}

absl::Status check_not_removed(Connection& database, std::int64_t run_number, const std::string& run_id) {
  Statement removed = database.query(
      "SELECT remove_time_us FROM recordings WHERE run_number = ?1 AND remove_time_us IS NOT NULL", run_number);
  if (!removed.next()) return removed.status();
  return make_error(absl::StatusCode::kNotFound, "CAPTURE_REMOVED",
                    "the recording of run " + run_id + " was removed by retention on " +
                        date_text(absl::FromUnixMicros(removed.integer(0))) + "; its result is kept",
                    "`tinyrig admin storage` shows what is kept how long; measure again for a new recording.");
}

}  // namespace

PackedCapture pack_capture(v1::EnergyCapture info, std::span<const std::uint8_t> bytes) {
  PackedCapture capture;
  capture.info = std::move(info);
  capture.info.set_size_bytes(bytes.size());
  capture.frame.resize(ZSTD_compressBound(bytes.size()));
  // Cannot fail: the room is what zstd asks for.
  const std::size_t size =
      ZSTD_compress(capture.frame.data(), capture.frame.size(), bytes.data(), bytes.size(), kCompressionLevel);
  capture.frame.resize(size);
  return capture;
}

absl::Status write_capture(Connection& database, std::int64_t run_number, const PackedCapture& capture) {
  const std::string info = capture.info.SerializeAsString();
  return database.execute("INSERT INTO energy_captures (run_number, info, size_bytes, data) VALUES (?1, ?2, ?3, ?4)",
                          run_number, Blob{info}, capture.info.size_bytes(), Blob{capture.frame});
}

absl::StatusOr<Capture> read_capture(Connection& database, const std::string& run_id) {
  TINYRIG_ASSIGN_OR_RETURN(const std::int64_t run_number, find_run_number(database, run_id));
  Statement statement = database.query("SELECT info, data FROM energy_captures WHERE run_number = ?1", run_number);
  if (!statement.next()) {
    TINYRIG_RETURN_IF_ERROR(statement.status());
    TINYRIG_RETURN_IF_ERROR(check_not_removed(database, run_number, run_id));
    return make_error(absl::StatusCode::kNotFound, "CAPTURE_MISSING", "run " + run_id + " has no recording of energy",
                      "Only runs that measured energy have one: `tinyrig submit --measure energy`.");
  }
  Capture capture;
  if (!capture.info.ParseFromString(statement.bytes(0))) return corrupt("what it is cannot be read");
  const std::string frame = statement.bytes(1);
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size != capture.info.size_bytes()) return corrupt("its frame has another size than stated");
  capture.bytes.resize(size);
  const std::size_t unpacked = ZSTD_decompress(capture.bytes.data(), size, frame.data(), frame.size());
  if (ZSTD_isError(unpacked) != 0) return corrupt(ZSTD_getErrorName(unpacked));
  if (unpacked != size) return corrupt("its frame is shorter than stated");
  return capture;
}

}  // namespace tinyrig::store
