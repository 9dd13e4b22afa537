// Energy through every layer on emulated boards: the agent's edge, a simulated instrument that speaks the real one's
// bytes, the daemon's reading of them, and what people are told. The truth is the catalog's model of the board.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <vector>

#include "server/power/energy_reading.h"
#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr double kVolt = 3.3;

v1::JobSpec energy_job(const std::string& board, std::uint32_t windows, std::uint32_t window_ms) {
  v1::JobSpec spec = quick_job("digits", board);
  spec.clear_measurements();
  spec.add_measurements(v1::MEASUREMENT_ENERGY);
  spec.mutable_settings()->set_energy_windows(windows);
  spec.mutable_settings()->set_energy_window_ms(window_ms);
  return spec;
}

double modelled_ua(const std::string& type, const char* key) {
  const toml::table file = toml::parse_file((programs().catalog / (type + ".toml")).string());
  return file["emulator"]["current"][key].value<double>().value_or(0);
}

class EnergyOfEachType : public ::testing::TestWithParam<const char*> {};

TEST_P(EnergyOfEachType, IsWhatItsModelSays) {
  const std::string type = GetParam();
  const ShortFolder folder;
  Emulator emulator(folder.path(), type);
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}, .with_firmware = type != "host"});
  daemon.add_own_model("digits");
  const std::string job_id = daemon.api().submit(energy_job(type, 3, 100)).job().job_id();
  const v1::Job job = daemon.api().finished_job(job_id, within(seconds(120)));
  ASSERT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon.log();
  const v1::RunResult result = daemon.api().run(job.runs(0).run_id()).result();
  EXPECT_EQ(result.validity(), v1::VALIDITY_VALID) << result.DebugString();
  const v1::EnergyResult& energy = result.energy();
  EXPECT_EQ(energy.method(), v1::ENERGY_METHOD_MODELLED);
  EXPECT_EQ(energy.instrument(), "ppk2");
  EXPECT_EQ(energy.supply_mv(), 3'300U);
  EXPECT_EQ(energy.lost_samples(), 0U);
  ASSERT_EQ(energy.windows_size(), 3);
  const double active_ua = modelled_ua(type, "active_ua"), idle_ua = modelled_ua(type, "idle_ua");
  ASSERT_GT(idle_ua, 0);
  ASSERT_GT(active_ua, idle_ua);
  for (const v1::EnergyWindow& window : energy.windows()) {
    const double model_uj = active_ua * kVolt * window.board_us() / 1e6;
    EXPECT_NEAR(window.energy_uj(), model_uj, 0.001 * model_uj) << window.DebugString();
    EXPECT_GE(window.instrument_us(), 99'970) << window.DebugString();
  }
  std::vector<double> ones_uj;
  for (const v1::EnergyWindow& window : energy.windows()) {
    ones_uj.push_back(active_ua * kVolt * window.board_us() / 1e6 / window.inferences());
  }
  std::sort(ones_uj.begin(), ones_uj.end());
  const double one_uj = ones_uj.at(1);
  EXPECT_NEAR(energy.energy_per_inference_uj(), one_uj, 0.005 * one_uj);
  EXPECT_NEAR(energy.idle_power_uw(), idle_ua * kVolt, 0.005 * idle_ua * kVolt);
  EXPECT_NEAR(energy.average_power_uw(), active_ua * kVolt, 0.005 * active_ua * kVolt);
  EXPECT_GT(energy.uncertainty_uj(), 0.09 * one_uj) << "a PPK2 is 10 % sure";
  std::printf("%-16s %10.3f uJ, its model %10.3f uJ\n", type.c_str(), energy.energy_per_inference_uj(), one_uj);
}

INSTANTIATE_TEST_SUITE_P(Boards, EnergyOfEachType,
                         ::testing::Values("host", "netduinoplus2", "mps2-an386", "mps2-an500", "mps2-an505",
                                           "mps3-an547"),
                         [](const auto& type) {
                           std::string name = type.param;
                           std::erase(name, '-');
                           return name;
                         });

// What was stored is what the instrument sent: read again, it gives the same numbers.
TEST(Energy, ARecordingCanBeReadAgain) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "host");
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}});
  daemon.add_own_model("digits");
  const std::string job_id = daemon.api().submit(energy_job("host", 2, 50)).job().job_id();
  const v1::Job job = daemon.api().finished_job(job_id, within(seconds(60)));
  ASSERT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon.log();
  const std::string run_id = job.runs(0).run_id();
  const v1::EnergyResult energy = daemon.api().run(run_id).result().energy();
  for (const char* command : {"energy", "run"}) {
    const Ended shown = daemon.cli({command, "show", run_id});
    EXPECT_EQ(shown.exit_code, 0) << shown.output;
    EXPECT_THAT(shown.output, HasSubstr("modelled"));
  }
  const std::filesystem::path file = folder.path() / "words";
  const Ended exported = daemon.cli({"energy", "export", run_id, "-o", file.string()});
  ASSERT_EQ(exported.exit_code, 0) << exported.output;

  const auto [info, bytes] = daemon.api().export_capture(run_id);
  EXPECT_EQ(info.format(), "ppk2");
  EXPECT_EQ(info.size_bytes(), bytes.size());
  EXPECT_EQ(bytes.size(), 4 * energy.samples());
  std::ifstream stream(file, std::ios::binary);
  EXPECT_TRUE(std::string(std::istreambuf_iterator<char>(stream), {}) == bytes);
  const power::Capture capture{.format = info.format(),
                               .header = info.header(),
                               .supply_mv = info.supply_mv(),
                               .samples_per_second = info.samples_per_second(),
                               .host_us = info.host_us(),
                               .bytes = {bytes.begin(), bytes.end()}};
  const absl::StatusOr<power::EnergyReading> reading = power::read_capture(capture);
  ASSERT_TRUE(reading.ok()) << reading.status();
  ASSERT_EQ(static_cast<int>(reading->windows.size()), energy.windows_size());
  for (int i = 0; i < energy.windows_size(); ++i) {
    EXPECT_DOUBLE_EQ(reading->windows[static_cast<std::size_t>(i)].charge_uc * kVolt, energy.windows(i).energy_uj());
  }
}

