// tinyrig-bad-agent: stands where an agent should, and is none. tinyrig-emu starts it for boards of type
// host (--host-agent). "--mode silent" reads and never answers; "--mode garbage" answers every read with
// noise; "--mode reset-loop" hears nothing and says every 20 ms that it boots. Ends when its line is closed.
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdint>
#include <random>
#include <string>

namespace {

int boot_for_ever(int line) {
  constexpr char kBanner[] = "\r\n*** boot 1.4: reset by the watchdog ***\r\n";
  constexpr int kBootMs = 20;
  for (;;) {
    pollfd heard{.fd = line, .events = POLLIN, .revents = 0};
    std::array<char, 512> dropped;
    if (::poll(&heard, 1, kBootMs) > 0 && ::read(line, dropped.data(), dropped.size()) <= 0) return 0;
    if (::write(line, kBanner, sizeof kBanner - 1) < 0) return 0;
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A board that misbehaves."};
  app.allow_extras();
  std::string mode = "silent";
  int line = -1;
  std::uint32_t seed = 1;
  app.add_option("--mode", mode)->check(CLI::IsMember({"silent", "garbage", "reset-loop"}));
  app.add_option("--fd", line)->required();
  app.add_option("--seed", seed);
  CLI11_PARSE(app, argc, argv);

  if (mode == "reset-loop") return boot_for_ever(line);
  std::mt19937 random(seed);
  std::array<unsigned char, 512> buffer;
  while (::read(line, buffer.data(), buffer.size()) > 0) {
    if (mode == "silent") continue;
    for (unsigned char& byte : buffer) byte = static_cast<unsigned char>(random());
    if (::write(line, buffer.data(), buffer.size()) < 0) break;
  }
  return 0;
}
