// Faults met with others: a cable pulled at each step of a run and put back as another port; each fault of a board
// together with the end of the daemon. The job finishes, once, and the farm is whole afterwards.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {
namespace {

using std::chrono::seconds;

constexpr std::uint32_t kSessions = 2, kIterations = 10'000;

v1::JobSpec long_job() {
  v1::JobSpec spec = quick_job("digits", "host");
  spec.mutable_settings()->set_sessions(kSessions);
  spec.mutable_settings()->set_iterations(kIterations);
  spec.mutable_settings()->set_silence_timeout_ms(5'000);
  return spec;
}

int number_of(const std::filesystem::path& pty) { return std::stoi(pty.filename()); }  // "/dev/pts/3"

// Holds every PTY that is free up to this one, so that the next one has another name: the kernel gives the lowest
// first.
class TakenUpTo {
 public:
  explicit TakenUpTo(const std::filesystem::path& last) {
    for (int number = -1; number < number_of(last);) {
      ptys_.push_back(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
      const char* const name = ::ptsname(ptys_.back());
      if (name == nullptr) throw std::runtime_error("no PTY");
      number = number_of(name);
    }
  }
  ~TakenUpTo() {
    for (const int pty : ptys_) ::close(pty);
  }
  TakenUpTo(const TakenUpTo&) = delete;
  TakenUpTo& operator=(const TakenUpTo&) = delete;

 private:
  std::vector<int> ptys_;
};

class FaultMatrix : public ::testing::Test {
 protected:
  FaultMatrix() {
    daemon_.add_own_model("digits");
    for (const char* board : {"host-1", "host-2"}) EXPECT_TRUE(daemon_.wait_for_idle(board, within(seconds(60))));
  }

  void control(const std::string& request) { EXPECT_EQ(emulator_.control(request), "ok\n") << request; }

  // Submits the job and waits for a step of its run; the board that runs it. A step may be over before anybody sees it:
  // then another job has it.
  std::string run_until(const std::string& step) {
    for (int tries = 0; tries < 20; ++tries) {
      key_ = "try " + std::to_string(tries);
      job_id_ = daemon_.api().submit(long_job(), key_).job().job_id();
      const bool seen = daemon_.api().watch_runs(
          job_id_, within(seconds(60)), [&](const v1::RunSummary& run) { return run.step().rfind(step, 0) == 0; });
      if (seen) return daemon_.api().job(job_id_).runs(0).board_id();
    }
    ADD_FAILURE() << "nobody saw " << step << "\n" << daemon_.log();
    return "host-1";
  }

  void expect_one_result() {
    EXPECT_EQ(daemon_.api().submit(long_job(), key_).job().job_id(), job_id_);
    const v1::Job job = daemon_.api().finished_job(job_id_, within(seconds(150)));
    ASSERT_EQ(job.outcome(), v1::OUTCOME_SUCCEEDED) << job.DebugString() << daemon_.log();
    ASSERT_EQ(job.runs_size(), 1);
    const v1::ExportRunResponse exported = daemon_.api().export_run(job.runs(0).run_id());
    const v1::Run& run = exported.run();
    EXPECT_EQ(run.result().validity(), v1::VALIDITY_VALID) << run.DebugString();
    EXPECT_EQ(run.result().latency().count(), kSessions * kIterations);
    EXPECT_EQ(exported.samples_size(), static_cast<int>(kSessions));
    for (int i = 0; i < run.attempts_size(); ++i) {
      EXPECT_EQ(run.attempts(i).outcome() == v1::OUTCOME_SUCCEEDED, i + 1 == run.attempts_size()) << run.DebugString();
    }
  }

  void expect_whole() {
    for (const char* board : {"host-1", "host-2"}) {
      EXPECT_TRUE(daemon_.wait_for_idle(board, within(seconds(120)))) << daemon_.api().board(board).DebugString();
      const std::string next = daemon_.api().submit(quick_job("digits", board)).job().job_id();
      EXPECT_EQ(daemon_.api().finished_job(next, within(seconds(60))).outcome(), v1::OUTCOME_SUCCEEDED);
    }
  }

  const ShortFolder folder_;
  const Emulator emulator_{folder_.path(), "host=2"};
  Daemon daemon_{folder_.path(), {.farm_files = {emulator_.farm_file()}}};
  std::string job_id_, key_;
};

class UnpluggedAt : public FaultMatrix, public ::testing::WithParamInterface<const char*> {};

TEST_P(UnpluggedAt, ThisStepAndPluggedInAsAnotherPort) {
  const std::string victim = run_until(GetParam());
  const std::filesystem::path port = emulator_.run_folder() / victim;
  const std::filesystem::path before = std::filesystem::read_symlink(port);
  control("unplug " + victim);
  expect_one_result();
  const TakenUpTo all_before(before);
  control("plug " + victim);
  EXPECT_NE(std::filesystem::read_symlink(port), before);
  expect_whole();
}

INSTANTIATE_TEST_SUITE_P(Steps, UnpluggedAt,
                         ::testing::Values("model to RAM", "verifying outputs", "session 1 of 2: measuring",
                                           "session 2 of 2: measuring", "profiling operators"),
                         [](const auto& tested) {
                           std::string name;
                           for (const char c : std::string(tested.param)) name += ::isalnum(c) != 0 ? c : '_';
                           return name;
                         });

struct Fault {
  const char* name;
  void (*inject)(const Emulator& emulator, const std::string& board);
  void (*repair)(const Emulator& emulator, const std::string& board);
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }
void nothing(const Emulator&, const std::string&) {}

class KilledWith : public FaultMatrix, public ::testing::WithParamInterface<Fault> {};

TEST_P(KilledWith, ThisFaultOfTheBoardAtWork) {
  const std::string victim = run_until("session 1 of 2: measuring");
  GetParam().inject(emulator_, victim);
  daemon_.kill();
  daemon_.start();
  expect_one_result();
  GetParam().repair(emulator_, victim);
  expect_whole();
}

INSTANTIATE_TEST_SUITE_P(
    Faults, KilledWith,
    ::testing::Values(
        Fault{"unplugged",
              [](const Emulator& emulator, const std::string& id) { (void)emulator.control("unplug " + id); },
              [](const Emulator& emulator, const std::string& id) { (void)emulator.control("plug " + id); }},
        Fault{"reset", [](const Emulator& emulator, const std::string& id) { (void)emulator.control("reset " + id); },
              nothing},
        Fault{"crash", [](const Emulator& emulator, const std::string& id) { (void)emulator.control("crash " + id); },
              nothing},
        Fault{"power",
              [](const Emulator& emulator, const std::string& id) { (void)emulator.control("power " + id + " off"); },
              nothing},
        Fault{"hang", [](const Emulator& emulator, const std::string& id) { ::kill(emulator.board_pid(id), SIGSTOP); },
              nothing},
        Fault{"wrong_speed",
              [](const Emulator& emulator, const std::string& id) { (void)emulator.control("speed " + id + " 9600"); },
              [](const Emulator& emulator, const std::string& id) { (void)emulator.control("speed " + id + " any"); }}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace tinyrig::test
