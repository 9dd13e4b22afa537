#include "server/mlperf/dut_log.h"

#include <algorithm>
#include <cctype>

namespace tinyrig::mlperf {
namespace {

struct Stamped {
  double seconds = 0;
  bool mlc = false;
  std::string_view message;
};

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "SSSSS.mmm source: message", or the MLC runner's "MMDD.HHMMSS source: message".
std::optional<Stamped> split_stamp(std::string_view line) {
  const std::size_t blank = line.find(' ');
  const std::size_t dot = line.find('.');
  if (blank == std::string_view::npos || dot >= blank || blank > 20) return std::nullopt;
  const std::string_view whole = line.substr(0, dot);
  const std::string_view fraction = line.substr(dot + 1, blank - dot - 1);
  if (!all_digits(whole) || !all_digits(fraction)) return std::nullopt;
  std::string_view rest = line.substr(blank + 1);
  const std::size_t colon = rest.find(": ");
  if (colon == std::string_view::npos || colon > 40) return std::nullopt;
  Stamped result;
  result.message = stripped(rest.substr(colon + 2));
  result.mlc = whole.size() == 4 && fraction.size() == 6;
  if (result.mlc) {
    const std::uint64_t day = leading_count(whole).value_or(0);
    const std::uint64_t time = leading_count(fraction).value_or(0);
    const std::uint64_t days = day / 100 * 31 + day % 100;
    const std::uint64_t seconds = days * 86'400 + time / 10'000 * 3600 + time / 100 % 100 * 60 + time % 100;
    result.seconds = static_cast<double>(seconds);
  } else {
    result.seconds = leading_number(line.substr(0, blank)).value_or(Decimal{}).value;
  }
  return result;
}

// Behind the first quote, up to the last: names of Windows have no quotes.
std::string_view quoted(std::string_view text) {
  const std::size_t first = text.find('"');
  const std::size_t last = text.rfind('"');
  return first < last ? text.substr(first + 1, last - first - 1) : std::string_view{};
}

struct Load {
  std::string_view file;
  std::uint64_t offset = 0;
};

// bload dut "FILE" [OFFSET BYTES], bloadp "FILE" ...
std::optional<Load> load_of(std::string_view command) {
  if (!consume(&command, "bload")) return std::nullopt;
  if (const std::string_view file = quoted(command); !file.empty()) {
    return Load{base_name(file), leading_count(command.substr(command.rfind('"') + 1)).value_or(0)};
  }
  const std::size_t blank = command.rfind(' ');
  return Load{base_name(blank == std::string_view::npos ? command : command.substr(blank + 1)), 0};
}

bool has_word(std::string_view text, std::string_view lower_case) {
  // Not of ranges: clang 14 does not compile libstdc++'s subrange.
  const auto same = [](char c, char lower) { return std::tolower(static_cast<unsigned char>(c)) == lower; };
  return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(), same) != text.end();
}

std::uint64_t items_in_list(std::string_view text) {
  const auto list = in_brackets(text, "[");
  if (!list.has_value()) return 0;
  std::uint64_t items = 0;
  bool inside = false;
  for (const char c : *list) {
    const bool part = c != ' ' && c != ',';
    items += part && !inside ? 1 : 0;
    inside = part;
  }
  return items;
}

}  // namespace

std::optional<std::uint64_t> Inference::elapsed_us() const {
  if (!start_us.has_value() || !end_us.has_value()) return std::nullopt;
  if (*end_us >= *start_us) return *end_us - *start_us;
  constexpr std::uint64_t kClockUs = std::uint64_t{1} << 32;
  return *start_us < kClockUs ? std::optional(*end_us + kClockUs - *start_us) : std::nullopt;
}

std::string command_text(std::string_view command) {
  command = stripped(command);
  const std::size_t first = command.find('"');
  const std::size_t last = command.rfind('"');
  if (first >= last) return cut(command, DutLog::kMaxTextBytes);
  const std::string_view file = base_name(command.substr(first + 1, last - first - 1));
  return cut(concat(command.substr(0, first), "\"", file, command.substr(last)), DutLog::kMaxTextBytes);
}

DutLogParser::DutLogParser() : lines_([this](std::uint32_t number, std::string_view line) { take(number, line); }) {}

DutLog DutLogParser::finish() {
  lines_.finish();
  log_.lines = number_;
  return std::move(log_);
}

