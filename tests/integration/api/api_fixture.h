// The real API on real sockets: SqliteStore, JobQueue, EventBus, a farm of two boards. The boards are played by
// the tests: they take runs from the queue and finish them, as a board's keeper does.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/access/access_control.h"
#include "server/api/api_server.h"
#include "server/base/clock.h"
#include "server/base/error.h"
#include "server/boards/board_directory.h"
#include "server/boards/visit.h"
#include "server/events/event_bus.h"
#include "server/jobs/hold_book.h"
#include "server/jobs/job_queue.h"
#include "server/store/sqlite_store.h"
#include "tests/support/store/store_fixture.h"
#include "tinyrig/v1/job.grpc.pb.h"
#include "tinyrig/v1/model.grpc.pb.h"

namespace tinyrig::api {

// The boards of these tests take no visits: tests/e2e has some that do.
class NoVisits final : public boards::VisitDesk {
 public:
  void admit(const std::string&, std::shared_ptr<boards::Visit> visit) override {
    visit->refuse(make_error(absl::StatusCode::kFailedPrecondition, "BOARD_VISITED", "this board takes no visits"));
  }
  void dismiss(const std::string&, std::shared_ptr<boards::Visit>, absl::Status) override {}
};

class ApiTest : public ::testing::Test {
 protected:
  ApiTest();
  void SetUp() override;
  void TearDown() override;

  /// As config_ says; the other parts go on as they were.
  void start_api();
  /// `reason` and `hint` of a failed call, from its trailer.
  static v1::ErrorDetail error_of(const grpc::ClientContext& context);

  std::shared_ptr<grpc::Channel> channel() const;
  template <class Service>
  std::unique_ptr<typename Service::Stub> stub() const {
    return Service::NewStub(channel());
  }
  /// Calls a method and expects success.
  template <class Response, class Stub, class Method, class Request>
  static Response call(Stub& stub, Method method, const Request& request) {
    grpc::ClientContext context;
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  /// Calls a method and gives the reason of its failure; "" when it succeeds.
  template <class Response, class Stub, class Method, class Request>
  static std::string refusal(Stub& stub, Method method, const Request& request) {
    grpc::ClientContext context;
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    return status.ok() ? "" : error_of(context).reason();
  }

  /// Uploads bytes as a model with the plain gRPC client.
  grpc::Status upload(const std::string& name, const std::string& bytes, v1::UploadModelResponse* response,
                      std::string* reason = nullptr) const;
  /// models/digits.tflite, registered as "digits".
  void add_digits();
  /// Registers it, and submits it to both boards' types; gives the job's id.
  std::string submit_digits(const std::string& board = "all");
  /// Plays every board: takes what it may and finishes it well. Gives how many runs that were.
  int play_boards();
  /// From now on, boards take runs as soon as there are any.
  void play_boards_always();

  static std::string read_source_file(const std::string& path);

  // The token that upload() shows; empty: none.
  std::string bearer_;
  testing_support::TemporaryFolder folder_;
  /// What the store takes for the disk's free space; a megabyte of it is kept free.
  std::atomic<std::uint64_t> disk_free_bytes_ = 1'000'000'000'000;
  SystemClock clock_;
  jobs::TimeSortedIds ids_{clock_};
  events::EventBus bus_{clock_, "epoch-of-this-test"};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<boards::BoardDirectory> directory_;
  std::unique_ptr<jobs::JobQueue> queue_;
  std::shared_ptr<jobs::HoldBook> holds_;
  NoVisits desk_;
  access::AccessSettings access_settings_;
  std::unique_ptr<access::AccessControl> access_;
  Telemetry telemetry_;  // of the next start_api()
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  std::vector<std::thread> threads_;
  std::unique_ptr<ApiServer> api_;
  ApiConfig config_;
};

}  // namespace tinyrig::api
