// tinyrig-bad-agent: stands where an agent should, and is none. tinyrig-emu starts it for boards of type
// host (--host-agent). "--mode silent" reads and never answers; "--mode garbage" answers every read with
// noise. Ends when its line is closed.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdint>
#include <random>
#include <string>

int main(int argc, char** argv) {
  CLI::App app{"A board that misbehaves."};
  app.allow_extras();
  std::string mode = "silent";
  int line = -1;
  std::uint32_t seed = 1;
  app.add_option("--mode", mode)->check(CLI::IsMember({"silent", "garbage"}));
  app.add_option("--fd", line)->required();
  app.add_option("--seed", seed);
  CLI11_PARSE(app, argc, argv);

  std::mt19937 random(seed);
  std::array<unsigned char, 512> buffer;
  while (::read(line, buffer.data(), buffer.size()) > 0) {
    if (mode == "silent") continue;
    for (unsigned char& byte : buffer) byte = static_cast<unsigned char>(random());
    if (::write(line, buffer.data(), buffer.size()) < 0) break;
  }
  return 0;
}
