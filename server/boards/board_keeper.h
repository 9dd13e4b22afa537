// The keeper of one board: opens its port, brings it to a state in which its numbers may be trusted, and
// tells everyone how it is.
//
// Ready means: the agent answers from the chip that belongs there, it is the one that was built for this type of board,
// its counter agrees with a loop of known length, and the board passed the check of function and performance. The way
// there is the type's ladder (recovery_ladder.h). Rungs that a board lacks (no power switch, no flasher) are left out,
// and so are those that rest, and those that cannot help: a port that is gone is not flashed, and one that another
// process has is left alone. Nothing is flashed whose chip or type is not what the farm file says.
//
// Belongs to one strand. `announce` is called on it with every change worth telling.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "server/base/clock.h"
#include "server/boards/agent_hello.h"
#include "server/boards/board_check.h"
#include "server/boards/board_observer.h"
#include "server/boards/board_power.h"
#include "server/boards/catalog.h"
#include "server/boards/farm.h"
#include "server/flash/firmware.h"
#include "server/flash/flasher.h"
#include "server/link/agent_session.h"
#include "tinyrig/v1/board.pb.h"

namespace tinyrig::boards {

enum class Change {
  kState,     // activity, health, agent, counters: worth keeping
  kProgress,  // what it does right now
};
using Announce = std::function<void(const v1::Board&, Change)>;
using LogLine = std::function<void(const std::string& level, const std::string& text)>;

// What a keeper needs of the world; check and clock outlive it.
struct KeeperWorld {
  BoardCheck& check;
  const Clock& clock;
  Announce announce;
  LogLine log;
  // A board at work that would lose its power with this one; empty: none.
  std::function<std::string()> neighbour_at_work;
  // As boards::make_flasher().
  std::function<absl::StatusOr<std::unique_ptr<flash::Flasher>>(const FarmBoard&, const CatalogEntry&)> make_flasher;
  // Before its port is used: makes the farm board's `port` lead to where the board is now; empty: it always does.
  std::function<absl::Status()> find_port = nullptr;
  // Null: nobody asks. Outlives the keeper.
  BoardObserver* observer = nullptr;
};

struct HandFlashed {
  flash::FlashReport report;
  std::optional<v1::AgentIdentity> agent;  // that answered; none after another image than the agent
};

class BoardKeeper {
 public:
  // `firmware`: the agent built for this type; nullopt: whatever agent is on the board will do.
  // `known`: what the store remembers of the board.
  BoardKeeper(boost::asio::any_io_executor strand, FarmBoard board, CatalogEntry type,
              std::optional<flash::Firmware> firmware, const v1::Board& known, KeeperWorld world);

  // Climbs the ladder until the board is ready, or says why it is not. Errors: those of link::AgentSession
  // and flash::Flasher; FAILED_PRECONDITION (WRONG_BOARD_TYPE, WRONG_UNIT, AGENT_OUTDATED, COUNTER_WRONG); the check's.
  boost::asio::awaitable<absl::Status> make_ready();
  // Still there? Asks the agent; on an error the board is no longer ready.
  boost::asio::awaitable<absl::Status> check_alive();
  // After a run failed: what a fault of the board's firmware left behind (crash_text.h); empty when it was none, or the
  // board does not answer.
  boost::asio::awaitable<std::string> find_crash();
  // Its state is in doubt (a run failed on it): make_ready() before the next one.
  void doubt(const std::string& code, const std::string& why);
  bool ready() const { return ready_; }
  // The last make_ready() failed although the right agent answered: the board's numbers are not to be trusted.
  bool failed_check() const { return failed_check_; }
  // The last make_ready() found no port.
  bool port_was_gone() const { return was_gone_; }
  // Somebody holds it (`text` says who and why): the port is let go, the board no longer ready.
  void put_aside(const v1::Hold& hold, const std::string& text);
  // The hold is over; make_ready() next, whatever was done to the board meanwhile.
  void take_back();
  // While it is put aside: writes `image` (nullptr: the agent that is kept for the board, which must then answer). An
  // agent that says that another chip or another type of board is there refuses it: FAILED_PRECONDITION WRONG_UNIT,
  // WRONG_BOARD_TYPE. Others: NO_FLASHER, NO_FIRMWARE, those of flash::Flasher and of make_ready(). `by`: for the log.
  boost::asio::awaitable<absl::StatusOr<HandFlashed>> flash_by_hand(const flash::FirmwareImage* image, std::string by,
                                                                    flash::Progress progress);
  // Before somebody else opens its port: the board has power, where that is ours to give, and farm_board().port leads
  // to it. Errors: POWER_SWITCH_..., those of find_usb_port().
  boost::asio::awaitable<absl::Status> reach_port();
  // Ends a pending flash_by_hand() soon, with CANCELLED.
  void cancel_flashing();
  // For good: ends a pending operation on the line with CANCELLED, and the climb before its next rung.
  void close();

