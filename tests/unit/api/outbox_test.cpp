// The outbox on a real server stream of an in-process gRPC server.
#include "server/api/outbox.h"

#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <future>
#include <thread>

#include "server/base/error.h"
#include "tinyrig/v1/event.grpc.pb.h"

namespace tinyrig::api {
namespace {

using Message = v1::SubscribeEventsResponse;
using TestOutbox = Outbox<Message>;

Message numbered(std::uint64_t number) {
  Message message;
  message.mutable_event()->set_sequence(number);
  return message;
}

// Each call of SubscribeEvents is an outbox that the test then drives.
class OutboxService final : public v1::EventService::CallbackService {
 public:
  OutboxService(boost::asio::any_io_executor executor, std::size_t capacity,
                std::function<void(std::shared_ptr<TestOutbox>)> begin)
      : executor_(std::move(executor)), capacity_(capacity), begin_(std::move(begin)) {}

  grpc::ServerWriteReactor<Message>* SubscribeEvents(grpc::CallbackServerContext* context,
                                                     const v1::SubscribeEventsRequest*) override {
    auto outbox = TestOutbox::make(context, boost::asio::make_strand(executor_), capacity_);
    boost::asio::post(outbox->strand(), [this, outbox] {
      outbox->on_ended([this] { ended.set_value(); });
      begin_(outbox);
    });
    return outbox.get();
  }

  std::promise<void> ended;

 private:
  const boost::asio::any_io_executor executor_;
  const std::size_t capacity_;
  const std::function<void(std::shared_ptr<TestOutbox>)> begin_;
};

class OutboxTest : public ::testing::Test {
 protected:
  void serve(std::size_t capacity, std::function<void(std::shared_ptr<TestOutbox>)> begin) {
    service_ = std::make_unique<OutboxService>(context_.get_executor(), capacity, std::move(begin));
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = v1::EventService::NewStub(server_->InProcessChannel({}));
    thread_ = std::thread([this] { context_.run(); });
    stream_ = stub_->SubscribeEvents(&call_, {});
  }
  std::vector<std::uint64_t> read_all() {
    std::vector<std::uint64_t> numbers;
    Message message;
    while (stream_->Read(&message)) numbers.push_back(message.event().sequence());
    return numbers;
  }
  void TearDown() override {
    stream_.reset();
    service_->ended.get_future().wait();
    server_->Shutdown();
    work_.reset();
    thread_.join();
  }

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  std::unique_ptr<OutboxService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::EventService::Stub> stub_;
  grpc::ClientContext call_;
  std::unique_ptr<grpc::ClientReader<Message>> stream_;
  std::thread thread_;
};

TEST_F(OutboxTest, EverythingInOrderThenTheStatus) {
  serve(1000, [](const std::shared_ptr<TestOutbox>& outbox) {
    for (std::uint64_t i = 1; i <= 1000; ++i) outbox->push(numbered(i));
    outbox->close(make_error(absl::StatusCode::kAborted, "ENOUGH", "enough"));
    outbox->push(numbered(2000));  // too late: not sent
  });
  const std::vector<std::uint64_t> numbers = read_all();
  ASSERT_EQ(numbers.size(), 1000U);
  for (std::uint64_t i = 0; i < 1000; ++i) EXPECT_EQ(numbers[i], i + 1);
  EXPECT_EQ(stream_->Finish().error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(call_.GetServerTrailingMetadata().count(kErrorTrailer), 1U);
}

TEST_F(OutboxTest, FullQueueDropsTheOldestAndCounts) {
  std::promise<std::uint64_t> dropped;
  serve(4, [&dropped](const std::shared_ptr<TestOutbox>& outbox) {
    // On the strand, so that no write can complete in between: one is in flight, four wait.
    for (std::uint64_t i = 1; i <= 100; ++i) outbox->push(numbered(i));
    dropped.set_value(outbox->dropped());
    outbox->close(absl::OkStatus());
  });
  EXPECT_EQ(read_all(), (std::vector<std::uint64_t>{1, 97, 98, 99, 100}));
  EXPECT_EQ(dropped.get_future().get(), 95U);
  EXPECT_TRUE(stream_->Finish().ok());
}

TEST_F(OutboxTest, DrainedAsksForMore) {
  serve(10, [](const std::shared_ptr<TestOutbox>& outbox) {
    auto next = std::make_shared<std::uint64_t>(1);
    outbox->on_drained([weak = std::weak_ptr(outbox), next] {
      const auto self = weak.lock();
      if (*next == 50) return self->close(absl::OkStatus());
      self->push(numbered(++*next));
    });
    outbox->push(numbered(1));
  });
  EXPECT_EQ(read_all().size(), 50U);
  EXPECT_TRUE(stream_->Finish().ok());
}

TEST_F(OutboxTest, CancelledWhileIdleIsFinished) {
  serve(10, [](const std::shared_ptr<TestOutbox>& outbox) { outbox->push(numbered(1)); });
  Message message;
  ASSERT_TRUE(stream_->Read(&message));
  call_.TryCancel();
  EXPECT_TRUE(read_all().empty());
  EXPECT_EQ(stream_->Finish().error_code(), grpc::StatusCode::CANCELLED);
  // TearDown waits for on_ended: without Finish it would wait for ever.
}

TEST_F(OutboxTest, CancelledWithAQueueIsFinished) {
  serve(100'000, [](const std::shared_ptr<TestOutbox>& outbox) {
    for (std::uint64_t i = 0; i < 50'000; ++i) outbox->push(numbered(i));
  });
  Message message;
  ASSERT_TRUE(stream_->Read(&message));
  call_.TryCancel();
  read_all();
  EXPECT_EQ(stream_->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

}  // namespace
}  // namespace tinyrig::api
