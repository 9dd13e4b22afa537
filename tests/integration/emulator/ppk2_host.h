// The host of a PPK2, as far as tests need one.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/emulator/ppk2_words.h"

namespace tinyrig::test {

class Ppk2Host {
 public:
  explicit Ppk2Host(const std::filesystem::path& port)
      : fd_(::open(port.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) {}
  ~Ppk2Host() { close(); }
  Ppk2Host(const Ppk2Host&) = delete;
  Ppk2Host& operator=(const Ppk2Host&) = delete;

  bool is_open() const { return fd_ >= 0; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void send(std::initializer_list<std::uint8_t> bytes) {
    ASSERT_EQ(::write(fd_, std::data(bytes), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void start() { send({0x0D, 0x0C, 0xE4, 0x11, 0x02, 0x0C, 0x01, 0x06}); }
  // Stops, and waits until nothing comes any more.
  void stop_and_drain() {
    send({0x07});
    while (read_more(100)) {
    }
    received_.clear();
  }
  std::string metadata() {
    send({0x19});
    while (received_.find("END\n") == std::string::npos) {
      if (!read_more()) break;
    }
    return std::exchange(received_, {});
  }
  // As many as came in half a minute, if those are fewer.
  std::vector<Word> words(std::size_t count) {
    while (received_.size() < 4 * count && read_more()) {
    }
    const std::size_t bytes = std::min(4 * count, received_.size() / 4 * 4);
    const std::vector<Word> words = test::words_of(received_.substr(0, bytes));
    received_.erase(0, bytes);
    return words;
  }
  struct Recording {
    std::vector<Word> words;
    std::vector<std::vector<Word>> windows;  // D0 was high
    std::vector<Word> idle;
  };
  // Until D0 was low for `low_samples` after `windows` windows; as far as it came, if the words end.
  Recording record(std::size_t windows, std::size_t low_samples) {
    Recording recording;
    bool high = false;
    for (std::size_t low = 0; recording.windows.size() < windows || low < low_samples;) {
      const std::vector<Word> next = words(500);
      if (next.empty()) break;
      for (const Word& word : next) {
        const bool rises = (word.logic & 1) != 0 && !high;
        high = (word.logic & 1) != 0;
        if (rises) recording.windows.emplace_back();
        (high ? recording.windows.back() : recording.idle).push_back(word);
        low = high ? 0 : low + 1;
      }
      recording.words.insert(recording.words.end(), next.begin(), next.end());
    }
    return recording;
  }
  bool hung_up() {
    pollfd state{fd_, 0, 0};
    return ::poll(&state, 1, 30'000) == 1 && (state.revents & POLLHUP) != 0;
  }

 private:
  bool read_more(int patience_ms = 30'000) {
    char buffer[16 * 1024];
    pollfd state{fd_, POLLIN, 0};
    if (::poll(&state, 1, patience_ms) != 1 || (state.revents & POLLIN) == 0) return false;
    const ssize_t count = ::read(fd_, buffer, sizeof buffer);
    if (count <= 0) return false;
    received_.append(buffer, static_cast<std::size_t>(count));
    return true;
  }

  int fd_;
  std::string received_;
};

}  // namespace tinyrig::test