Inference* DutLogParser::current() { return open_ ? &log_.inferences.back() : nullptr; }

void DutLogParser::begin_inference() {
  open_ = false;
  measuring_ = false;
  if (log_.inferences.size() >= DutLog::kMaxInferences) {
    log_.overflow = true;
    return;
  }
  Inference& inference = log_.inferences.emplace_back();
  inference.line = number_;
  inference.input = input_;
  inference.offset = offset_;
  inference.iterations = asked_iterations_;
  asked_iterations_.reset();
  open_ = true;
}

void DutLogParser::take_stamp(double seconds) {
  if (stamp_s_.has_value() && seconds < *stamp_s_ && !log_.backwards.has_value()) {
    log_.backwards = {number_, *stamp_s_, seconds};
  }
  stamp_s_ = seconds;
}

void DutLogParser::take(std::uint32_t number, std::string_view line) {
  number_ = number;
  line = stripped(line);
  const std::optional<Stamped> stamped = split_stamp(line);
  std::string_view message = line;
  if (stamped.has_value()) {
    if (log_.runner == Runner::kUnknown) log_.runner = stamped->mlc ? Runner::kMlc : Runner::kEembc;
    message = stamped->message;
    take_stamp(stamped->seconds);
  }
  consume(&message, "[dut]: ");
  if (take_session(message) || take_command(message) || take_instrument(message) || take_board(message) ||
      take_mlc(message, stamped.has_value())) {
    return;
  }
  take_trouble(message);
}

bool DutLogParser::take_session(std::string_view message) {
  if (message.starts_with("m-session-start-id[") || message.starts_with("Logging initialized")) {
    DutLog next;  // the results are of the last session
    next.sessions = log_.sessions + 1;
    next.runner = message.starts_with("m-") ? Runner::kEembc : Runner::kMlc;
    next.backwards = log_.backwards;
    log_ = std::move(next);
    open_ = measuring_ = false;
    return true;
  }
  if (message.starts_with("m-session-stop-id[") || message.starts_with("Session logged in file")) {
    log_.session_end_line = number_;
    return true;
  }
  if (message.starts_with("m-emulated[")) {
    log_.emulated_line = number_;
    return true;
  }
  if (message.starts_with("m-bmark-run-name[")) {
    log_.run_code = cut(in_brackets(message, "-code[").value_or(""), DutLog::kMaxTextBytes);
    return true;
  }
  if (const auto version = in_brackets(message, "m-version["); version.has_value() && message.starts_with("m-v")) {
    log_.runner_version = cut(*version, DutLog::kMaxTextBytes);
    return true;
  }
  if (message.starts_with("m-bm-cfg-name[")) {
    if (in_brackets(message, "-key[") == "runMode") {
      log_.run_mode = cut(in_brackets(message, "-val[").value_or(""), DutLog::kMaxTextBytes);
    }
    return true;
  }
  return false;
}

bool DutLogParser::take_command(std::string_view message) {
  if (!consume(&message, "Command \"") || !message.ends_with('"')) return false;
  message.remove_suffix(1);
  if (log_.commands.size() < DutLog::kMaxCommands) {
    log_.commands.push_back({number_, command_text(message)});
  } else {
    log_.overflow = true;
  }
  if (const auto load = load_of(message); load.has_value()) {
    input_ = cut(load->file, DutLog::kMaxTextBytes);
    offset_ = load->offset;
    return true;
  }
  if (const std::size_t infer = message.find("dut infer"); infer != std::string_view::npos) {
    asked_iterations_ = leading_count(message.substr(infer + 9)).value_or(1);
  }
  return true;
}

bool DutLogParser::take_instrument(std::string_view message) {
  if (const auto voltage = in_brackets(message, "m-voltage-mv["); voltage.has_value()) {
    if (const auto number = leading_number(*voltage); number.has_value()) log_.voltage_mv = number->value;
    return true;
  }
  if (message == "m-trace[on]") {
    log_.trace_start_s = stamp_s_;
    return true;
  }
  if (message == "m-trace[off]") {
    log_.trace_end_s = stamp_s_;
    return true;
  }
  if (message.starts_with("m-regfile-fn[")) {
    log_.monitor = cut(in_brackets(message, "-name[").value_or(""), DutLog::kMaxTextBytes);
    return true;
  }
  return false;
}

