// The whole service in this process: store, queue, events, both faces of the API on real sockets. Its boards are
// played: they take runs from the queue and end them, as a board's worker does, without a link and without taking time.
#pragma once

#include <grpcpp/channel.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/access/access_control.h"
#include "server/api/api_server.h"
#include "server/base/clock.h"
#include "server/boards/board_directory.h"
#include "server/boards/visit.h"
#include "server/events/event_bus.h"
#include "server/jobs/hold_book.h"
#include "server/jobs/job_queue.h"
#include "server/store/sqlite_store.h"

namespace tinyrig::bench {

/// Ends the program with what failed.
void must(const absl::Status& status, const char* doing);

class Service {
 public:
  /// `clock` must outlive it. Three board types, `boards_per_type` of each.
  Service(const std::filesystem::path& folder, const Clock& clock, const store::Retention& retention,
          int boards_per_type);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  store::Store& store() { return *store_; }
  jobs::JobQueue& queue() { return *queue_; }
  std::vector<jobs::BoardView> boards() const;
  std::shared_ptr<grpc::Channel> channel() const;
  std::uint16_t http_port() const { return api_->http_port(); }
  /// Number of the newest event.
  std::uint64_t last_sequence() const { return bus_.last_sequence(); }

  /// 16 models, "m0" to "mf".
  void add_models();
  void add_model(const std::string& name, absl::Time when);
  /// From now on boards end every run at once, well.
  void play_boards();

 private:
  class NoVisits final : public boards::VisitDesk {
   public:
    void admit(const std::string&, std::shared_ptr<boards::Visit> visit) override;
    void dismiss(const std::string&, std::shared_ptr<boards::Visit>, absl::Status) override {}
  };

  jobs::TimeSortedIds ids_;
  events::EventBus bus_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<boards::BoardDirectory> directory_;
  std::unique_ptr<jobs::JobQueue> queue_;
  std::shared_ptr<jobs::HoldBook> holds_;
  std::unique_ptr<access::AccessControl> access_;
  NoVisits desk_;
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  std::vector<std::thread> threads_;
  std::unique_ptr<api::ApiServer> api_;
};

}  // namespace tinyrig::bench
