#include "tests/bench/farm/floor.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace tinyrig::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kRounds = 300;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

template <typename Work>
double median_us(Work work) {
  std::vector<double> times;
  for (int i = 0; i < kRounds; ++i) {
    const auto begin = Clock::now();
    work();
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  return median(std::move(times));
}

void read_whole(int fd, std::string& buffer) {
  for (std::size_t got = 0; got < buffer.size();) {
    const ssize_t count = ::read(fd, buffer.data() + got, buffer.size() - got);
    if (count <= 0) throw std::runtime_error("the PTY's other end is gone");
    got += static_cast<std::size_t>(count);
  }
}

[[noreturn]] void echo(int fd, std::size_t bytes) {
  std::string buffer(bytes, '\0');
  while (true) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count <= 0 || ::write(fd, buffer.data(), static_cast<std::size_t>(count)) != count) ::_exit(0);
  }
}

}  // namespace

double pty_round_trip_us(std::size_t bytes) {
  int master = -1, slave = -1;
  termios raw{};
  ::cfmakeraw(&raw);
  raw.c_cc[VMIN] = 1;
  if (::openpty(&master, &slave, nullptr, &raw, nullptr) != 0) throw std::runtime_error("no PTY");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(master);
    echo(slave, bytes);
  }
  ::close(slave);
  std::string buffer(bytes, 'x');
  const double result = median_us([&] {
    if (::write(master, buffer.data(), buffer.size()) != static_cast<ssize_t>(buffer.size())) {
      throw std::runtime_error("the PTY takes no bytes");
    }
    read_whole(master, buffer);
  });
  ::close(master);  // ends the child
  ::waitpid(child, nullptr, 0);
  return result;
}

double fsync_us(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "fsync";
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) throw std::runtime_error("cannot write in " + folder.string());
  const std::string page(4096, 'x');
  const double result = median_us([&] {
    if (::write(fd, page.data(), page.size()) < 0 || ::fsync(fd) != 0) throw std::runtime_error("fsync failed");
  });
  ::close(fd);
  std::filesystem::remove(path);
  return result;
}

}  // namespace tinyrig::bench
