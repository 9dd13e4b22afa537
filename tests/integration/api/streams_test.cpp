// Server streams over gRPC: watching a job, live events, slow and vanishing clients, a stop with all of them.
#include <future>

#include "tests/integration/api/api_fixture.h"
#include "tinyrig/v1/event.grpc.pb.h"

namespace tinyrig::api {
namespace {

v1::Event log_event(const std::string& text) {
  v1::Event event;
  event.mutable_log()->set_text(text);
  return event;
}

class StreamsTest : public ApiTest {
 protected:
  std::unique_ptr<grpc::ClientReader<v1::WatchJobResponse>> watch(grpc::ClientContext& context,
                                                                  const std::string& job_id) {
    v1::WatchJobRequest request;
    request.set_job_id(job_id);
    return jobs_->WatchJob(&context, request);
  }
  void SetUp() override {
    ApiTest::SetUp();
    jobs_ = stub<v1::JobService>();
    events_ = stub<v1::EventService>();
  }

  std::unique_ptr<v1::JobService::Stub> jobs_;
  std::unique_ptr<v1::EventService::Stub> events_;
};

TEST_F(StreamsTest, WatchTellsEveryStateAndEndsWithTheJob) {
  const std::string job_id = submit_digits("big-1");
  grpc::ClientContext context;
  const auto stream = watch(context, job_id);
  v1::WatchJobResponse message;
  ASSERT_TRUE(stream->Read(&message));
  ASSERT_TRUE(message.has_job());
  EXPECT_EQ(message.sequence(), 1U);
  EXPECT_EQ(message.job().runs_size(), 1);
  EXPECT_EQ(message.job().state(), v1::RUN_STATE_QUEUED);

  EXPECT_EQ(play_boards(), 1);
  std::uint64_t sequence = 1;
  bool measured = false;
  bool stepped = false;
  v1::Job last;
  while (stream->Read(&message)) {
    EXPECT_EQ(message.sequence(), ++sequence);
    measured = measured || message.run().state() == v1::RUN_STATE_MEASURING;
    stepped = stepped || message.run().step() == "measuring latency";
    if (message.has_job()) last = message.job();
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_TRUE(measured);
  EXPECT_TRUE(stepped);
  EXPECT_EQ(last.state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(last.outcome(), v1::OUTCOME_SUCCEEDED);
}

TEST_F(StreamsTest, WatchOfAFinishedJobIsOneMessage) {
  const std::string job_id = submit_digits("big-1");
  play_boards();
  grpc::ClientContext context;
  const auto stream = watch(context, job_id);
  v1::WatchJobResponse message;
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.job().outcome(), v1::OUTCOME_SUCCEEDED);
  EXPECT_FALSE(stream->Read(&message));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamsTest, WatchOfNoJob) {
  grpc::ClientContext context;
  const auto stream = watch(context, "j-none");
  v1::WatchJobResponse message;
  EXPECT_FALSE(stream->Read(&message));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(error_of(context).reason(), "JOB_UNKNOWN");
}

TEST_F(StreamsTest, EventsAreNumberedAndResume) {
  const std::uint64_t before = bus_.last_sequence();
  bus_.publish(log_event("one"));
  bus_.publish(log_event("two"));
  v1::SubscribeEventsRequest request;
  request.set_after_sequence(before);
  v1::SubscribeEventsResponse message;
  {
    grpc::ClientContext context;
    const auto stream = events_->SubscribeEvents(&context, request);
    ASSERT_TRUE(stream->Read(&message));
    EXPECT_EQ(message.event().sequence(), before + 1);
    EXPECT_EQ(message.event().log().text(), "one");
    EXPECT_EQ(message.event().epoch(), "epoch-of-this-test");
    context.TryCancel();
    while (stream->Read(&message)) {
    }
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  request.set_after_sequence(before + 1);
  grpc::ClientContext context;
  const auto stream = events_->SubscribeEvents(&context, request);
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.event().log().text(), "two");
  bus_.publish(log_event("three"));
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.event().log().text(), "three");
}

TEST_F(StreamsTest, TooOldANumberBeginsWithAResync) {
  v1::SubscribeEventsRequest request;
  request.set_after_sequence(1);
  grpc::ClientContext context;
  const auto stream = events_->SubscribeEvents(&context, request);
  v1::SubscribeEventsResponse message;
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_TRUE(message.event().has_resync());
}

// What a slow reader does not get, it is told of: messages and reported losses add up to all events.
TEST_F(StreamsTest, SlowReaderLosesOldEventsAndKnowsIt) {
  constexpr int kEvents = 30'000;
  v1::SubscribeEventsRequest request;
  request.set_after_sequence(bus_.last_sequence());
  bus_.publish(log_event("first"));
  grpc::ClientContext context;
  const auto stream = events_->SubscribeEvents(&context, request);
  v1::SubscribeEventsResponse message;
  ASSERT_TRUE(stream->Read(&message));
  const std::string text(500, 'x');
  std::uint64_t last = 0;
  for (int i = 0; i < kEvents; ++i) last = bus_.publish(log_event(text));
  std::uint64_t accounted = 0;
  std::uint64_t dropped = 0;
  std::uint64_t newest = 0;
  while (newest != last && stream->Read(&message)) {
    EXPECT_GT(message.event().sequence(), newest);
    newest = message.event().sequence();
    dropped += message.event().resync().dropped();
    accounted += message.event().has_resync() ? message.event().resync().dropped() : 1;
  }
  EXPECT_EQ(accounted, static_cast<std::uint64_t>(kEvents));
  EXPECT_GT(dropped, 0U) << "what a client does not read must not pile up in the daemon";
}

TEST_F(StreamsTest, StopEndsLiveStreamsAtOnceAndSaysWhy) {
  const std::string job_id = submit_digits("big-1");
  grpc::ClientContext watch_context;
  const auto watching = watch(watch_context, job_id);
  v1::WatchJobResponse message;
  ASSERT_TRUE(watching->Read(&message));
  grpc::ClientContext upload_context;
  v1::UploadModelResponse uploaded;
  const auto models = stub<v1::ModelService>();
  const auto uploading = models->UploadModel(&upload_context, &uploaded);  // silent for ever

  const auto begin = std::chrono::steady_clock::now();
  api_->stop(std::chrono::milliseconds(500));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_FALSE(watching->Read(&message));
  EXPECT_EQ(watching->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(error_of(watch_context).reason(), "SERVER_STOPPING");
  EXPECT_FALSE(uploading->Finish().ok());
}

}  // namespace
}  // namespace tinyrig::api
