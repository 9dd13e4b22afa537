#include "server/dut/run_files.h"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <cstdio>

#include "server/mlperf/numbers.h"
#include "server/mlperf/text.h"

namespace tinyrig::dut {
namespace {

using mlperf::concat;

constexpr char kResultSource[] = "ulp-mlperf";  // EnergyRunner's name of performance and accuracy

std::string fixed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string stamped(double seconds, std::string_view source, std::string_view text) {
  char stamp[32];
  std::snprintf(stamp, sizeof stamp, "%09.3f", seconds);
  return concat(stamp, " ", source, ": ", text, "\n");
}

// results.txt has no clock of interest.
std::string result_line(std::string_view text) { return stamped(0, kResultSource, text); }

std::string json_quoted(std::string_view text) { return boost::json::serialize(boost::json::string_view(text)); }

// A string of JavaScript between single quotes.
std::string script_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

double throughput_of(const mlperf::Inference& inference) {
  const double seconds = inference.elapsed_s();
  return seconds > 0 ? static_cast<double>(inference.iterations.value_or(0)) / seconds : 0;
}

}  // namespace

RunLog::RunLog(mlperf::Mode mode, const std::string& model, const std::string& runner, bool emulated,
               Clock::time_point start)
    : start_(start) {
  const std::string config = "m-bm-cfg-name[ulp-mlperf]-key[";
  write("session", "m-session-start-id[tinyrig]");
  write("parser", "m-bmark-run-name[ML Performance]-code[ulp-mlperf]");
  command("version");
  write("parser", concat("m-version[", runner, "]"));
  if (emulated) write("tinyrig", "m-emulated[no silicon: a board of this machine, which keeps its own time]");
  write("parser", concat(config, "runMode]-val[", mode == mlperf::Mode::kAccuracy ? "multi" : "bmark", "]"));
  write("parser", concat(config, "model]-val[", model, "]"));
}

void RunLog::write(std::string_view source, std::string_view text) {
  const std::chrono::duration<double> since = Clock::now() - start_;
  log_ += stamped(since.count(), source, text);
}

void RunLog::command(const std::string& text) {
  write("parser", concat("Command \"", text, "\""));
  script_ += concat("    {\n        cmd: ", script_quoted(text), "\n    },\n");
}

void RunLog::device(std::string_view line) { write("dut", line); }

void RunLog::end() { write("session", "m-session-stop-id[tinyrig]"); }

std::string performance_results(const std::vector<Trial>& trials) {
  std::string text;
  std::vector<double> throughputs;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const mlperf::Inference& inference = trials[i].inference;
    throughputs.push_back(throughput_of(inference));
    // As EnergyRunner counts: the times between windows count, too.
    text += result_line(concat("Performance results for window ", 2 * i + 2, ":"));
    text += result_line(concat("  # Inferences : ", inference.iterations.value_or(0)));
    text += result_line(concat("  Runtime      : ", fixed(inference.elapsed_s(), 3), " sec."));
    text += result_line(concat("  Throughput   : ", fixed(throughputs.back(), 3), " inf./sec."));
  }
  return text + result_line(concat("Median throughput is ", fixed(mlperf::median(throughputs), 3), " inf./sec."));
}

std::string accuracy_results(mlperf::QualityMetric metric, double quality) {
  return metric == mlperf::QualityMetric::kAuc ? result_line(concat("AUC: ", fixed(quality, 3)))
                                               : result_line(concat("Top-1: ", fixed(quality, 1), "%"));
}

std::string results_json(const std::vector<Trial>& trials, mlperf::Mode mode) {
  std::string text = "[";
  for (const Trial& trial : trials) {
    const mlperf::Inference& inference = trial.inference;
    std::string results;
    for (const float value : inference.results) {
      results += concat(results.empty() ? "" : ", ", mlperf::number_text(static_cast<double>(value), 6));
    }
    text += concat(text.size() == 1 ? "\n" : ",\n", "  {\"file\": ", json_quoted(trial.file),
                   ", \"class\": ", trial.label, ", \"infer\": {\"results\": [", results, "]");
    if (inference.start_us && inference.end_us) {
      text += concat(", \"start_time\": ", *inference.start_us, ", \"end_time\": ", *inference.end_us,
                     ", \"elapsed_time\": ", inference.elapsed_us().value_or(0));
    }
    text += concat(", \"iterations\": ", inference.iterations.value_or(0),
                   ", \"throughput\": ", fixed(throughput_of(inference), 6), "}, \"mode\": \"",
                   mode == mlperf::Mode::kAccuracy ? "a" : "p", "\"}");
  }
  return text + "\n]\n";
}

}  // namespace tinyrig::dut