  // While ready():
  link::AgentSession& session() { return *session_; }
  const agent::v1::HelloReply& hello() const { return *session_->board(); }
  double calibration_ratio() const { return calibration_ratio_; }
  // May be null, both.
  flash::Flasher* flasher() { return flasher_.get(); }
  power::Instrument* instrument() { return power_.instrument.get(); }

  const CatalogEntry& type() const { return type_; }
  const FarmBoard& farm_board() const { return farm_board_; }
  const boost::asio::any_io_executor& strand() const { return strand_; }
  const v1::Board& view() const { return view_; }

  // In the board's log.
  void log(const std::string& level, const std::string& text) const { world_.log(level, text); }
  void set_activity(v1::Activity activity);
  void begin_run(const std::string& run_id);
  void end_run(bool failed);
  void set_step(const std::string& step, double progress);
  // The model slot is being written.
  void count_slot_write();

 private:
  boost::asio::awaitable<absl::Status> climb();
  // What the rung does to the board.
  boost::asio::awaitable<absl::Status> act(Rung rung);
  // Is the board ready now?
  boost::asio::awaitable<absl::Status> pass(const RecoveryStep& step);
  bool has(Rung rung) const;
  bool can_flash() const;
  // Why the rung (any but hello) cannot end that trouble; empty: it may.
  std::string why_not(const RecoveryStep& step, const absl::Status& trouble) const;
  void count(const RecoveryStep& step, const absl::Status& end);
  boost::asio::awaitable<absl::Status> meet(const RecoveryStep& step);
  boost::asio::awaitable<absl::Status> open_within(std::chrono::milliseconds patience);
  boost::asio::awaitable<absl::Status> open();
  absl::Status find_port() const { return world_.find_port ? world_.find_port() : absl::OkStatus(); }
  boost::asio::awaitable<absl::Status> say_hello(Speed speed, std::chrono::milliseconds timeout);
  boost::asio::awaitable<absl::Status> flash_agent();
  boost::asio::awaitable<absl::StatusOr<flash::FlashReport>> write_flash(const flash::FirmwareImage& image,
                                                                         flash::Progress progress);
  boost::asio::awaitable<absl::StatusOr<HandFlashed>> flash_the_right_board(const flash::FirmwareImage* image,
                                                                            const std::string& by,
                                                                            flash::Progress progress);
  boost::asio::awaitable<absl::Status> calibrate();
  boost::asio::awaitable<absl::Status> prove();
  bool agent_is_current() const;
  void count_firmware_write();
  // The port is let go.
  void drop_session();
  void tell_line();
  void tell_trouble(const std::string& reason) const;
  // Of flash that was written `writes` times by now.
  void warn_of_wear(const std::string& what, std::uint64_t writes) const;
  // The right agent answers: it is the one that is shown, with its chip.
  void meet_agent();
  void announce(Change change);
  void set_health(v1::Health health, const std::string& code, const std::string& reason);
  void clear_step();

  const boost::asio::any_io_executor strand_;
  const FarmBoard farm_board_;
  const CatalogEntry type_;
  const std::optional<flash::Firmware> firmware_;
  const KeeperWorld world_;
  std::unique_ptr<flash::Flasher> flasher_;
  const BoardPower power_;
  std::unique_ptr<link::AgentSession> session_;
  link::Counters told_line_;  // of session_
  bool ready_ = false;
  bool closed_ = false;
  bool flashing_cancelled_ = false;
  bool failed_check_ = false;
  RungRests rests_;
  bool was_gone_ = false;  // its port
  double calibration_ratio_ = 0;
  std::uint32_t boot_count_ = 0;  // when it was ready last
  Proof proof_;                   // of the last climb that succeeded
  v1::Board view_;
};

}  // namespace tinyrig::boards
