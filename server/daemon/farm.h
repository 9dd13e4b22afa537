// Every board of the farm with its keeper and its worker, each on a strand of its own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/bench/model_library.h"
#include "server/boards/board_check.h"
#include "server/boards/board_directory.h"
#include "server/boards/board_keeper.h"
#include "server/boards/board_observer.h"
#include "server/boards/catalog.h"
#include "server/boards/farm.h"
#include "server/boards/visit.h"
#include "server/daemon/board_worker.h"
#include "server/events/event_bus.h"
#include "server/jobs/hold_book.h"
#include "server/jobs/job_queue.h"
#include "server/store/store.h"
#include "server/usb/places.h"

namespace tinyrig::daemon {

struct FarmDependencies {
  boost::asio::any_io_executor executor;
  store::Store& store;
  events::EventBus& events;
  jobs::JobQueue& queue;
  jobs::HoldBook& holds;
  boards::BoardDirectory& directory;
  bench::ModelLibrary& models;
  boards::BoardCheck& check;
  const Clock& clock;
  std::string server_version;
  std::size_t flashes_per_controller = 2;
  // Where links to the ports of boards lie that the farm file names by USB.
  std::filesystem::path ports_folder;
  usb::Places usb_places = {};
  // Null: nobody asks.
  boards::BoardObserver* observer = nullptr;
};

// Farm files joined: unique ids, types of the catalog. INVALID_ARGUMENT (FARM_FILE_INVALID).
absl::StatusOr<std::vector<boards::FarmBoard>> load_farms(const std::vector<std::filesystem::path>& files,
                                                          const std::vector<boards::CatalogEntry>& catalog);

// The boards as they are shown before anyone has looked at them.
std::vector<v1::Board> initial_boards(const std::vector<boards::FarmBoard>& farm,
                                      const std::vector<boards::CatalogEntry>& catalog);

class Farm final : public boards::VisitDesk {
 public:
  // `firmware_dir` empty: agents are never flashed. INVALID_ARGUMENT (FIRMWARE_INVALID), the store's errors.
  static absl::StatusOr<std::unique_ptr<Farm>> make(std::vector<boards::FarmBoard> farm,
                                                    const std::vector<boards::CatalogEntry>& catalog,
                                                    const std::filesystem::path& firmware_dir,
                                                    FarmDependencies dependencies);

  // Boards begin to work.
  void start();
  // There may be work: idle boards look again. Any thread.
  void wake();
  // Serial ports came or went: boards that were away are tried now, idle ones are asked whether they are there. Any
  // thread.
  void ports_changed();
  // The board's hold has begun, changed or ended. Any thread.
  void look_again(const std::string& board_id);
  void admit(const std::string& board_id, std::shared_ptr<boards::Visit> visit) override;
  void dismiss(const std::string& board_id, std::shared_ptr<boards::Visit> visit, absl::Status why) override;
  // Ends every worker; true when all have ended within `patience`. Not from the executor's threads.
  bool stop(std::chrono::milliseconds patience);

 private:
  struct Unit {
    std::unique_ptr<boards::BoardKeeper> keeper;
    std::unique_ptr<BoardWorker> worker;
    boost::asio::any_io_executor strand;
    std::future<void> ended;
  };
  BoardWorker* find(const std::string& board_id);

  std::vector<Unit> units_;
};

}  // namespace tinyrig::daemon
