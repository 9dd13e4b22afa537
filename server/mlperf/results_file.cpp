#include "server/mlperf/results_file.h"

#include <utility>

namespace tinyrig::mlperf {
namespace {

// "00095.002 ulp-ml: " and "0726.010245 ulp-mlperf: ", which some lines have and some do not.
std::string_view without_stamp(std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos ||
      line.substr(0, blank).find_first_not_of("0123456789.") != std::string_view::npos) {
    return line;
  }
  const std::size_t colon = line.find(": ", blank);
  if (colon == std::string_view::npos || colon - blank > 40) return line;
  return line.substr(colon + 2);
}

class ResultsParser {
 public:
  void take(std::uint32_t number, std::string_view line) {
    number_ = number;
    line = stripped(line);
    const std::string_view bare = stripped(without_stamp(line));
    if (bare.size() != line.size() && file_.runner == Runner::kUnknown) {
      file_.runner = line.find('.') == 4 && line.find(' ') == 11 ? Runner::kMlc : Runner::kEembc;
    }
    if (bare.starts_with("e-[")) {
      if (file_.errors.size() < DutLog::kMaxErrors) {
        file_.errors.push_back({number_, cut(bare, DutLog::kMaxTextBytes)});
      }
      return;
    }
    if (!take_heading(bare) && !take_summary(bare)) take_window(bare);
  }

  ResultsFile finish() { return std::move(file_); }

 private:
  bool take_heading(std::string_view line) {
    if (line == "Power Edition Output") {
      file_.runner = Runner::kMlc;
      return true;
    }
    if (line.starts_with("Performance results for window")) return open(&file_.performance);
    if (consume(&line, "Energy data for trial")) return open(&file_.energy);
    if (!consume(&line, "Energy data for window")) return false;
    open(&file_.energy);
    // "2 at time 2.71 for 11.29 sec.:"
    if (const std::size_t length = line.find(" for "); window_ != nullptr && length != std::string_view::npos) {
      window_->seconds = leading_number(line.substr(length + 5));
    }
    return true;
  }

  bool open(std::vector<StatedWindow>* windows) {
    window_ = nullptr;
    if (windows->size() >= ResultsFile::kMaxWindows) return true;
    window_ = &windows->emplace_back();
    window_->line = number_;
    return true;
  }

  bool take_summary(std::string_view line) {
    if (consume(&line, "Median throughput is")) return state(&file_.median_throughput, line);
    if (consume(&line, "Median energy cost is")) return state(&file_.median_energy, line);
    if (consume(&line, "Top-1:") || consume(&line, "Top 1% =")) return state(&file_.top1, line);
    if (consume(&line, "AUC:") || consume(&line, "AUC =")) return state(&file_.auc, line);
    if (consume(&line, "Average duty cycle:")) return state(&file_.duty_cycle, line);
    if (consume(&line, "Average period:")) return state(&file_.period_s, line);
    if (consume(&line, "Estimated throughput:")) return state(&file_.streaming_throughput, line);
    if (!consume(&line, "Accuracy:")) return false;
    StatedDetections detections;
    detections.line = number_;
    const auto true_positives = leading_count(line);
    const auto false_negatives = count_behind(line, "True positives,");
    const auto false_positives = count_behind(line, "False negatives,");
    if (!true_positives || !false_negatives || !false_positives) return true;
    detections.true_positives = *true_positives;
    detections.false_negatives = *false_negatives;
    detections.false_positives = *false_positives;
    file_.detections = detections;
    return true;
  }

  static std::optional<std::uint64_t> count_behind(std::string_view line, std::string_view words) {
    const std::size_t found = line.find(words);
    return found == std::string_view::npos ? std::nullopt : leading_count(line.substr(found + words.size()));
  }

  bool state(std::optional<Stated>* stated, std::string_view text) const {
    if (const auto number = leading_number(text); number.has_value()) *stated = Stated{*number, number_};
    return true;
  }

  void take_window(std::string_view line) {
    if (window_ == nullptr) return;
    for (const char* key : {"# Inferences", "Inferences"}) {
      if (const auto text = value_of(line, key)) window_->iterations = leading_count(*text);
    }
    for (const char* key : {"Runtime", "Elapsed time"}) {
      if (const auto text = value_of(line, key)) window_->seconds = leading_number(*text);
    }
    if (const auto text = value_of(line, "Throughput")) window_->throughput = leading_number(*text);
    for (const char* key : {"Energy", "Total Energy"}) {
      if (const auto text = value_of(line, key)) window_->energy_uj = leading_number(*text);
    }
    for (const char* key : {"Energy/Inf.", "Energy/Inf"}) {
      if (const auto text = value_of(line, key)) window_->uj_per_inference = leading_number(*text);
    }
    if (const auto text = value_of(line, "Power"); text.has_value() && text->find("mW") != std::string_view::npos) {
      window_->power_mw = leading_number(*text);
    }
  }

  ResultsFile file_;
  std::uint32_t number_ = 0;
  StatedWindow* window_ = nullptr;  // into a vector that grows only when this is set anew
};

}  // namespace

ResultsFile parse_results_file(std::string_view text) {
  ResultsParser parser;
  LineSplitter lines([&parser](std::uint32_t number, std::string_view line) { parser.take(number, line); });
  lines.feed(text);
  lines.finish();
  return parser.finish();
}

}  // namespace tinyrig::mlperf