bool DutLogParser::take_board(std::string_view message) {
  if (consume(&message, "m-profile-[") || consume(&message, "Device profile retrieved: ")) {
    log_.profile = cut(message.substr(0, message.find(']')), DutLog::kMaxTextBytes);
    log_.profile_line = number_;
    return true;
  }
  if (consume(&message, "m-model-[") || consume(&message, "Device model retrieved: ")) {
    log_.model = cut(message.substr(0, message.find(']')), DutLog::kMaxTextBytes);
    log_.model_line = number_;
    return true;
  }
  if (message.starts_with("m-init-done")) {
    if (!log_.inferences.empty() && log_.restart_line == 0) log_.restart_line = number_;
    return true;
  }
  if (message.starts_with("m-warmup-start-")) {
    begin_inference();
    return true;
  }
  if (consume(&message, "m-infer-start-")) {
    if (open_ && (measuring_ || current()->done)) open_ = false;  // that one had no m-warmup-start
    if (!open_) begin_inference();
    if (Inference* inference = current(); inference != nullptr) {
      if (const auto count = leading_count(message); count.has_value()) inference->iterations = count;
      inference->host_start_s = stamp_s_;
      measuring_ = true;
    }
    return true;
  }
  if (consume(&message, "m-lap-us-")) {
    const auto lap = leading_count(message);
    if (Inference* inference = current(); inference != nullptr && measuring_ && lap.has_value()) {
      if (inference->end_us.has_value()) inference->start_us = inference->end_us;  // the last two count
      (inference->start_us.has_value() ? inference->end_us : inference->start_us) = lap;
    }
    return true;
  }
  if (message.starts_with("m-infer-done")) {
    if (Inference* inference = current(); inference != nullptr && measuring_) {
      inference->done = true;
      inference->host_end_s = stamp_s_;
      measuring_ = false;
    }
    return true;
  }
  if (consume(&message, "m-results-[")) {
    if (Inference* inference = current(); inference != nullptr && inference->done) {
      inference->results = number_list(message.substr(0, message.find(']')), DutLog::kMaxResults);
      open_ = false;
    }
    return true;
  }
  return false;
}

bool DutLogParser::take_mlc(std::string_view message, bool stamped) {
  if (consume(&message, "Loading file ")) {
    const std::size_t segment = message.rfind(" segment ");
    input_ = cut(base_name(message.substr(0, segment)), DutLog::kMaxTextBytes);
    offset_ = segment == std::string_view::npos ? 0 : leading_count(message.substr(segment + 9)).value_or(0);
    open_ = false;
    return true;
  }
  if (consume(&message, "Running inference with ")) {
    const std::size_t slash = message.find('/');
    if (slash != std::string_view::npos) asked_iterations_ = leading_count(message.substr(slash + 1));
    begin_inference();
    return true;
  }
  if (message == "done" && open_) {
    current()->done = true;
    return true;
  }
  if (message.starts_with("False negatives: ")) {
    log_.listed_false_negatives = items_in_list(message);
    return true;
  }
  if (message.starts_with("False positives: ")) {
    log_.listed_false_positives = items_in_list(message);
    return true;
  }
  // Unstamped ones are the summary behind the runs.
  if (!open_ || !stamped || log_.runner != Runner::kMlc) return false;
  if (const auto runtime = value_of(message, "Runtime"); runtime.has_value()) {
    current()->printed_s = leading_number(*runtime);
    return true;
  }
  if (const auto results = value_of(message, "m-results"); results.has_value()) {
    current()->results = number_list(in_brackets(*results, "[").value_or(""), DutLog::kMaxResults);
    open_ = false;
    return true;
  }
  return false;
}

void DutLogParser::take_trouble(std::string_view message) {
  const bool error = message.starts_with("e-[") || message.starts_with("Supplied buffer size ") ||
                     message.starts_with("Traceback ") || message.starts_with("ERROR");
  if (error && log_.errors.size() < DutLog::kMaxErrors) {
    log_.errors.push_back({number_, cut(message, DutLog::kMaxTextBytes)});
  }
  if (!log_.dropped.has_value() && message.size() < 200 && has_word(message, "dropped") &&
      (error || has_word(message, "sample") || has_word(message, "packet"))) {
    log_.dropped = LogLine{number_, cut(message, DutLog::kMaxTextBytes)};
  }
}

DutLog parse_dut_log(std::string_view text) {
  DutLogParser parser;
  parser.feed(text);
  return parser.finish();
}

}  // namespace tinyrig::mlperf
