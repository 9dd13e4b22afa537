#include "server/daemon/farm.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/boards/make_flasher.h"
#include "server/boards/type_of.h"
#include "server/flash/firmware.h"
#include "server/flash/flash_turns.h"
#include "server/log/log.h"

namespace tinyrig::daemon {
namespace {

namespace asio = boost::asio;

// nullopt: the board is not flashed by us, or its type's agent was not built.
absl::StatusOr<std::optional<flash::Firmware>> find_firmware(const std::filesystem::path& farms_folder,
                                                             const boards::FarmBoard& board,
                                                             const boards::CatalogEntry& type) {
  const bool its_own = !board.firmware_dir.empty();
  const std::filesystem::path& folder = its_own ? board.firmware_dir : farms_folder;
  if (folder.empty() || (type.flasher.kind.empty() && !board.flasher.has_value())) return std::nullopt;
  absl::StatusOr<flash::Firmware> firmware = flash::load_firmware(folder, type.type.id());
  if (firmware.ok()) return *std::move(firmware);
  if (its_own || firmware.status().code() != absl::StatusCode::kNotFound) return firmware.status();
  log_event(spdlog::level::warn, {},
            absl::StrCat("no agent to flash for ", type.type.id(), ": ", std::string(firmware.status().message())));
  return std::nullopt;
}

using Outlet = std::tuple<std::string, std::string, std::string>;  // kind, endpoint, outlet

std::multimap<Outlet, std::string> outlets_of(const std::vector<boards::FarmBoard>& farm) {
  std::multimap<Outlet, std::string> outlets;
  for (const boards::FarmBoard& board : farm) {
    if (board.power.has_value())
      outlets.insert({{board.power->kind, board.power->endpoint, board.power->outlet}, board.id});
  }
  return outlets;
}

std::vector<std::string> on_the_same_outlet(const boards::FarmBoard& board,
                                            const std::multimap<Outlet, std::string>& outlets) {
  std::vector<std::string> others;
  if (!board.power.has_value()) return others;
  const auto [first, last] = outlets.equal_range({board.power->kind, board.power->endpoint, board.power->outlet});
  for (auto entry = first; entry != last; ++entry) {
    if (entry->second != board.id) others.push_back(entry->second);
  }
  return others;
}

std::string first_at_work(const std::vector<std::string>& board_ids, const boards::BoardDirectory& directory) {
  for (const std::string& id : board_ids) {
    const absl::StatusOr<v1::Board> board = directory.find(id);
    if (!board.ok()) continue;
    const v1::Activity activity = board->activity();
    const bool at_work = activity == v1::ACTIVITY_BUSY || activity == v1::ACTIVITY_LEASED ||
                         activity == v1::ACTIVITY_RECOVERING || board->has_hold() || !board->current_step().empty();
    if (at_work) return id;
  }
  return "";
}

}  // namespace

absl::StatusOr<std::vector<boards::FarmBoard>> load_farms(const std::vector<std::filesystem::path>& files,
                                                          const std::vector<boards::CatalogEntry>& catalog) {
  std::vector<boards::FarmBoard> result;
  std::set<std::string> ids;
  for (const std::filesystem::path& file : files) {
    TINYRIG_ASSIGN_OR_RETURN(std::vector<boards::FarmBoard> farm, boards::load_farm(file));
    for (boards::FarmBoard& board : farm) {
      const auto in_file = [&file](const absl::Status& status) {
        return make_error(status.code(), reason_of(status),
                          absl::StrCat(file.string(), ": ", std::string(status.message())), hint_of(status));
      };
      const auto type = boards::type_of(board, catalog);
      if (!type.ok()) return in_file(type.status());
      if (const auto flasher = boards::make_flasher(board, **type); !flasher.ok()) return in_file(flasher.status());
      if (!ids.insert(board.id).second) {
        return make_error(absl::StatusCode::kInvalidArgument, "FARM_FILE_INVALID",
                          absl::StrCat(file.string(), ": board id '", board.id, "' is in another farm file too"));
      }
      result.push_back(std::move(board));
    }
  }
  return result;
}

std::vector<v1::Board> initial_boards(const std::vector<boards::FarmBoard>& farm,
                                      const std::vector<boards::CatalogEntry>& catalog) {
  std::vector<v1::Board> result;
  for (const boards::FarmBoard& unit : farm) {
    v1::Board board;
    board.set_id(unit.id);
    board.set_board_type(unit.type);
    board.set_port(unit.port);
    if (unit.instrument.has_value()) board.set_instrument(unit.instrument->kind);
    board.set_activity(v1::ACTIVITY_OFFLINE);
    board.set_health(v1::HEALTH_UNKNOWN);
    board.set_health_reason("not checked yet");
    if (const boards::CatalogEntry* type = boards::find_type(catalog, unit.type); type != nullptr) {
      board.set_emulated(type->type.emulated());
      *board.mutable_labels() = type->type.labels();
    }
    for (const std::string& label : unit.labels) board.add_labels(label);
    result.push_back(std::move(board));
  }
  return result;
}

absl::StatusOr<std::unique_ptr<Farm>> Farm::make(std::vector<boards::FarmBoard> farm,
                                                 const std::vector<boards::CatalogEntry>& catalog,
                                                 const std::filesystem::path& firmware_dir,
                                                 FarmDependencies dependencies) {
  TINYRIG_ASSIGN_OR_RETURN(const std::vector<v1::Board> stored, dependencies.store.load_boards());
  std::map<std::string, v1::Board> known;
  for (const v1::Board& board : stored) known[board.id()] = board;

  const std::multimap<Outlet, std::string> outlets = outlets_of(farm);
  const auto flash_turns = std::make_shared<flash::FlashTurns>(dependencies.flashes_per_controller);
  auto result = std::make_unique<Farm>();
  for (boards::FarmBoard& board : farm) {
    const boards::CatalogEntry& type = *boards::find_type(catalog, board.type);
    TINYRIG_ASSIGN_OR_RETURN(std::optional<flash::Firmware> firmware, find_firmware(firmware_dir, board, type));
    boards::Announce announce = [&store = dependencies.store, &events = dependencies.events,
                                 &directory = dependencies.directory,
                                 &clock = dependencies.clock](const v1::Board& view, boards::Change change) {
      directory.update(view);
      v1::Event event;
      *event.mutable_board() = view;
      events.publish(std::move(event));
      if (change == boards::Change::kState) store.save_board(view, clock.now(), nullptr);
    };
    boards::LogLine log = [id = board.id, &directory = dependencies.directory, &store = dependencies.store,
                           &clock = dependencies.clock](const std::string& level, const std::string& text) {
      const absl::StatusOr<v1::Board> known_board = directory.find(id);
      const std::string run = known_board.ok() ? known_board->current_run_id() : "";
      log_event(log_level_of(level), {.board = id, .job = "", .run = run}, text);
      v1::BoardLogLine line;
      line.mutable_time()->set_seconds(absl::ToUnixSeconds(clock.now()));
      line.set_level(level);
      line.set_text(text);
      store.append_board_log(id, std::move(line), nullptr);
    };
    boards::KeeperWorld world{dependencies.check,
                              dependencies.clock,
                              std::move(announce),
                              std::move(log),
                              [neighbours = on_the_same_outlet(board, outlets), &directory = dependencies.directory] {
                                return first_at_work(neighbours, directory);
                              },
                              [flash_turns](const boards::FarmBoard& its_board, const boards::CatalogEntry& its_type) {
                                return boards::make_flasher(its_board, its_type, flash_turns);
                              }};
    world.observer = dependencies.observer;
    if (board.usb.has_value()) {
      board.port = (dependencies.ports_folder / board.id).string();
      world.find_port = [usb = *board.usb, link = board.port, places = dependencies.usb_places] {
        return boards::link_usb_port(places, usb, link);
      };
    }
    Unit unit;
    unit.strand = asio::make_strand(dependencies.executor);
    const std::string id = board.id;
    unit.keeper = std::make_unique<boards::BoardKeeper>(unit.strand, std::move(board), type, std::move(firmware),
                                                        known[id], std::move(world));
    dependencies.directory.update(unit.keeper->view());
    dependencies.queue.know_board(jobs::view_of(unit.keeper->view()));
    unit.worker = std::make_unique<BoardWorker>(unit.strand, *unit.keeper, dependencies.queue, dependencies.holds,
                                                dependencies.store, dependencies.models, dependencies.server_version);
    result->units_.push_back(std::move(unit));
  }
  return result;
}

void Farm::start() {
  for (Unit& unit : units_) unit.ended = asio::co_spawn(unit.strand, unit.worker->run(), asio::use_future);
}

void Farm::wake() {
  for (Unit& unit : units_) unit.worker->wake();
}

void Farm::ports_changed() {
  for (Unit& unit : units_) unit.worker->port_may_have_changed();
}

BoardWorker* Farm::find(const std::string& board_id) {
  for (Unit& unit : units_) {
    if (unit.keeper->farm_board().id == board_id) return unit.worker.get();
  }
  return nullptr;
}

void Farm::look_again(const std::string& board_id) {
  if (BoardWorker* worker = find(board_id); worker != nullptr) worker->look_again();
}

void Farm::admit(const std::string& board_id, std::shared_ptr<boards::Visit> visit) {
  if (BoardWorker* worker = find(board_id); worker != nullptr) worker->admit(std::move(visit));
}

void Farm::dismiss(const std::string& board_id, std::shared_ptr<boards::Visit> visit, absl::Status why) {
  if (BoardWorker* worker = find(board_id); worker != nullptr) worker->dismiss(std::move(visit), std::move(why));
}

bool Farm::stop(std::chrono::milliseconds patience) {
  for (Unit& unit : units_) unit.worker->stop();
  const auto deadline = std::chrono::steady_clock::now() + patience;
  bool all = true;
  for (Unit& unit : units_) {
    if (unit.ended.valid() && unit.ended.wait_until(deadline) != std::future_status::ready) all = false;
  }
  return all;
}

}  // namespace tinyrig::daemon
