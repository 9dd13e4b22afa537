#include "server/mlperf/results_json.h"

#include <boost/json/basic_parser_impl.hpp>
#include <cmath>
#include <limits>
#include <utility>

#include "server/base/error.h"
#include "server/mlperf/dut_log.h"
#include "server/mlperf/text.h"

namespace tinyrig::mlperf {
namespace {

namespace json = boost::json;

// Knows where it is by the keys on the way down; arrays have an empty one.
class TrialHandler {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = 1024;
  static constexpr std::size_t max_string_size = std::size_t{1} << 20;

  std::vector<Trial> trials;

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_array_begin(json::error_code&) {
    path_.push_back({true, std::move(key_)});
    key_.clear();
    pair_ = 0;
    return true;
  }
  bool on_array_end(std::size_t, json::error_code&) { return leave(); }
  bool on_object_begin(json::error_code& error) {
    if (path_.size() == 1) {
      if (trials.size() >= kMaxTrials) return refuse(error);
      trials.emplace_back();
    }
    path_.push_back({false, std::move(key_)});
    key_.clear();
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) { return leave(); }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    string_.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    string_.append(part.data(), part.size());
    take_text(std::exchange(string_, {}));
    return true;
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, json::error_code& error) {
    return take_number(static_cast<double>(value), value, error);
  }
  bool on_uint64(std::uint64_t value, json::string_view, json::error_code& error) {
    return take_number(static_cast<double>(value), std::nullopt, error);
  }
  bool on_double(double value, json::string_view, json::error_code& error) {
    return take_number(value, std::nullopt, error);
  }
  bool on_bool(bool, json::error_code&) { return value_done(); }
  bool on_null(json::error_code&) { return value_done(); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  struct Level {
    bool array;
    std::string key;
  };

  static bool refuse(json::error_code& error) {
    error = json::error::array_too_large;
    return false;
  }
  bool leave() {
    if (!path_.empty()) path_.pop_back();
    return value_done();
  }
  bool value_done() {
    key_.clear();
    return true;
  }

  // The member that is being read: of [{"infer": {"results": [...]}}] "infer/results".
  bool is_at(std::string_view group, std::string_view name) const {
    const std::size_t depth = group.empty() ? 2 : 3;
    if (trials.empty() || path_.size() < depth || !path_[0].array || path_[1].array) return false;
    if (!group.empty() && path_[2].key != group) return false;
    return path_.size() == depth ? key_ == name : path_[depth].key == name;
  }

  void take_text(std::string text) {
    if (is_at("", "file")) trials.back().input = cut(base_name(text), DutLog::kMaxTextBytes);
    if (is_at("", "mode")) trials.back().mode = cut(text, 8);
    if (is_at("", "class")) {
      if (const auto label = leading_count(text); label.has_value() && *label < 1000) {
        trials.back().label = static_cast<std::int64_t>(*label);
      }
    }
    if (is_at("power", "timestamps")) ++pair_;
    value_done();
  }

  bool take_number(double value, std::optional<std::int64_t> whole, json::error_code& error) {
    if (!trials.empty() && !path_.empty()) {
      Trial& trial = trials.back();
      const bool counts = whole.has_value() && *whole >= 0;
      const auto count = counts ? std::optional(static_cast<std::uint64_t>(*whole)) : std::nullopt;
      if (is_at("power", "samples")) {
        if (++samples_ > kMaxJsonSamples) return refuse(error);
        trial.samples_j.push_back(static_cast<float>(value));
        return value_done();
      }
      if (is_at("infer", "results")) {
        if (trial.results.size() < kMaxResultsPerTrial) trial.results.push_back(static_cast<float>(value));
      } else if (is_at("power", "timestamps")) {
        // [["09", 1789], ...]; the first may be a number too.
        if (pair_++ == 1 && counts && trial.events.size() < 10'000) trial.events.push_back(*count);
      } else if (is_at("infer", "start_time")) {
        trial.start_us = count;
      } else if (is_at("infer", "end_time")) {
        trial.end_us = count;
      } else if (is_at("infer", "elapsed_time")) {
        trial.elapsed_us = count;
      } else if (is_at("infer", "iterations")) {
        trial.iterations = count;
      } else if (is_at("infer", "throughput")) {
        trial.throughput = value;
      } else if (is_at("power", "voltage")) {
        trial.voltage_v = value;
      } else if (is_at("", "class")) {
        trial.label = whole;
      }
    }
    return value_done();
  }

  // Of anomaly detection a window each: 196 of a file.
  static constexpr std::size_t kMaxResultsPerTrial = 1024;

  std::vector<Level> path_;
  std::string key_, string_;
  std::size_t samples_ = 0;
  int pair_ = 0;  // place in the innermost array
};

}  // namespace

absl::StatusOr<std::vector<Trial>> parse_results_json(std::string_view text) {
  json::basic_parser<TrialHandler> parser({});
  json::error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (!error && used != text.size() &&
      text.find_first_not_of(std::string_view(" \t\r\n\0", 5), used) != std::string_view::npos) {
    error = json::error::extra_data;
  }
  if (error) {
    return make_error(absl::StatusCode::kInvalidArgument, "RESULTS_JSON_BROKEN",
                      concat("no JSON of at most ", kMaxTrials, " trials: ", error.message(), " at byte ", used));
  }
  return std::move(parser.handler().trials);
}

std::optional<TrialEnergy> energy_of(const Trial& trial) {
  if (trial.events.size() < 2) return std::nullopt;
  const std::uint64_t first = trial.events[trial.events.size() - 2];
  const std::uint64_t last = trial.events.back();
  if (first >= last || last > trial.samples_j.size()) return std::nullopt;
  TrialEnergy energy;
  for (std::uint64_t i = first; i < last; ++i) energy.energy_uj += static_cast<double>(trial.samples_j[i]) * 1e6;
  energy.seconds = static_cast<double>(last - first) / kMlcSamplesPerSecond;
  return energy;
}

}  // namespace tinyrig::mlperf
