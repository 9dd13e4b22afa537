#include "tests/support/flash/avr_board.h"

#include <avr_uart.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sim_avr.h>
#include <sim_hex.h>
#include <sys/inotify.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace tinyrig::test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint32_t kClockHz = 16'000'000;
constexpr std::uint32_t kBootStart = 0x3E000;  // fuses: the bootloader's section has 8 KiB, and reset goes there
constexpr std::chrono::milliseconds kSlice{1};
constexpr avr_cycle_count_t kSliceCycles = kClockHz / 1000;
constexpr std::size_t kMostWaiting = 16 * 1024;  // bytes for a host that does not read

void say_nothing(avr_t*, int, const char*, va_list) {}
void never_sleep(avr_t*, avr_cycle_count_t) {}

}  // namespace

struct AvrBoard::Machine {
  explicit Machine(const std::string& bootloader) {
    open_port();
    avr_global_logger_set(say_nothing);
    avr = avr_make_mcu_by_name("atmega2560");
    if (avr == nullptr) throw std::runtime_error("simavr has no atmega2560");
    avr_init(avr);
    avr->sleep = never_sleep;  // this thread does, once a slice
    avr->frequency = kClockHz;
    std::uint32_t size = 0, start = 0;
    std::uint8_t* code = read_ihex_file(bootloader.c_str(), &size, &start);
    if (code == nullptr || start != kBootStart || start + size > avr->flashend + 1) {
      throw std::runtime_error(bootloader + " is no bootloader of the board");
    }
    avr_loadcode(avr, code, size, start);
    std::free(code);
    avr->codeend = avr->flashend;
    avr->reset_pc = kBootStart;

    std::uint32_t flags = 0;  // no line on standard output, no sleep while the chip polls
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    const auto uart = [this](int which) { return avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), which); };
    receive = uart(UART_IRQ_INPUT);
    avr_irq_register_notify(uart(UART_IRQ_OUTPUT), on_sent, this);
    avr_irq_register_notify(
        uart(UART_IRQ_OUT_XON), [](avr_irq_t*, std::uint32_t, void* me) { of(me).takes = true; }, this);
    avr_irq_register_notify(
        uart(UART_IRQ_OUT_XOFF), [](avr_irq_t*, std::uint32_t, void* me) { of(me).takes = false; }, this);
    reset();
    thread = std::thread([this] { run(); });
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine() {
    ends = true;
    thread.join();
    avr_terminate(avr);
    std::free(avr);
    ::close(master);
    ::close(opens);
  }

  static Machine& of(void* me) { return *static_cast<Machine*>(me); }

  static void on_sent(avr_irq_t*, std::uint32_t byte, void* me) {
    if (of(me).to_host.size() < kMostWaiting) of(me).to_host += static_cast<char>(byte);
  }

  // Nobody has the other side open from here on; it stays raw.
  void open_port() {
    char name[64];
    int slave = -1;
    if (::openpty(&master, &slave, name, nullptr, nullptr) != 0) throw std::runtime_error("no PTY left");
    port = name;
    termios raw{};
    ::tcgetattr(slave, &raw);
    ::cfmakeraw(&raw);
    ::tcsetattr(slave, TCSANOW, &raw);
    ::close(slave);
    ::fcntl(master, F_SETFL, O_NONBLOCK);
    ::fcntl(master, F_SETFD, FD_CLOEXEC);
    opens = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (::inotify_add_watch(opens, name, IN_OPEN) < 0) throw std::runtime_error("cannot watch " + port);
  }

  void reset() {
    avr_reset(avr);
    to_host.clear();
    to_chip.clear();
    takes = true;
  }

  bool was_opened() const {
    alignas(inotify_event) char events[1024];
    return ::read(opens, events, sizeof events) > 0;
  }

  void run() {
    for (Clock::time_point next = Clock::now(); !ends;) {
      std::function<void()> call;
      {
        const std::lock_guard lock(mutex);
        if (was_opened()) reset();
        hear_host();
        if (has_power) run_slice();
        tell_host();
        if (watched && avr->flash[watched_address] != 0xFF) call = std::exchange(watched, {});
      }
      if (call) call();
      // Where the machine is too slow for the chip, time goes slower there: nothing is caught up with.
      next = std::max(next + kSlice, Clock::now());
      std::this_thread::sleep_until(next);
    }
  }

  void run_slice() {
    for (const avr_cycle_count_t end = avr->cycle + kSliceCycles; avr->cycle < end;) {
      if (takes && !to_chip.empty()) {
        avr_raise_irq(receive, to_chip.front());
        to_chip.pop_front();
      }
      const int state = avr_run(avr);
      if (state == cpu_Done || state == cpu_Crashed) break;
    }
    avr->flash[worn_address] |= worn_bits;
  }

  void hear_host() {
    std::uint8_t bytes[4096];
    for (ssize_t count = 0; (count = ::read(master, bytes, sizeof bytes)) > 0;) {
      if (has_power) to_chip.insert(to_chip.end(), bytes, bytes + count);
    }
  }

  void tell_host() {
    pollfd state{master, POLLOUT, 0};
    if (::poll(&state, 1, 0) == 1 && (state.revents & POLLHUP) == 0) {
      const ssize_t count = ::write(master, to_host.data(), to_host.size());
      if (count > 0) to_host.erase(0, static_cast<std::size_t>(count));
    } else if ((state.revents & POLLHUP) != 0) {
      to_host.clear();
    }
  }

  mutable std::mutex mutex;  // of all that follows, but for `ends`
  int master = -1, opens = -1;
  std::string port;
  avr_t* avr = nullptr;
  avr_irq_t* receive = nullptr;
  bool takes = true;  // the chip's UART has room
  std::deque<std::uint8_t> to_chip;
  std::string to_host;
  bool has_power = true;
  std::uint32_t worn_address = 0;
  std::uint8_t worn_bits = 0;
  std::uint32_t watched_address = 0;
  std::function<void()> watched;
  std::atomic<bool> ends = false;
  std::thread thread;
};

AvrBoard::AvrBoard(const std::string& bootloader) : machine_(std::make_unique<Machine>(bootloader)) {}
AvrBoard::~AvrBoard() = default;

const std::string& AvrBoard::port() const { return machine_->port; }

std::vector<std::uint8_t> AvrBoard::flash() const {
  const std::lock_guard lock(machine_->mutex);
  return {machine_->avr->flash, machine_->avr->flash + machine_->avr->flashend + 1};
}

void AvrBoard::set_power(bool on) {
  const std::lock_guard lock(machine_->mutex);
  machine_->has_power = on;
  machine_->reset();
}

void AvrBoard::wear_out(std::uint32_t address, std::uint8_t bits) {
  const std::lock_guard lock(machine_->mutex);
  machine_->worn_address = address;
  machine_->worn_bits = bits;
}

void AvrBoard::when_written(std::uint32_t address, std::function<void()> call) {
  const std::lock_guard lock(machine_->mutex);
  machine_->watched_address = address;
  machine_->watched = std::move(call);
}

}  // namespace tinyrig::test
