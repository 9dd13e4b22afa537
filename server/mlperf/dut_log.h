// What a runner's log.txt says happened: EnergyRunner's ("00017.270 dut: m-infer-start-1000"), the MLC runner's
// ("0726.010150 ulp-mlperf: Loading file ...") and bare lines of a board.
//
// Takes what public logs have: the IO manager's "[dut]: " in front, free text between messages, CR and NUL in lines,
// a comma behind the last result, results that are no probabilities, repeated questions for the name, other bytes.
// Memory is bounded by the limits below whatever the log holds; nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/mlperf/text.h"

namespace tinyrig::mlperf {

enum class Runner : std::uint8_t { kUnknown, kEembc, kMlc };

struct LogLine {
  std::uint32_t line = 0;
  std::string text;
};

/// One `infer N W`.
struct Inference {
  std::uint32_t line = 0;    // where it starts
  std::string input;         // name of the file that was loaded last
  std::uint64_t offset = 0;  // in it: bytes (EnergyRunner), segments (MLC)
  std::optional<std::uint64_t> iterations;
  std::optional<std::uint64_t> start_us, end_us;   // the board's clock
  std::optional<double> host_start_s, host_end_s;  // the host's, of m-infer-start and m-infer-done
  std::optional<Decimal> printed_s;                // MLC: its own figure
  std::vector<float> results;
  bool done = false;  // m-infer-done, or MLC's "done"

  /// By the board's clock, which may have 32 bits and wrap.
  std::optional<std::uint64_t> elapsed_us() const;
  /// 0: it is not known.
  double elapsed_s() const { return static_cast<double>(elapsed_us().value_or(0)) / 1e6; }
};

struct DutLog {
  static constexpr std::size_t kMaxInferences = 100'000;  // the largest set of anomaly detection has 48,608
  static constexpr std::size_t kMaxCommands = 250'000;
  static constexpr std::size_t kMaxResults = 64;
  static constexpr std::size_t kMaxErrors = 100;
  static constexpr std::size_t kMaxTextBytes = 160;

  Runner runner = Runner::kUnknown;
  std::uint32_t lines = 0;
  std::uint32_t sessions = 0;          // started; the last one counts
  std::uint32_t session_end_line = 0;  // 0: it has none
  std::string runner_version;
  std::string run_code;  // "ulp-mlperf", "ulp-ml" (energy)
  std::string run_mode;  // "bmark", "multi" (accuracy)
  std::string profile, model;
  std::uint32_t profile_line = 0, model_line = 0;
  std::uint32_t emulated_line = 0;  // TinyRig: the board is emulated; 0: nobody says so
  std::string monitor;              // "lpm01a"
  std::optional<double> voltage_mv;
  std::optional<double> trace_start_s, trace_end_s;
  std::uint32_t restart_line = 0;  // the board's banner after the first inference; 0: none
  std::vector<LogLine> errors;     // e-[...], tracebacks
  std::optional<LogLine> dropped;  // samples, by the runner's own words
  struct Backwards {
    std::uint32_t line = 0;
    double from_s = 0, to_s = 0;
  };
  std::optional<Backwards> backwards;  // the first stamp earlier than the one before
  std::vector<Inference> inferences;
  std::vector<LogLine> commands;  // of the session, as command_text() has them
  std::optional<std::uint64_t> listed_false_negatives, listed_false_positives;  // streaming wakeword
  bool overflow = false;  // more inferences or commands than the limits
};

/// A command as both script and log can say it: paths are left out but for the file's name, as they name users.
std::string command_text(std::string_view command);

class DutLogParser {
 public:
  DutLogParser();
  void feed(std::string_view chunk) { lines_.feed(chunk); }
  /// Once, at the end.
  DutLog finish();

 private:
  void take(std::uint32_t number, std::string_view line);
  void take_stamp(double seconds);
  bool take_session(std::string_view message);
  bool take_command(std::string_view message);
  bool take_board(std::string_view message);
  bool take_instrument(std::string_view message);
  bool take_mlc(std::string_view message, bool stamped);
  void take_trouble(std::string_view message);
  void begin_inference();
  Inference* current();

  LineSplitter lines_;
  DutLog log_;
  std::uint32_t number_ = 0;
  std::optional<double> stamp_s_;
  std::string input_;
  std::uint64_t offset_ = 0;
  std::optional<std::uint64_t> asked_iterations_;
  bool open_ = false;       // inferences.back() is not complete
  bool measuring_ = false;  // between m-infer-start and m-infer-done
};

DutLog parse_dut_log(std::string_view text);

}  // namespace tinyrig::mlperf
