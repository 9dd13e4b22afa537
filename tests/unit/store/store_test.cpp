// What store.h promises, said once and run over every engine.
#include "server/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "server/base/error.h"
#include "server/store/columns.h"
#include "server/store/outcome.h"
#include "server/store/sqlite_store.h"
#include "tests/support/store/store_fixture.h"

namespace tinyrig::store {
namespace {

using namespace testing_support;
using testing::ElementsAre;

/// How the tests open an engine, twice on the same data.
struct SqliteEngine {
  std::unique_ptr<Store> open() {
    auto store = open_sqlite_store(folder.path());
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }
  TemporaryFolder folder;
};

template <typename Engine>
class StoreTest : public testing::Test {
 protected:
  void reopen() {
    store_.reset();
    store_ = engine_.open();
  }

  absl::StatusOr<PutModelResult> put_model(const v1::Model& model, const std::string& bytes = "bytes") {
    return wait_for_answer<PutModelResult>([&](auto done) { store_->put_model(model, bytes, std::move(done)); });
  }
  absl::StatusOr<AcceptedJob> accept(const NewJob& job) {
    return wait_for_answer<AcceptedJob>([&](auto done) { store_->accept_job(job, std::move(done)); });
  }
  absl::Status begin(const std::string& run_id, const v1::Attempt& attempt) {
    return wait_for([&](Done done) { store_->begin_attempt(run_id, attempt, std::move(done)); });
  }
  absl::Status set_state(const std::string& run_id, std::uint32_t attempt, v1::RunState state) {
    return wait_for([&](Done done) { store_->set_run_state(run_id, attempt, state, std::move(done)); });
  }
  absl::StatusOr<AttemptEndResult> end(const AttemptEnd& end) {
    return wait_for_answer<AttemptEndResult>([&](auto done) { store_->end_attempt(end, std::move(done)); });
  }
  absl::StatusOr<v1::Job> cancel(const std::string& job_id) {
    return wait_for_answer<v1::Job>([&](auto done) { store_->request_cancel(job_id, kTestTime, std::move(done)); });
  }
  absl::Status save_board(const v1::Board& board) {
    return wait_for([&](Done done) { store_->save_board(board, kTestTime, std::move(done)); });
  }
  /// A job of `count` runs r-0... of one type.
  void accept_runs(int count) {
    ASSERT_TRUE(put_model(test_model("kws")).ok());
    std::vector<ScheduledRun> runs;
    for (int i = 0; i < count; ++i) runs.push_back(test_run("r-" + std::to_string(i), "mps2-an386"));
    ASSERT_TRUE(accept(test_job("j-1", runs)).ok());
  }

