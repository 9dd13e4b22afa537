// Runs that keep every rule, made up from the protocol: tests break one thing and see which rule says so.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace tinyrig::mlperf {

using Files = std::map<std::string, std::string>;  // by name

class TempTree {
 public:
  TempTree() {
    std::string name = (std::filesystem::temp_directory_path() / "tinyrig_mlperf_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    root_ = name;
  }
  ~TempTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  TempTree(const TempTree&) = delete;
  TempTree& operator=(const TempTree&) = delete;

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path add(const std::string& folder, const Files& files) const {
    std::filesystem::create_directories(root_ / folder);
    for (const auto& [name, bytes] : files) std::ofstream(root_ / folder / name, std::ios::binary) << bytes;
    return root_ / folder;
  }

 private:
  std::filesystem::path root_;
};

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char text[512];
  std::snprintf(text, sizeof text, pattern, args...);
  return text;
}

/// Every occurrence; the test is wrong when there is none.
inline void replace(std::string* text, const std::string& from, const std::string& to) {
  std::size_t at = text->find(from);
  if (at == std::string::npos) {
    std::fprintf(stderr, "nothing to replace: %s\n", from.c_str());
    std::abort();
  }
  for (; at != std::string::npos; at = text->find(from, at + to.size())) text->replace(at, from.size(), to);
}

inline void replace_first(std::string* text, const std::string& from, const std::string& to) {
  const std::size_t at = text->find(from);
  if (at == std::string::npos) std::abort();
  text->replace(at, from.size(), to);
}

inline std::string kws_input(int i) { return format("tst_%06d_Word_%d.bin", i, i % 12); }

/// Twelve values, the largest at `best`.
inline std::string kws_results(int best) {
  std::string text = "[";
  for (int i = 0; i < 12; ++i) text += (i == 0 ? "" : ",") + std::string(i == best ? "0.996" : "0.000");
  return text + "]";
}

constexpr int kSyntheticIterations = 1000;
/// Window i takes 11 s and i ms, so that the median is window 2's.
inline double window_seconds(int i) { return 11.0 + 0.001 * i; }

/// EnergyRunner's log, results and script of five windows.
inline Files eembc_performance() {
  std::string log =
      "00001.000 session: m-session-start-id[20260101000000]\n"
      "00001.000 parser: m-bmark-run-name[ML Performance 1.0.1]-code[ulp-mlperf]\n"
      "00001.000 parser: Command \"version\"\n00001.000 parser: m-version[3.0.10]\n"
      "00001.000 parser: m-bm-cfg-name[ulp-mlperf]-key[runMode]-val[bmark]\n"
      "00001.001 parser: Command \"dut profile\"\n"
      "00001.002 dut: m-profile-[ULPMark for tinyML Firmware V0.0.1]\n"
      "00001.003 dut: m-model-[kws01]\n00001.003 dut: m-ready\n"
      "00001.004 parser: Command \"dut timestamp\"\n00001.005 dut: m-lap-us-500000\n00001.005 dut: m-ready\n";
  std::string script =
      "[\n    {\n        cmd: 'umount'\n    },\n    {\n        cmd: 'mountc dut dut'\n    },\n"
      "    {\n        cmd: 'version'\n    },\n    {\n        cmd: 'dut profile'\n    },\n"
      "    {\n        cmd: 'dut timestamp'\n    },\n";
  std::string results;
  for (int i = 0; i < 5; ++i) {
    const double start = 2.0 + 12 * i;
    const auto start_us = static_cast<unsigned long>(1'000'000 + 12'000'000 * i);
    const auto end_us = start_us + static_cast<unsigned long>(11'000'000 + 1000 * i);
    const std::string input = kws_input(i);
    log += format("%09.3f parser: Command \"bload dut \"C:\\data\\%s\"\"\n", start, input.c_str()) +
           format("%09.3f parser: Command \"dut infer %d 1\"\n", start, kSyntheticIterations) +
           format("%09.3f dut: m-warmup-start-1\n%09.3f dut: m-warmup-done\n", start, start) +
           format("%09.3f dut: m-infer-start-%d\n", start, kSyntheticIterations) +
           format("%09.3f dut: m-lap-us-%lu\n", start, start_us) +
           format("%09.3f dut: m-lap-us-%lu\n", start + window_seconds(i), end_us) +
           format("%09.3f dut: m-infer-done\n", start + window_seconds(i)) +
           format("%09.3f dut: m-results-%s\n", start + window_seconds(i), kws_results(i).c_str()) +
           format("%09.3f dut: m-ready\n", start + window_seconds(i));
    script +=
        format("    {\n        cmd: 'bload dut \"C:\\\\data\\\\%s\"',\n        ms: 7840\n    },\n", input.c_str()) +
        format("    {\n        cmd: 'dut infer %d 1',\n        ms: -1\n    },\n", kSyntheticIterations);
    results += format("00070.000 ulp-mlperf: Performance results for window %d:\n", 2 * i + 2) +
               format("00070.000 ulp-mlperf:   # Inferences :         %d\n", kSyntheticIterations) +
               format("00070.000 ulp-mlperf:   Runtime      :       %.3f sec.\n", window_seconds(i)) +
               format("00070.000 ulp-mlperf:   Throughput   :       %.3f inf./sec.\n",
                      kSyntheticIterations / window_seconds(i)) +
               "00070.000 ulp-mlperf: Runtime requirements have been met.\n";
  }
  log += "00069.000 session: m-session-stop-id[20260101000000]\n";
  results +=
      format("00070.000 ulp-mlperf: Median throughput is %.3f inf./sec.\n", kSyntheticIterations / window_seconds(2));
  return {{"log.txt", log}, {"results.txt", results}, {"script.async", script + "]\n"}};
}

