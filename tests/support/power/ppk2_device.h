// A PPK2 behind a PTY, as far as its commands go: it takes them byte for byte, answers GET_METADATA as a real one
// prints it, and streams when it was left streaming. Its thread ends with the object.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tinyrig::test {

class Ppk2Device {
 public:
  enum class Kind { kPpk2, kLeftStreaming, kMute };

  explicit Ppk2Device(Kind kind = Kind::kPpk2) : mute_(kind == Kind::kMute), streams_(kind == Kind::kLeftStreaming) {
    termios raw{};
    ::cfmakeraw(&raw);
    raw.c_cflag |= CREAD | CLOCAL;
    char name[128];
    if (::openpty(&master_, &slave_, name, &raw, nullptr) != 0 || ::pipe2(ending_, O_CLOEXEC) != 0) {
      throw std::runtime_error("no PTY");
    }
    port_ = name;
    thread_ = std::thread([this] { serve(); });
  }
  ~Ppk2Device() {
    (void)!::write(ending_[1], "x", 1);
    thread_.join();
    for (const int fd : {master_, slave_, ending_[0], ending_[1]}) ::close(fd);
  }
  Ppk2Device(const Ppk2Device&) = delete;
  Ppk2Device& operator=(const Ppk2Device&) = delete;

  const std::string& port() const { return port_; }
  // What its commands did, in order: "stop", "metadata", "3300 mV", "source", "ampere", "on", "off", "unknown 42".
  std::vector<std::string> done() {
    const std::lock_guard lock(mutex_);
    return done_;
  }

 private:
  static constexpr char kMetadata[] =
      "Calibrated: 0\nR0: 1003.3506\nR1: 101.5865\nR2: 10.3027\nR3: 0.9636\nR4: 0.0564\nGS0: 0.0000\nGS1: 112.7890\n"
      "O0: 112.9420\nVDD: 3000\nHW: 9173\nmode: 1\nUG0: 1.00\nIA: 56\nEND\n";

  void serve() {
    std::string received;
    for (;;) {
      pollfd ready[] = {{.fd = master_, .events = POLLIN, .revents = 0},
                        {.fd = ending_[0], .events = POLLIN, .revents = 0}};
      const int count = ::poll(ready, 2, streams_ ? 1 : -1);
      if (ready[1].revents != 0) return;
      if (streams_ && count == 0) say(std::string(400, '\x55'));  // a millisecond of samples
      if ((ready[0].revents & POLLIN) == 0) continue;
      char buffer[256];
      const ssize_t got = ::read(master_, buffer, sizeof buffer);
      if (got <= 0) continue;
      received.append(buffer, static_cast<std::size_t>(got));
      while (take(received)) {
      }
    }
  }

  // One command; false: it is not whole.
  bool take(std::string& received) {
    if (received.empty()) return false;
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(received[at]); };
    const std::size_t length = byte(0) == 0x0D ? 3 : byte(0) == 0x0C || byte(0) == 0x11 ? 2 : 1;
    if (received.size() < length) return false;
    switch (byte(0)) {
      case 0x07:
        streams_ = false;
        note("stop");
        break;
      case 0x0C:
        note(byte(1) == 1 ? "on" : "off");
        break;
      case 0x0D:
        note(std::to_string(byte(1) << 8 | byte(2)) + " mV");
        break;
      case 0x11:
        note(byte(1) == 2 ? "source" : "ampere");
        break;
      case 0x19:
        note("metadata");
        // In pieces, as USB brings it.
        say(std::string(kMetadata).substr(0, 64));
        say(std::string(kMetadata).substr(64));
        break;
      default:
        note("unknown " + std::to_string(byte(0)));
    }
    received.erase(0, length);
    return true;
  }

  void say(const std::string& text) {
    if (!mute_) (void)!::write(master_, text.data(), text.size());
  }
  void note(std::string what) {
    const std::lock_guard lock(mutex_);
    done_.push_back(std::move(what));
  }

  const bool mute_;
  bool streams_;  // the thread's, after the start
  int master_ = -1, slave_ = -1, ending_[2] = {-1, -1};
  std::string port_;
  std::mutex mutex_;
  std::vector<std::string> done_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace tinyrig::test