  Engine engine_;
  std::unique_ptr<Store> store_ = engine_.open();
};

using Engines = testing::Types<SqliteEngine>;
TYPED_TEST_SUITE(StoreTest, Engines);

// --- what users may -----------------------------------------------------------------------------------

TYPED_TEST(StoreTest, AnOwnerHasSoManyUnfinishedJobs) {
  ASSERT_TRUE(this->put_model(test_model("kws")).ok());
  const auto job_of = [](const std::string& id, const std::string& owner, const std::string& key = "") {
    NewJob job = test_job(id, {test_run("r-" + id, "t")}, key);
    job.job.mutable_spec()->set_owner(owner);
    job.most_unfinished_jobs = 2;
    return job;
  };
  ASSERT_TRUE(this->accept(job_of("j-1", "ann", "k")).ok());
  ASSERT_TRUE(this->accept(job_of("j-2", "ann")).ok());
  EXPECT_EQ(reason_of(this->accept(job_of("j-3", "ann")).status()), "QUOTA_JOBS");
  EXPECT_EQ(*this->store_->unfinished_jobs_of("ann"), 2U);
  EXPECT_TRUE(this->accept(job_of("j-1", "ann", "k"))->already_submitted);
  EXPECT_TRUE(this->accept(job_of("j-4", "bob")).ok());
  ASSERT_TRUE(this->cancel("j-1").ok());
  EXPECT_TRUE(this->accept(job_of("j-3", "ann")).ok());
  NewJob unlimited = job_of("j-5", "ann");
  unlimited.most_unfinished_jobs = 0;
  EXPECT_TRUE(this->accept(unlimited).ok());
}

TYPED_TEST(StoreTest, BoardTimeIsOfTheOwnerByTheDayOfTheEnd) {
  ASSERT_TRUE(this->put_model(test_model("kws")).ok());
  NewJob job = test_job("j-1", {test_run("r-0", "t"), test_run("r-1", "t")});
  job.job.mutable_spec()->set_owner("ann");
  ASSERT_TRUE(this->accept(job).ok());
  // 59 s each, of 1 s to 60 s; the same end twice counts once.
  for (const char* run : {"r-0", "r-1", "r-1"}) {
    const v1::Attempt attempt = test_attempt(1, "b-1");
    if (run != std::string("r-1")) {
      ASSERT_TRUE(this->begin(run, attempt).ok());
    }
    ASSERT_TRUE(this->end(success_end(run, attempt, 100)).ok());
  }
  const std::int64_t day = day_of(kTestTime);
  EXPECT_EQ(*this->store_->board_time("ann", day), absl::Seconds(118));
  EXPECT_EQ(*this->store_->board_time("ann", day + 1), absl::ZeroDuration());
  EXPECT_EQ(*this->store_->board_time("bob", day), absl::ZeroDuration());
  EXPECT_EQ(*this->store_->unfinished_jobs_of("ann"), 0U);
}

// --- models -----------------------------------------------------------------------------------------

TYPED_TEST(StoreTest, KeepsAModelAcrossAReopen) {
  v1::Model model = test_model("kws");
  v1::ExpectedOutput& expected = *model.add_expected_outputs();
  expected.set_seed(7);
  expected.set_output_fnv1a32(0xdeadbeef);
  const auto put = this->put_model(model, std::string("\0tflite\xff", 8));
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_FALSE(put->already_present);
  this->reopen();
  const auto found = this->store_->find_model("kws");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->SerializeAsString(), model.SerializeAsString());
  EXPECT_EQ(*this->store_->model_bytes(model.sha256()), std::string("\0tflite\xff", 8));
}

TYPED_TEST(StoreTest, FindsAModelByDigest) {
  ASSERT_TRUE(this->put_model(test_model("kws", 'a')).ok());
  ASSERT_TRUE(this->put_model(test_model("vww", 'b')).ok());
  EXPECT_EQ(this->store_->find_model("aaaaaaaa")->name(), "kws");
  EXPECT_EQ(this->store_->find_model("BBBBBBBBBB")->name(), "vww");
  EXPECT_EQ(this->store_->find_model(std::string(64, 'b'))->name(), "vww");
  EXPECT_EQ(reason_of(this->store_->find_model("aaaa").status()), "MODEL_UNKNOWN");
}

TYPED_TEST(StoreTest, SaysWhenADigestIsAmbiguous) {
  v1::Model other = test_model("vww");
  std::string digest(64, 'a');
  digest.back() = 'b';
  other.set_sha256(digest);
  ASSERT_TRUE(this->put_model(test_model("kws")).ok());
  ASSERT_TRUE(this->put_model(other).ok());
  EXPECT_EQ(reason_of(this->store_->find_model("aaaaaaaaaaaa").status()), "MODEL_AMBIGUOUS");
  EXPECT_EQ(this->store_->find_model(digest)->name(), "vww");
}

TYPED_TEST(StoreTest, AnUnknownModelNamesWhatExists) {
  ASSERT_TRUE(this->put_model(test_model("kws", 'a')).ok());
  ASSERT_TRUE(this->put_model(test_model("vww", 'b')).ok());
  const absl::Status status = this->store_->find_model("mobilenet").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(reason_of(status), "MODEL_UNKNOWN");
  EXPECT_NE(status.message().find("kws, vww"), absl::string_view::npos) << status;
}

TYPED_TEST(StoreTest, KnowsTheSameBytesAgain) {
  ASSERT_TRUE(this->put_model(test_model("kws")).ok());
  v1::Model again = test_model("another-name");
  again.add_expected_outputs()->set_seed(1);
  const auto put = this->put_model(again);
  ASSERT_TRUE(put.ok());
  EXPECT_TRUE(put->already_present);
  EXPECT_EQ(put->model.name(), "kws");
  EXPECT_EQ(put->model.expected_outputs_size(), 1);
  EXPECT_EQ(this->store_->list_models()->size(), 1u);
}

TYPED_TEST(StoreTest, RefusesANameThatIsTaken) {
  ASSERT_TRUE(this->put_model(test_model("kws", 'a')).ok());
  const auto put = this->put_model(test_model("kws", 'b'));
  EXPECT_EQ(put.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(reason_of(put.status()), "MODEL_NAME_TAKEN");
  EXPECT_EQ(this->store_->find_model("kws")->sha256(), std::string(64, 'a'));
}

TYPED_TEST(StoreTest, NeverChangesAnExpectedOutput) {
  v1::Model model = test_model("kws");
  model.add_expected_outputs()->set_output_fnv1a32(1);
  ASSERT_TRUE(this->put_model(model).ok());
  model.mutable_expected_outputs(0)->set_output_fnv1a32(2);
  EXPECT_EQ(reason_of(this->put_model(model).status()), "EXPECTED_OUTPUT_CONFLICT");
  EXPECT_EQ(this->store_->find_model("kws")->expected_outputs(0).output_fnv1a32(), 1u);
}

TYPED_TEST(StoreTest, ListsModelsByNameWithoutOperators) {
  ASSERT_TRUE(this->put_model(test_model("vww", 'b')).ok());
  ASSERT_TRUE(this->put_model(test_model("kws", 'a')).ok());
  const auto models = this->store_->list_models();
  ASSERT_EQ(models->size(), 2u);
  EXPECT_EQ((*models)[0].name(), "kws");
  EXPECT_EQ((*models)[0].operators_size(), 0);
  EXPECT_EQ(this->store_->find_model("kws")->operators_size(), 1);
}

// --- jobs -------------------------------------------------------------------------------------------

TYPED_TEST(StoreTest, KeepsAJobWithItsRuns) {
  ASSERT_TRUE(this->put_model(test_model("kws")).ok());
  ScheduledRun pinned = test_run("r-1", "mps2-an386");
  pinned.pinned_board_id = "emu-1";
  ScheduledRun labelled = test_run("r-2", "mps2-an500");
  labelled.required_label = "fast";
  NewJob job = test_job("j-1", {pinned, labelled});
  job.job.add_skipped_cells()->set_missing_bytes(99);
  ASSERT_TRUE(this->accept(job).ok());
  this->reopen();
  const auto stored = this->store_->job("j-1");
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->state(), v1::RUN_STATE_QUEUED);
  EXPECT_EQ(stored->spec().settings().sessions(), 3u);
  EXPECT_EQ(stored->skipped_cells(0).missing_bytes(), 99u);
  EXPECT_EQ(stored->create_time().seconds(), absl::ToUnixSeconds(kTestTime));
  ASSERT_EQ(stored->runs_size(), 2);
  EXPECT_EQ(stored->runs(0).run_id(), "r-1");
  EXPECT_EQ(stored->runs(0).model_name(), "kws");
  const auto unfinished = this->store_->unfinished_runs();
  ASSERT_EQ(unfinished->size(), 2u);
  EXPECT_EQ((*unfinished)[0].pinned_board_id, "emu-1");
  EXPECT_EQ((*unfinished)[1].required_label, "fast");
  EXPECT_EQ((*unfinished)[1].run.settings().sessions(), 3u);
  EXPECT_THAT((*unfinished)[1].run.measurements(), ElementsAre(v1::MEASUREMENT_LATENCY));
  EXPECT_EQ(this->store_->unfinished_jobs()->size(), 1u);
}

TYPED_TEST(StoreTest, TheSameKeyAndSpecIsTheSameJob) {
  ASSERT_TRUE(this->put_model(test_model("kws")).ok());
  ASSERT_TRUE(this->accept(test_job("j-1", {test_run("r-1", "t")}, "key", "d1")).ok());
  const auto again = this->accept(test_job("j-2", {test_run("r-2", "t")}, "key", "d1"));
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->already_submitted);
  EXPECT_EQ(again->job_id, "j-1");
  EXPECT_EQ(reason_of(this->store_->job("j-2").status()), "JOB_UNKNOWN");
  EXPECT_EQ(this->store_->unfinished_runs()->size(), 1u);
  EXPECT_EQ((*this->store_->find_submission("key"))->spec_digest, "d1");
  EXPECT_FALSE(this->store_->find_submission("other")->has_value());
}