// The run records: its instrument streams.
bool streams(Emulator& emulator) {
  return wait_until(emulator.process(), within(seconds(60)),
                    [&] { return emulator.control("status").find("instrument=streaming") != std::string::npos; });
}

TEST(Energy, AnInstrumentPulledOutMidWindowIsTheBoardsErrorAndTheRunIsTriedAgain) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "host");
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}});
  daemon.add_own_model("digits");
  const std::string job_id = daemon.api().submit(energy_job("host", 2, 2'000)).job().job_id();
  ASSERT_TRUE(streams(emulator)) << daemon.log();
  ASSERT_EQ(emulator.control("instrument host-1 unplug"), "ok\n");
  ASSERT_EQ(emulator.control("instrument host-1 plug"), "ok\n");
  const v1::Job job = daemon.api().finished_job(job_id, within(seconds(120)));
  ASSERT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon.log();
  const v1::Run run = daemon.api().run(job.runs(0).run_id());
  EXPECT_EQ(run.attempts(0).outcome(), v1::OUTCOME_BOARD_ERROR);
  EXPECT_EQ(run.attempts(0).reason(), "INSTRUMENT_UNREACHABLE") << run.attempts(0).message();
  EXPECT_EQ(run.result().energy().windows_size(), 2) << "nothing of the first attempt";
}

TEST(Energy, WhatTheInstrumentCannotMeasureIsNoResult) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "host");
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}});
  daemon.add_own_model("digits");
  const std::string job_id = daemon.api().submit(energy_job("host", 2, 200)).job().job_id();
  ASSERT_TRUE(streams(emulator)) << daemon.log();
  // Ten seconds: a window is shown when the board is through with it.
  ASSERT_EQ(emulator.control("instrument host-1 saturate 1000000"), "ok\n");
  const v1::Job job = daemon.api().finished_job(job_id, within(seconds(120)));
  ASSERT_EQ(job.outcome(), v1::OUTCOME_INCONCLUSIVE) << job.DebugString() << daemon.log();
  EXPECT_EQ(job.runs(0).reason(), "RESULT_INVALID");
  EXPECT_THAT(job.runs(0).message(), HasSubstr("beyond what the instrument can measure"));
}

TEST(Energy, ABoardWithoutAnInstrumentIsRefusedWithWhatToDo) {
  const ShortFolder folder;
  Emulator emulator(folder.path(), "host", programs().host_agent, {}, {"--no-instruments"});
  Daemon daemon(folder.path(), {.farm_files = {emulator.farm_file()}});
  daemon.add_own_model("digits");
  const Ended refused = daemon.cli({"submit", "digits", "--board", "host", "--measure", "energy"});
  EXPECT_NE(refused.exit_code, 0) << refused.output;
  EXPECT_THAT(refused.output, HasSubstr("no board of host that the job may use has an instrument"));
  EXPECT_THAT(refused.output, HasSubstr("docs/energy.md"));
}

}  // namespace
}  // namespace tinyrig::test
