// ./rig bench power: what each step from a monitor's port to the disk costs, with the words of a simulated PPK2, and
// how many monitors of 100,000 samples a second one core carries with all of them.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "emulator/ppk2_simulator.h"
#include "emulator/window_replay.h"
#include "server/power/energy_reading.h"
#include "server/power/energy_trace.h"
#include "server/power/ppk2_words.h"
#include "server/power/trigger_watch.h"
#include "server/store/sqlite_store.h"
#include "tests/bench/link/results.h"
#include "tests/bench/store/timing.h"
#include "tests/support/store/store_fixture.h"
#include "wire/trigger_line.h"

namespace tinyrig::bench {
namespace {

using namespace testing_support;

// A minute: more than most runs record.
constexpr std::uint64_t kSeconds = 60;
constexpr std::uint64_t kSamples = kSeconds * emulator::Ppk2Simulator::kSamplesPerSecond;
// As a USB port hands them out when the host is in no hurry.
constexpr std::size_t kPieceBytes = 2'048;

void must(const absl::Status& status, const char* doing) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s: %s\n", doing, status.ToString().c_str());
  std::exit(1);
}

// A simulated converter repeats itself, and what repeats packs to nothing: codes get the noise that a real one has,
// some steps up and down.
void add_noise(std::vector<std::uint8_t>& bytes) {
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 3);
  for (std::size_t at = 0; at + power::kPpk2WordBytes <= bytes.size(); at += power::kPpk2WordBytes) {
    const int code = bytes[at] | (bytes[at + 1] & 0x3F) << 8;
    const int noisy = std::clamp(code + static_cast<int>(std::lround(noise(random))), 0, 0x3FFE);
    bytes[at] = static_cast<std::uint8_t>(noisy);
    bytes[at + 1] = static_cast<std::uint8_t>((bytes[at + 1] & 0xC0) | noisy >> 8);
  }
}

// Windows of 200 ms with 50 ms between, of a board that takes 6.5 mA in them.
power::Capture simulated() {
  emulator::WindowReplay replay({1'500, 6'500});
  emulator::Ppk2Simulator ppk2({.input = [&] { return replay.next(); },
                                .stream_changed = [&](bool streams) { replay.set_streaming(streams); },
                                .output_changed = {},
                                .was_reset = {}});
  const auto say = [&](std::vector<std::uint8_t> command) { (void)ppk2.take(command); };
  const auto tell = [&](trigger_line::Kind kind, std::uint64_t number) {
    replay.take(trigger_line::encode(kind, number));
  };
  power::Capture capture{.format = "ppk2",
                         .header = ppk2.metadata(),
                         .supply_mv = 3'300,
                         .samples_per_second = emulator::Ppk2Simulator::kSamplesPerSecond,
                         .host_us = kSeconds * 1'000'000};
  replay.set_powered(true);
  say({0x0D, 0x0C, 0xE4, 0x0C, 0x01, 0x06});
  tell(trigger_line::Kind::kRate, 1'000'000);
  for (std::uint64_t ms = 0; ms < kSeconds * 1'000; ms += 250) {
    const std::string idle = ppk2.produce(5'000);
    capture.bytes.insert(capture.bytes.end(), idle.begin(), idle.end());
    tell(trigger_line::Kind::kRose, ms * 1'000);
    tell(trigger_line::Kind::kFell, (ms + 200) * 1'000);
    const std::string active = ppk2.produce(20'000);
    capture.bytes.insert(capture.bytes.end(), active.begin(), active.end());
  }
  add_noise(capture.bytes);
  return capture;
}

// Of the best of some rounds.
template <class Work>
double seconds_of(Work work) {
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    const Stopwatch watch;
    work();
    best = std::min(best, watch.seconds());
  }
  return best;
}

double live_seconds(const power::Capture& capture) {
  return seconds_of([&] {
    power::Capture begun = capture;
    begun.bytes.clear();
    auto watch = power::TriggerWatch::of(begun);
    must(watch.status(), "watching");
    const std::span<const std::uint8_t> bytes(capture.bytes);
    for (std::size_t at = 0; at < bytes.size(); at += kPieceBytes) {
      const auto piece = bytes.subspan(at, std::min(kPieceBytes, bytes.size() - at));
      begun.bytes.insert(begun.bytes.end(), piece.begin(), piece.end());
      watch->take(piece);
    }
    if (watch->falls() < 230) must(absl::InternalError("windows are missing"), "watching");
  });
}

double store_seconds(const power::Capture& capture) {
  const TemporaryFolder folder;
  auto opened = store::open_sqlite_store(folder.path());
  must(opened.status(), "opening the store");
  store::Store& store = **opened;
  must(wait_for_answer<store::PutModelResult>([&](auto done) {
         store.put_model(test_model("kws"), "bytes", std::move(done));
       }).status(),
       "putting a model");
  std::vector<store::ScheduledRun> runs;
  for (int i = 0; i < 5; ++i) runs.push_back(test_run("r-" + std::to_string(i), "t"));
  must(wait_for_answer<store::AcceptedJob>([&](auto done) {
         store.accept_job(test_job("j-1", std::move(runs)), std::move(done));
       }).status(),
       "accepting a job");
  int number = 0;
  return seconds_of([&] {
    store::AttemptEnd end = success_end("r-" + std::to_string(number++), test_attempt(1, "b"), 1e6);
    end.capture = std::make_shared<store::PackedCapture>(store::pack_capture({}, capture.bytes));
    must(wait_for_answer<store::AttemptEndResult>([&](auto done) {
           store.end_attempt(std::move(end), std::move(done));
         }).status(),
         "storing");
  });
}

std::vector<Result> measured() {
  const power::Capture capture = simulated();
  const double live = live_seconds(capture);
  const double read = seconds_of([&] { must(power::read_capture(capture).status(), "reading"); });
  const double index = seconds_of([&] { must(power::EnergyTrace::read(capture).status(), "indexing"); });
  const double stored = store_seconds(capture);
  const auto rate = [](double seconds) { return static_cast<double>(kSamples) / seconds / 1e6; };
  constexpr double kTwoCoresOf32 = 16;
  return {{"followed_while_it_comes", rate(live), "M samples/s", {}},
          {"read_into_windows", rate(read), "M samples/s", {}},
          {"indexed_for_charts", rate(index), "M samples/s", {}},
          {"packed_and_on_disk", rate(stored), "M samples/s", {}},
          {"monitors_per_core", static_cast<double>(kSeconds) / (live + read + index + stored), "of 100 kS/s",
           kTwoCoresOf32}};
}

}  // namespace
}  // namespace tinyrig::bench

int main(int argc, char** argv) {
  CLI::App app{"Measures what a power monitor's samples cost the daemon."};
  std::string out;
  app.add_option("--out", out, "JSON file to write");
  CLI11_PARSE(app, argc, argv);
  const std::vector<tinyrig::bench::Result> results = tinyrig::bench::measured();
  tinyrig::bench::print_table(results);
  if (!out.empty() && !tinyrig::bench::write_json(results, out)) return 1;
  bool met = true;
  for (const tinyrig::bench::Result& result : results) met = met && result.met();
  return met ? 0 : 1;
}