inline std::string float_bytes(float value) {
  std::uint32_t word = 0;
  std::memcpy(&word, &value, 4);
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(word >> (8 * i));
  return bytes;
}

/// `seconds` at 1 kHz, 100 uJ each.
inline std::string trace_bytes(int seconds) {
  std::string bytes = "\xF1" + float_bytes(1000);
  for (int i = 0; i < seconds * 1000; ++i) bytes += float_bytes(100);
  return bytes;
}

/// The same with a monitor. Edges lie between samples, so that a window has exactly its milliseconds' samples.
inline Files eembc_energy() {
  std::string log =
      "00001.000 session: m-session-start-id[20260101000000]\n"
      "00001.000 parser: m-bmark-run-name[ML Energy 1.0.1]-code[ulp-ml]\n"
      "00001.000 parser: Command \"emon power on\"\n00001.100 io: [dut]: m-timestamp-mode-energy\n"
      "00001.100 io: [dut]: m-init-done\n00001.100 io: [dut]: m-ready\n"
      "00001.100 io: [dut]: m-profile-[ULPMark for tinyML Firmware V0.0.1]\n"
      "00001.100 io: [dut]: m-model-[kws01]\n00001.500 emon: m-trace[on]\n";
  std::string script =
      "[\n    {\n        cmd: 'emon voltage 3000'\n    },\n    {\n        cmd: 'emon power on',\n    },\n";
  std::string results, performance;
  std::string edges = "[\n\t0.0505";
  for (int i = 0; i < 5; ++i) {
    const double start = 1.0005 + 13 * i;
    const double host = 1.5 + start;
    const double energy = 100 * (11'000 + i);
    edges += format(",\n\t%.4f,\n\t%.4f", start, start + window_seconds(i));
    log += format("%09.3f parser: Command \"bloadp \"/data/%s\"\"\n", host, kws_input(i).c_str()) +
           format("%09.3f parser: Command \"io dut infer %d 1\"\n", host, kSyntheticIterations) +
           format("%09.3f io: [dut]: m-warmup-start-1\n", host) +
           format("%09.3f io: [dut]: m-infer-start-%d\n", host, kSyntheticIterations) +
           format("%09.3f io: [dut]: m-infer-done\n", host + window_seconds(i)) +
           format("%09.3f io: [dut]: m-results-%s\n", host + window_seconds(i), kws_results(i).c_str());
    script += format("    {\n        cmd: 'bloadp \"/data/%s\"',\n    },\n", kws_input(i).c_str()) +
              format("    {\n        cmd: 'io dut infer %d 1',\n    },\n", kSyntheticIterations);
    results += format("00080.000 ulp-ml: Energy data for window %d at time %.2f for %.2f sec.:\n", 2 * i + 2, start,
                      window_seconds(i)) +
               format("00080.000 ulp-ml:   Energy       :  %.3f uJ\n", energy) +
               format("00080.000 ulp-ml:   Power        :  %.3f uW\n", energy / window_seconds(i)) +
               format("00080.000 ulp-ml:   Energy/Inf.  :  %.3f uJ/inf.\n", energy / kSyntheticIterations);
    performance +=
        format("00080.000 ulp-ml: Performance results for window %d:\n", 2 * i + 2) +
        format("00080.000 ulp-ml:   # Inferences :         %d\n", kSyntheticIterations) +
        format("00080.000 ulp-ml:   Runtime      :       %.3f sec.\n", window_seconds(i)) +
        format("00080.000 ulp-ml:   Throughput   :       %.3f inf./sec.\n", kSyntheticIterations / window_seconds(i));
  }
  log +=
      "00071.500 emon: m-regfile-fn[trace1-energy.bin]-type[emon]-name[lpm01a]\n00071.500 emon: m-trace[off]\n"
      "00071.600 emon: m-voltage-mv[3000]\n00071.700 session: m-session-stop-id[20260101000000]\n";
  results +=
      "00080.000 ulp-ml: Median energy cost is 1100.200 uJ/inf.\n" + performance +
      format("00080.000 ulp-ml: Median throughput is %.3f inf./sec.\n", kSyntheticIterations / window_seconds(2));
  return {{"log.txt", log},
          {"results.txt", results},
          {"script.async", script + "]\n"},
          {"trace1-energy.bin", trace_bytes(70)},
          {"trace1-timestamps.json", edges + "\n]\n"}};
}

/// EnergyRunner's accuracy run: 950 of 1000 words right.
inline Files eembc_accuracy() {
  std::string log =
      "00001.000 session: m-session-start-id[20260101000000]\n"
      "00001.000 parser: m-bmark-run-name[ML Performance 1.0.1]-code[ulp-mlperf]\n"
      "00001.000 parser: m-bm-cfg-name[ulp-mlperf]-key[runMode]-val[multi]\n"
      "00001.002 dut: m-profile-[ULPMark for tinyML Firmware V0.0.1]\n00001.003 dut: m-model-[kws01]\n";
  std::string script = "[\n";
  for (int i = 0; i < 1000; ++i) {
    const int answer = i % 20 == 19 ? (i + 1) % 12 : i % 12;
    log += format("00002.000 parser: Command \"bload dut \"/data/%s\"\"\n", kws_input(i).c_str()) +
           "00002.000 parser: Command \"dut infer 1 0\"\n00002.000 dut: m-warmup-start-0\n"
           "00002.000 dut: m-infer-start-1\n00002.000 dut: m-lap-us-10\n00002.000 dut: m-lap-us-20\n"
           "00002.000 dut: m-infer-done\n" +
           format("00002.000 dut: m-results-%s\n", kws_results(answer).c_str());
    script +=
        format(" {\n  cmd: 'bload dut \"/data/%s\"',\n },\n {\n  cmd: 'dut infer 1 0'\n },\n", kws_input(i).c_str());
  }
  log += "00003.000 session: m-session-stop-id[20260101000000]\n";
  return {{"log.txt", log},
          {"results.txt", "00003.000 ulp-mlperf: Top-1: 95.0%\n00003.000 ulp-mlperf: AUC: 0.99\n"},
          {"script.async", script + "]\n"}};
}

/// Anomaly detection: 36 normal and 36 odd files of two windows each. 36 * 36 pairs, of which those of a normal file
/// with an odd one that scores higher count. The first `raised` odd files score one more.
inline Files eembc_anomaly(int odd_offset, int raised = 0) {
  const auto odd_score = [=](int odd) { return odd + odd_offset + (odd < raised ? 1 : 0) + 0.5; };
  std::string log =
      "00001.000 session: m-session-start-id[20260101000000]\n"
      "00001.000 parser: m-bm-cfg-name[ulp-mlperf]-key[runMode]-val[multi]\n"
      "00001.002 dut: m-profile-[ULPMark for tinyML Firmware V0.0.1]\n00001.003 dut: m-model-[ad01]\n";
  std::string script = "[\n";
  for (int i = 0; i < 72; ++i) {
    const bool odd = i >= 36;
    const std::string file = format("%s_id_01_%08d_hist_librosa.bin", odd ? "anomaly" : "normal", i % 36);
    const double score = odd ? odd_score(i - 36) : i;
    for (int window = 0; window < 2; ++window) {
      const int offset = 512 * window;
      log += format("00002.000 parser: Command \"bload dut \"/data/%s\" %d 2560\"\n", file.c_str(), offset) +
             "00002.000 parser: Command \"dut infer 1 0\"\n00002.000 dut: m-warmup-start-0\n"
             "00002.000 dut: m-infer-start-1\n00002.000 dut: m-lap-us-10\n00002.000 dut: m-lap-us-20\n"
             "00002.000 dut: m-infer-done\n" +
             format("00002.000 dut: m-results-[%.3f]\n", score + (window == 0 ? -100.0 : 100.0));
      script += format("  cmd: 'bload dut \"/data/%s\" %d 2560',\n  cmd: 'dut infer 1 0'\n", file.c_str(), offset);
    }
  }
  log += "00003.000 session: m-session-stop-id[20260101000000]\n";
  int pairs = 0;
  for (int normal = 0; normal < 36; ++normal) {
    for (int odd = 0; odd < 36; ++odd) pairs += odd_score(odd) > normal ? 1 : 0;
  }
  return {
      {"log.txt", log},
      {"results.txt", format("00003.000 ulp-mlperf: Top-1: 77.8%%\n00003.000 ulp-mlperf: AUC: %.3f\n", pairs / 1296.0)},
      {"script.async", script + "]\n"}};
}

constexpr char kMlcHead[] =
    "Logging initialized. Writing output to sessions/20260101_000000/log.txt\n"
    "Retrieving name from DUT ...\nWARNING: Failed to get name.\nRetrying _get_name (1/3)...\n"
    "Device name retrieved: acme\nDevice profile retrieved: ULPMark for tinyML Firmware V0.0.1\n";
constexpr char kMlcTail[] = "Session logged in file sessions/20260101_000000/log.txt\n";

/// The MLC runner's log, results and raw results of five windows.
inline Files mlc_performance() {
  std::string log = std::string(kMlcHead) + "Device model retrieved: kws01\n";
  std::string json = "[";
  std::string results;
  for (int i = 0; i < 5; ++i) {
    const unsigned long elapsed = 11'000'000UL + 1000UL * static_cast<unsigned long>(i);
    log += format("0101.0000%02d ulp-mlperf: Loading file %s segment 0\n", 10 * i, kws_input(i).c_str()) +
           format("0101.0000%02d ulp-mlperf: Load complete.\n", 10 * i) +
           "Running inference with 1/1000 (warmup/measured) iterations ...\ndone\n" +
           format("0101.0000%02d ulp-mlperf: Performance results for window %d:\n", 10 * i + 9, i + 1) +
           format("0101.0000%02d ulp-mlperf:   # Inferences :           1000\n", 10 * i + 9) +
           format("0101.0000%02d ulp-mlperf:   Runtime      :     %.3f sec.\n", 10 * i + 9, window_seconds(i)) +
           format("0101.0000%02d ulp-mlperf:   m-results    : %s\n", 10 * i + 9, kws_results(i).c_str());
    json += format("%s{\"file\": \"%s\", \"class\": \"%d\", \"stride\": null, \"infer\": {\"start_time\": 100, ",
                   i == 0 ? "" : ", ", kws_input(i).c_str(), i % 12) +
            format("\"end_time\": %lu, \"results\": %s, \"elapsed_time\": %lu, ", elapsed + 100, kws_results(i).c_str(),
                   elapsed) +
            "\"iterations\": 1000, \"warmups\": 1}, \"mode\": \"p\"}";
    results += format("Performance results for window %d\n    # Inferences : 1000\n    Runtime: %.6f sec.\n", i + 1,
                      window_seconds(i)) +
               format("    Throughput: %.14f inf./sec.\n", 1000 / window_seconds(i));
  }
  results += format("0101.000059 ulp-mlperf: Median throughput is     %.3f inf./sec.\n", 1000 / window_seconds(2));
  return {{"log.txt", log + kMlcTail}, {"results.txt", results}, {"results.json", json + "]"}};
}

/// The MLC runner's energy run: samples of 100 uJ.
inline Files mlc_energy() {
  std::string log = std::string(kMlcHead) + "Device model retrieved: kws01\n";
  std::string json = "[";
  std::string results = "Power Edition Output\n";
  for (int i = 0; i < 5; ++i) {
    const int samples = 11'000 + i;
    log += format("0101.0000%02d ulp-mlperf: Loading file %s segment 0\n", 10 * i, kws_input(i).c_str()) +
           "Running inference with 1/1000 (warmup/measured) iterations ...\ndone\n" +
           format("Captured samples:%d timestamps:2\n", samples + 20);
    json += format("%s{\"file\": \"%s\", \"class\": \"%d\", \"infer\": {\"results\": %s, \"iterations\": 1000}, ",
                   i == 0 ? "" : ", ", kws_input(i).c_str(), i % 12, kws_results(i).c_str()) +
            "\"power\": {\"samples\": [";
    for (int sample = 0; sample < samples + 20; ++sample) json += sample == 0 ? "1e-4" : ",1e-4";
    json += format("], \"timestamps\": [[\"02\", 3], [\"03\", 10], [\"04\", %d]], ", samples + 10) +
            "\"extracted_power\": null, \"voltage\": 3}, \"mode\": \"e\"}";
    results +=
        format("Energy data for trial %d\n  Elapsed time  : %.3f\n  Inferences    : 1000\n", i, samples / 1000.0) +
        "  Power         : 100.0000 mW.\n" + format("  Total Energy  : %.3f uJ\n", 100.0 * samples) +
        format("  Energy/Inf    : %.3f uJ/inf\n", samples / 10.0);
  }
  results += "Median energy cost is 1100.2000 uJ/inf.\n";
  return {{"log.txt", log + kMlcTail}, {"results.txt", results}, {"results.json", json + "]"}};
}

/// Streaming wakeword: energy, duty cycle and accuracy in one run.
inline Files mlc_streaming() {
  const std::string accuracy = "Accuracy: 47 True positives, 3 False negatives, 2 False positives\n";
  return {
      {"log.txt", std::string(kMlcHead) + "Device model retrieved: sww01\nDuty cycle = 0.500, Period = 32.0 ms\n" +
                      accuracy + "False negatives: [1.5, 2.5, 570.0]\nFalse positives: [612.555 715.31]\n" + kMlcTail},
      {"results.txt",
       "Power Edition Output\nEnergy data for trial 0\n  Elapsed time  : 1200.002\n  Inferences    : 1\n"
       "  Power         : 20.0000 mW.\n  Total Energy  : 24000040.000 uJ\n  Energy/Inf    : 24000040.000 uJ/inf\n"
       "Median energy cost is 24000040.0000 uJ/inf.\n" +
           accuracy +
           "Average duty cycle: 0.50000\nAverage period: 0.032000 s\nEstimated throughput: 62.500 inf./sec.\n"},
      {"results.json", "[]"}};
}

}  // namespace tinyrig::mlperf
