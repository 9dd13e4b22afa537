// Keeps one board at work: makes it ready, takes runs from the queue, executes them, hands the ends back.
// A board that fails is made ready again before its next run; one that cannot be is tried again later, and one whose
// runs or checks keep failing is quarantined for a while. A held board is left alone until it is released.
//
// run() belongs to the keeper's strand; everything else may be called from any thread.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "server/bench/model_library.h"
#include "server/boards/board_keeper.h"
#include "server/boards/visit.h"
#include "server/jobs/hold_book.h"
#include "server/jobs/job_queue.h"
#include "server/store/store.h"

namespace tinyrig::daemon {

class BoardWorker {
 public:
  // Everything must outlive run().
  BoardWorker(boost::asio::any_io_executor strand, boards::BoardKeeper& keeper, jobs::JobQueue& queue,
              jobs::HoldBook& holds, const store::Store& store, bench::ModelLibrary& models,
              std::string server_version);

  // Until stop().
  boost::asio::awaitable<void> run();
  // There may be work.
  void wake();
  // Its port may have come or gone.
  void port_may_have_changed();
  // The board's hold has begun, changed or ended.
  void look_again();
  // See boards::VisitDesk.
  void admit(std::shared_ptr<boards::Visit> visit);
  void dismiss(std::shared_ptr<boards::Visit> visit, absl::Status why);
  // Ends run() soon; a run under way is left for the next start of the daemon.
  void stop();

 private:
  boost::asio::awaitable<void> work();
  boost::asio::awaitable<void> recover();
  boost::asio::awaitable<void> stand_aside(v1::Hold hold);
  boost::asio::awaitable<void> host_visit(v1::Hold hold);
  absl::Status why_no_visit();
  void refuse_visit(absl::Status why);
  void count_end(bool board_failed, const std::string& reason);
  void quarantine(const std::string& reason);
  boost::asio::awaitable<void> execute(jobs::Lease lease);
  // In the job's log and the daemon's.
  void log(const jobs::Lease& lease, const std::string& level, const std::string& text);
  boost::asio::awaitable<jobs::AttemptEnd> attempt(const jobs::Lease& lease);
  boost::asio::awaitable<void> wait(std::chrono::milliseconds duration);

  const boost::asio::any_io_executor strand_;
  boards::BoardKeeper& keeper_;
  jobs::JobQueue& queue_;
  jobs::HoldBook& holds_;
  const store::Store& store_;
  bench::ModelLibrary& models_;
  const std::string server_version_;
  boost::asio::steady_timer timer_;
  // Set before it looks into the queue: work that comes after that look is told to it, and to no board that has a run.
  std::atomic<bool> looking_ = false;
  std::shared_ptr<boards::Visit> visit_;  // from when it is let in until its run() has returned
  bool visit_has_begun_ = false;
  bool woken_ = false;        // since the last look into the queue
  bool check_alive_ = false;  // before anything else
  std::atomic<bool> stopping_ = false;
  std::chrono::milliseconds retry_after_;
  int failures_in_a_row_ = 0;       // of runs
  int failed_checks_in_a_row_ = 0;  // of function and performance
  int quarantines_in_a_row_ = 0;    // without a run that succeeded between
};

}  // namespace tinyrig::daemon