TYPED_TEST(StoreTest, TheSameKeyWithAnotherSpecIsRefused) {
  ASSERT_TRUE(this->put_model(test_model("kws")).ok());
  ASSERT_TRUE(this->accept(test_job("j-1", {test_run("r-1", "t")}, "key", "d1")).ok());
  const auto other = this->accept(test_job("j-2", {test_run("r-2", "t")}, "key", "d2"));
  EXPECT_EQ(other.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(reason_of(other.status()), "IDEMPOTENCY_KEY_REUSED");
}

TYPED_TEST(StoreTest, AJobWithoutAKeyIsAlwaysNew) {
  ASSERT_TRUE(this->put_model(test_model("kws")).ok());
  ASSERT_TRUE(this->accept(test_job("j-1", {test_run("r-1", "t")})).ok());
  ASSERT_TRUE(this->accept(test_job("j-2", {test_run("r-2", "t")})).ok());
  EXPECT_EQ(this->store_->list_jobs(0, "")->jobs.size(), 2u);
}

TYPED_TEST(StoreTest, AJobOfOnlyRefusedRunsIsBornFinished) {
  ASSERT_TRUE(this->put_model(test_model("kws")).ok());
  ScheduledRun refused = test_run("r-1", "microbit");
  refused.run.mutable_summary()->set_state(v1::RUN_STATE_FINISHED);
  refused.run.mutable_summary()->set_outcome(v1::OUTCOME_USER_ERROR);
  refused.run.mutable_summary()->set_reason("MODEL_TOO_LARGE_FOR_RAM");
  refused.run.mutable_summary()->set_message("4096 bytes are missing");
  ASSERT_TRUE(this->accept(test_job("j-1", {refused})).ok());
  const auto job = this->store_->job("j-1");
  EXPECT_EQ(job->state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(job->outcome(), v1::OUTCOME_USER_ERROR);
  EXPECT_EQ(job->runs(0).reason(), "MODEL_TOO_LARGE_FOR_RAM");
  EXPECT_TRUE(this->store_->unfinished_runs()->empty());
  EXPECT_TRUE(this->store_->unfinished_jobs()->empty());
}

TYPED_TEST(StoreTest, PagesJobsNewestFirst) {
  ASSERT_TRUE(this->put_model(test_model("kws")).ok());
  for (int i = 0; i < 5; ++i) {
    const std::string n = std::to_string(i);
    ASSERT_TRUE(this->accept(test_job("j-" + n, {test_run("r-" + n, "t")})).ok());
  }
  std::vector<std::string> ids;
  std::string token;
  int pages = 0;
  do {
    const auto page = this->store_->list_jobs(2, token);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::Job& job : page->jobs) {
      ids.push_back(job.job_id());
      EXPECT_EQ(job.runs_size(), 0);
    }
    token = page->next_page_token;
    ++pages;
  } while (!token.empty());
  EXPECT_THAT(ids, ElementsAre("j-4", "j-3", "j-2", "j-1", "j-0"));
  EXPECT_EQ(pages, 3);
  for (const std::string bad : {"x", "-1", "0", "1x", "99999999999999999999"}) {
    EXPECT_EQ(reason_of(this->store_->list_jobs(2, bad).status()), "PAGE_TOKEN_INVALID") << bad;
  }
}

// --- attempts ---------------------------------------------------------------------------------------

TYPED_TEST(StoreTest, ARunThatSucceedsKeepsEverything) {
  this->accept_runs(1);
  const v1::Attempt attempt = test_attempt(1, "emu-1");
  ASSERT_TRUE(this->begin("r-0", attempt).ok());
  EXPECT_EQ(this->store_->run("r-0")->summary().state(), v1::RUN_STATE_LEASED);
  EXPECT_EQ(this->store_->run("r-0")->summary().board_id(), "emu-1");
  ASSERT_TRUE(this->set_state("r-0", 1, v1::RUN_STATE_MEASURING).ok());
  EXPECT_EQ(this->store_->job("j-1")->state(), v1::RUN_STATE_MEASURING);
  const auto ended = this->end(success_end("r-0", attempt, 1234));
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_TRUE(ended->applied);
  ASSERT_TRUE(ended->finished_job.has_value());
  EXPECT_EQ(ended->finished_job->outcome(), v1::OUTCOME_SUCCEEDED);
  this->reopen();
  const auto run = this->store_->run("r-0");
  EXPECT_EQ(run->summary().state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(run->summary().outcome(), v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(run->summary().attempts(), 1u);
  EXPECT_EQ(run->result().SerializeAsString(), test_result(1234).SerializeAsString());
  ASSERT_EQ(run->attempts_size(), 1);
  EXPECT_EQ(run->attempts(0).outcome(), v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(run->attempts(0).start_time().seconds(), absl::ToUnixSeconds(kTestTime) + 1);
  const auto samples = this->store_->samples("r-0");
  ASSERT_EQ(samples->size(), 2u);
  EXPECT_EQ((*samples)[1].session(), 1u);
  EXPECT_THAT((*samples)[1].latency_ticks(), ElementsAre(4, 5, 6));
}

TYPED_TEST(StoreTest, KeepsWhatAnInstrumentSentWordForWord) {
  this->accept_runs(2);
  std::vector<std::uint8_t> words(3'000'000);
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = static_cast<std::uint8_t>(i * i >> 7);
  v1::EnergyCapture info;
  info.set_format("ppk2");
  info.set_header("VDD: 3000\nEND\n");
  info.set_supply_mv(3'300);
  info.set_samples_per_second(100'000);
  const v1::Attempt attempt = test_attempt(1, "emu-1");
  ASSERT_TRUE(this->begin("r-0", attempt).ok());
  AttemptEnd end = success_end("r-0", attempt, 1234);
  end.capture = std::make_shared<PackedCapture>(pack_capture(info, words));
  EXPECT_LT(end.capture->frame.size(), words.size());
  ASSERT_TRUE(this->end(end)->applied);
  this->reopen();
  const auto kept = this->store_->capture("r-0");
  ASSERT_TRUE(kept.ok()) << kept.status();
  info.set_size_bytes(words.size());
  EXPECT_EQ(kept->info.SerializeAsString(), info.SerializeAsString());
  EXPECT_EQ(kept->bytes, std::string(words.begin(), words.end()));
  EXPECT_EQ(reason_of(this->store_->capture("r-1").status()), "CAPTURE_MISSING");
  EXPECT_EQ(reason_of(this->store_->capture("r-9").status()), "RUN_UNKNOWN");
}

TYPED_TEST(StoreTest, AnEmptyRecordingIsKeptToo) {
  this->accept_runs(1);
  const v1::Attempt attempt = test_attempt(1, "emu-1");
  ASSERT_TRUE(this->begin("r-0", attempt).ok());
  AttemptEnd end = success_end("r-0", attempt, 1234);
  end.capture = std::make_shared<PackedCapture>(pack_capture({}, {}));
  ASSERT_TRUE(this->end(end)->applied);
  const auto kept = this->store_->capture("r-0");
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(kept->bytes, "");
}

TYPED_TEST(StoreTest, TheSameEndTwiceCountsOnce) {
  this->accept_runs(2);
  const v1::Attempt attempt = test_attempt(1, "emu-1");
  ASSERT_TRUE(this->begin("r-0", attempt).ok());
  ASSERT_TRUE(this->end(success_end("r-0", attempt, 100))->applied);
  const auto again = this->end(success_end("r-0", attempt, 5));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE(again->applied);
  EXPECT_EQ(this->store_->run("r-0")->result().latency().median_ticks(), 100);
  EXPECT_EQ(this->store_->run("r-0")->attempts_size(), 1);
}

TYPED_TEST(StoreTest, AFailedAttemptQueuesTheRunAgain) {
  this->accept_runs(1);
  const v1::Attempt first = test_attempt(1, "emu-1");
  ASSERT_TRUE(this->begin("r-0", first).ok());
  const auto ended = this->end(failure_end("r-0", first, /*requeue=*/true));
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(ended->run.summary().state(), v1::RUN_STATE_QUEUED);
  EXPECT_FALSE(ended->finished_job.has_value());
  const auto unfinished = this->store_->unfinished_runs();
  EXPECT_EQ((*unfinished)[0].counted_failures, 1u);
  EXPECT_THAT((*unfinished)[0].failed_board_ids, ElementsAre("emu-1"));
  // The same end again is no second failure, not even after the next attempt began.
  EXPECT_FALSE(this->end(failure_end("r-0", first, true))->applied);
  const v1::Attempt second = test_attempt(2, "emu-2");
  ASSERT_TRUE(this->begin("r-0", second).ok());
  EXPECT_FALSE(this->end(failure_end("r-0", first, true))->applied);
  EXPECT_EQ(this->store_->run("r-0")->summary().state(), v1::RUN_STATE_LEASED);
  ASSERT_TRUE(this->end(failure_end("r-0", second, /*requeue=*/false))->applied);
  const auto run = this->store_->run("r-0");
  EXPECT_EQ(run->summary().outcome(), v1::OUTCOME_BOARD_ERROR);
  EXPECT_EQ(run->summary().reason(), "LINK_SILENT");
  EXPECT_EQ(run->attempts_size(), 2);
  EXPECT_EQ(this->store_->job("j-1")->outcome(), v1::OUTCOME_BOARD_ERROR);
}

TYPED_TEST(StoreTest, ARestartIsListedButIsNoFailure) {
  this->accept_runs(1);
  const v1::Attempt first = test_attempt(1, "emu-1");
  ASSERT_TRUE(this->begin("r-0", first).ok());
  AttemptEnd restarted = failure_end("r-0", first, true);
  restarted.attempt.set_outcome(v1::OUTCOME_INFRA_ERROR);
  restarted.attempt.set_reason("DAEMON_RESTARTED");
  restarted.counts_as_failure = false;
  ASSERT_TRUE(this->end(restarted).ok());
  const auto unfinished = this->store_->unfinished_runs();
  EXPECT_EQ((*unfinished)[0].counted_failures, 0u);
  EXPECT_EQ((*unfinished)[0].run.attempts_size(), 1);
  EXPECT_EQ((*unfinished)[0].run.attempts(0).reason(), "DAEMON_RESTARTED");
}

TYPED_TEST(StoreTest, StaleAttemptsChangeNothing) {
  this->accept_runs(1);
  EXPECT_EQ(reason_of(this->begin("r-0", test_attempt(2, "emu-1"))), "ATTEMPT_STALE");
  ASSERT_TRUE(this->begin("r-0", test_attempt(1, "emu-1")).ok());
  EXPECT_EQ(reason_of(this->begin("r-0", test_attempt(1, "emu-2"))), "ATTEMPT_STALE");
  EXPECT_EQ(reason_of(this->begin("r-0", test_attempt(2, "emu-2"))), "ATTEMPT_STALE");
  EXPECT_EQ(reason_of(this->set_state("r-0", 2, v1::RUN_STATE_MEASURING)), "ATTEMPT_STALE");
  EXPECT_EQ(this->store_->run("r-0")->summary().board_id(), "emu-1");
  EXPECT_EQ(reason_of(this->begin("r-9", test_attempt(1, "emu-1"))), "RUN_UNKNOWN");
}

TYPED_TEST(StoreTest, AnAttemptWhoseBeginWasLostCanEnd) {
  this->accept_runs(1);
  const auto ended = this->end(success_end("r-0", test_attempt(1, "emu-1"), 100));
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_TRUE(ended->applied);
  EXPECT_EQ(this->store_->run("r-0")->attempts_size(), 1);
  EXPECT_EQ(this->store_->run("r-0")->summary().board_id(), "emu-1");
}

TYPED_TEST(StoreTest, AnOpenAttemptThatWasOvertakenCannotEnd) {
  this->accept_runs(1);
  ASSERT_TRUE(this->begin("r-0", test_attempt(1, "emu-1")).ok());
  // Attempt 2 ended although 1 never did; 1 is late.
  ASSERT_TRUE(this->end(failure_end("r-0", test_attempt(2, "emu-2"), true)).ok());
  const auto late = this->end(success_end("r-0", test_attempt(1, "emu-1"), 100));
  EXPECT_EQ(late.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(reason_of(late.status()), "ATTEMPT_STALE");
  EXPECT_EQ(this->store_->run("r-0")->summary().state(), v1::RUN_STATE_QUEUED);
}

TYPED_TEST(StoreTest, TheJobEndsWithItsLastRunAndTheWorstOutcome) {
  this->accept_runs(3);
  for (int i = 0; i < 3; ++i) {
    const std::string id = "r-" + std::to_string(i);
    const v1::Attempt attempt = test_attempt(1, "emu-1");
    ASSERT_TRUE(this->begin(id, attempt).ok());
    AttemptEnd end = success_end(id, attempt, 100);
    if (i == 1) end = failure_end(id, attempt, false);
    const auto ended = this->end(end);
    ASSERT_TRUE(ended.ok()) << ended.status();
    EXPECT_EQ(ended->finished_job.has_value(), i == 2);
  }
  const auto job = this->store_->job("j-1");
  EXPECT_EQ(job->state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(job->outcome(), v1::OUTCOME_BOARD_ERROR);
  EXPECT_TRUE(job->has_finish_time());
}

// --- cancelling -------------------------------------------------------------------------------------

TYPED_TEST(StoreTest, CancellingEndsQueuedRunsAndLeavesRunningOnes) {
  this->accept_runs(3);
  const v1::Attempt attempt = test_attempt(1, "emu-1");
  ASSERT_TRUE(this->begin("r-1", attempt).ok());
  const auto job = this->cancel("j-1");
  ASSERT_TRUE(job.ok());
  EXPECT_TRUE(job->cancel_requested());
  EXPECT_EQ(job->runs(0).outcome(), v1::OUTCOME_CANCELLED);
  EXPECT_EQ(job->runs(1).state(), v1::RUN_STATE_LEASED);
  EXPECT_EQ(job->runs(2).outcome(), v1::OUTCOME_CANCELLED);
  EXPECT_EQ(job->state(), v1::RUN_STATE_LEASED);
  // The running one fails: it is not queued again.
  const auto ended = this->end(failure_end("r-1", attempt, /*requeue=*/true));
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(ended->run.summary().outcome(), v1::OUTCOME_CANCELLED);
  ASSERT_TRUE(ended->finished_job.has_value());
  EXPECT_EQ(ended->finished_job->outcome(), v1::OUTCOME_CANCELLED);
}

TYPED_TEST(StoreTest, CancellingAFinishedJobChangesNothing) {
  this->accept_runs(1);
  ASSERT_TRUE(this->end(success_end("r-0", test_attempt(1, "emu-1"), 1)).ok());
  const auto job = this->cancel("j-1");
  ASSERT_TRUE(job.ok());
  EXPECT_FALSE(job->cancel_requested());
  EXPECT_EQ(job->outcome(), v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(reason_of(this->cancel("j-9").status()), "JOB_UNKNOWN");
}

TYPED_TEST(StoreTest, AResultThatCameDespiteTheCancellationCounts) {
  this->accept_runs(1);
  const v1::Attempt attempt = test_attempt(1, "emu-1");
  ASSERT_TRUE(this->begin("r-0", attempt).ok());
  ASSERT_TRUE(this->cancel("j-1").ok());
  ASSERT_TRUE(this->end(success_end("r-0", attempt, 1)).ok());
  EXPECT_EQ(this->store_->job("j-1")->outcome(), v1::OUTCOME_SUCCEEDED);
}

// --- lists, logs, boards ----------------------------------------------------------------------------

TYPED_TEST(StoreTest, ListsRunsByJobModelAndBoardType) {
  const v1::Model kws = test_model("kws", 'a');
  const v1::Model vww = test_model("vww", 'b');
  ASSERT_TRUE(this->put_model(kws).ok());
  ASSERT_TRUE(this->put_model(vww).ok());
  ASSERT_TRUE(this->accept(test_job("j-1", {test_run("r-1", "an386", kws), test_run("r-2", "an500", vww)})).ok());
  ASSERT_TRUE(this->accept(test_job("j-2", {test_run("r-3", "an386", vww), test_run("r-4", "an386", kws)})).ok());
  const auto ids = [&](const std::string& job, const std::string& model, const std::string& type) {
    std::vector<std::string> found;
    v1::ListRunsRequest request;
    request.set_job_id(job);
    request.set_model(model);
    request.set_board_type(type);
    request.set_page_size(1);
    do {
      const auto page = this->store_->list_runs(request);
      EXPECT_TRUE(page.ok()) << page.status();
      for (const v1::Run& run : page->runs) found.push_back(run.summary().run_id());
      request.set_page_token(page->next_page_token);
    } while (!request.page_token().empty());
    return found;
  };
  EXPECT_THAT(ids("", "", ""), ElementsAre("r-4", "r-3", "r-2", "r-1"));
  EXPECT_THAT(ids("j-1", "", ""), ElementsAre("r-2", "r-1"));
  EXPECT_THAT(ids("", "vww", ""), ElementsAre("r-3", "r-2"));
  EXPECT_THAT(ids("", "", "an386"), ElementsAre("r-4", "r-3", "r-1"));
  EXPECT_THAT(ids("j-2", "kws", "an386"), ElementsAre("r-4"));
  EXPECT_THAT(ids("j-2", "kws", "an500"), ElementsAre());
  v1::ListRunsRequest unknown;
  unknown.set_job_id("j-9");
  EXPECT_EQ(reason_of(this->store_->list_runs(unknown).status()), "JOB_UNKNOWN");
}

TYPED_TEST(StoreTest, KeepsLogLinesInOrder) {
  this->accept_runs(1);
  for (int i = 0; i < 3; ++i) {
    v1::LogLine line;
    line.set_job_id(i == 1 ? "j-unknown" : "j-1");
    line.set_level(i == 0 ? "warning" : "shout");
    line.set_text("line " + std::to_string(i));
    *line.mutable_time() = timestamp_of(kTestTime);
    ASSERT_TRUE(wait_for([&](Done done) { this->store_->append_log(line, std::move(done)); }).ok());
  }
  const auto stored = this->store_->job_logs("j-1");
  ASSERT_EQ(stored->size(), 2u);
  EXPECT_EQ((*stored)[0].text(), "line 0");
  EXPECT_EQ((*stored)[0].level(), "warning");
  EXPECT_EQ((*stored)[1].text(), "line 2");
  EXPECT_EQ((*stored)[1].level(), "info");
  EXPECT_EQ(reason_of(this->store_->job_logs("j-9").status()), "JOB_UNKNOWN");
}

TYPED_TEST(StoreTest, KeepsBoardsAcrossAReopen) {
  v1::Board board;
  board.set_id("emu-1");
  board.set_health(v1::HEALTH_GOOD);
  board.set_runs_finished(3);
  ASSERT_TRUE(this->save_board(board).ok());
  board.set_health(v1::HEALTH_QUARANTINED);
  board.set_health_reason("two infrastructure errors");
  board.set_runs_failed(2);
  ASSERT_TRUE(this->save_board(board).ok());
  this->reopen();
  const auto boards = this->store_->load_boards();
  ASSERT_EQ(boards->size(), 1u);
  EXPECT_EQ((*boards)[0].SerializeAsString(), board.SerializeAsString());
}

TYPED_TEST(StoreTest, AHoldIsReplacedAndRemoved) {
  BoardHold hold{"emu-1", {}, "t1"};
  hold.hold.set_kind(v1::HOLD_KIND_RESERVED);
  hold.hold.set_owner("ann");
  hold.hold.set_reason("it's \"mine\"");
  *hold.hold.mutable_begin_time() = timestamp_of(kTestTime);
  *hold.hold.mutable_expire_time() = timestamp_of(kTestTime + absl::Hours(1));
  const auto save = [&] { return wait_for([&](Done done) { this->store_->save_hold(hold, std::move(done)); }); };
  ASSERT_TRUE(save().ok());
  hold.token = "t2";
  hold.hold.set_kind(v1::HOLD_KIND_QUARANTINED);
  hold.hold.clear_expire_time();
  ASSERT_TRUE(save().ok());
  this->reopen();
  const auto holds = this->store_->holds();
  ASSERT_EQ(holds->size(), 1u);
  EXPECT_EQ(holds->front().board_id, "emu-1");
  EXPECT_EQ(holds->front().token, "t2");
  EXPECT_EQ(holds->front().hold.SerializeAsString(), hold.hold.SerializeAsString());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(wait_for([&](Done done) { this->store_->remove_hold("emu-1", std::move(done)); }).ok());
  }
  EXPECT_TRUE(this->store_->holds()->empty());
}

TYPED_TEST(StoreTest, ABoardsLogKeepsItsNewestTenThousandLines) {
  constexpr int kLines = 10'200;
  for (int i = 0; i < kLines; ++i) {
    v1::BoardLogLine line;
    *line.mutable_time() = timestamp_of(kTestTime + absl::Seconds(i));
    line.set_level(i % 2 == 0 ? "info" : "warning");
    line.set_text("line " + std::to_string(i));
    this->store_->append_board_log(i == 0 ? "other" : "emu-1", line, nullptr);
  }
  ASSERT_TRUE(wait_for([&](Done done) { this->store_->append_log({}, std::move(done)); }).ok());
  const auto lines = this->store_->board_log("emu-1", 3);
  ASSERT_EQ(lines->size(), 3u);
  EXPECT_EQ(lines->front().text(), "line 10197");
  EXPECT_EQ(lines->back().text(), "line 10199");
  EXPECT_EQ(lines->back().level(), "warning");
  EXPECT_EQ(lines->back().time().seconds(), absl::ToUnixSeconds(kTestTime) + 10'199);
  EXPECT_EQ(this->store_->board_log("emu-1", 0)->size(), 200u);
  const auto all = this->store_->board_log("emu-1", 99'999);
  EXPECT_EQ(all->size(), 10'000u);
  EXPECT_EQ(this->store_->board_log("other", 0)->size(), 1u);
}

TYPED_TEST(StoreTest, TheFirstGoldenLatencyOfATypeBuildAndImageIsKeptUntilForgotten) {
  const auto record = [this](const std::string& type, const std::string& build, std::uint64_t ticks,
                             const std::string& board) {
    const GoldenLatency latency{type, build, std::string(64, 'a'), ticks, board, kTestTime};
    return wait_for([&](Done done) { this->store_->record_golden_latency(latency, std::move(done)); });
  };
  ASSERT_TRUE(record("t", "build-1", 1000, "t-1").ok());
  ASSERT_TRUE(record("t", "build-1", 2000, "t-2").ok()) << "no error, and no change";
  ASSERT_TRUE(record("t", "build-2", 3000, "t-2").ok());
  ASSERT_TRUE(record("u", "build-1", 4000, "u-1").ok());
  this->reopen();
  const auto stored = this->store_->golden_latencies();
  ASSERT_TRUE(stored.ok()) << stored.status();
  ASSERT_EQ(stored->size(), 3u);
  EXPECT_EQ((*stored)[0].ticks, 1000u);
  EXPECT_EQ((*stored)[0].board_id, "t-1");
  EXPECT_EQ((*stored)[0].recorded, kTestTime);
  EXPECT_EQ((*stored)[1].build_id, "build-2");
  EXPECT_EQ((*stored)[2].board_type, "u");
  EXPECT_EQ((*stored)[2].packed_sha256, std::string(64, 'a'));

  ASSERT_TRUE(wait_for([this](Done done) { this->store_->forget_golden_latencies("t", std::move(done)); }).ok());
  ASSERT_EQ(this->store_->golden_latencies()->size(), 1u);
  EXPECT_EQ(this->store_->golden_latencies()->front().board_type, "u");
}

TYPED_TEST(StoreTest, UnknownThingsAreNotFound) {
  EXPECT_EQ(reason_of(this->store_->job("j-9").status()), "JOB_UNKNOWN");
  EXPECT_EQ(reason_of(this->store_->run("r-9").status()), "RUN_UNKNOWN");
  EXPECT_EQ(reason_of(this->store_->samples("r-9").status()), "RUN_UNKNOWN");
  EXPECT_EQ(reason_of(this->store_->model_bytes(std::string(64, '0')).status()), "MODEL_UNKNOWN");
}

TYPED_TEST(StoreTest, ReadersSeeEveryCompletedWriteFromAnyThread) {
  ASSERT_TRUE(this->put_model(test_model("kws")).ok());
  constexpr int kThreads = 4;
  constexpr int kJobs = 25;
  std::vector<std::thread> threads;
  std::atomic<int> missing = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t, &missing] {
      for (int i = 0; i < kJobs; ++i) {
        const std::string n = std::to_string(t) + "-" + std::to_string(i);
        if (!this->accept(test_job("j-" + n, {test_run("r-" + n, "t")})).ok()) ++missing;
        if (!this->store_->job("j-" + n).ok()) ++missing;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(missing, 0);
  EXPECT_EQ(this->store_->unfinished_runs()->size(), static_cast<std::size_t>(kThreads * kJobs));
}

TEST(Outcome, TheWorstWins) {
  EXPECT_EQ(worse_of(v1::OUTCOME_SUCCEEDED, v1::OUTCOME_CANCELLED), v1::OUTCOME_CANCELLED);
  EXPECT_EQ(worse_of(v1::OUTCOME_USER_ERROR, v1::OUTCOME_INFRA_ERROR), v1::OUTCOME_USER_ERROR);
  EXPECT_EQ(worse_of(v1::OUTCOME_BOARD_ERROR, v1::OUTCOME_INCONCLUSIVE), v1::OUTCOME_BOARD_ERROR);
}

}  // namespace
}  // namespace tinyrig::store
