#include "tests/support/flash/stm32_rom.h"

#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <utility>

#include "server/base/use_tuple.h"

namespace tinyrig::test {
namespace {

namespace asio = boost::asio;
constexpr std::uint8_t kAck = 0x79, kNack = 0x1F;

struct HungUp {};

}  // namespace

struct Stm32Rom::Line {
  explicit Line(asio::io_context& context) : master(context) {
    int master_fd = -1;
    char name[64];
    if (::openpty(&master_fd, &slave, name, nullptr, nullptr) != 0) std::abort();
    termios raw{};
    ::tcgetattr(slave, &raw);
    ::cfmakeraw(&raw);
    ::tcsetattr(slave, TCSANOW, &raw);
    master.assign(master_fd);
    port = name;
  }
  ~Line() { ::close(slave); }

  asio::awaitable<std::uint8_t> byte() {
    std::uint8_t value = 0;
    auto reading = master.async_read_some(asio::buffer(&value, 1), kUseTuple);
    const auto [error, count] = co_await std::move(reading);
    if (error) throw HungUp();
    if (lose && --lose_after == 0) {
      lose = false;
      auto again = byte();
      co_return co_await std::move(again);
    }
    if (flip && --lose_after == 0) {
      flip = false;
      value ^= 0x10;
    }
    co_return value;
  }

  asio::awaitable<void> send(std::vector<std::uint8_t> bytes) {
    if (flip_answer && bytes.size() > 1) bytes[bytes.size() / 2] ^= 0x40;
    if (bytes.size() > 1) flip_answer = false;
    auto writing = asio::async_write(master, asio::buffer(bytes), kUseTuple);
    const auto [error, count] = co_await std::move(writing);
    if (error) throw HungUp();
  }

  // `count` bytes and their sum; `seed`: of what belongs to it. False: wrong, and refused.
  asio::awaitable<bool> checked(std::vector<std::uint8_t>& bytes, std::size_t count, std::uint8_t seed = 0) {
    bytes.clear();
    std::uint8_t sum = seed;
    for (std::size_t i = 0; i <= count; ++i) {
      auto reading = byte();
      const std::uint8_t value = co_await std::move(reading);
      sum ^= value;
      if (i < count) bytes.push_back(value);
    }
    co_return sum == 0;
  }

  asio::posix::stream_descriptor master;
  int slave = -1;  // kept open: without any, reads of the master fail
  std::string port;
  bool lose = false, flip = false, flip_answer = false;
  int lose_after = 0;
};

Stm32Rom::Stm32Rom(asio::io_context& context) : flash(512 * 1024, 0x00), line_(std::make_shared<Line>(context)) {
  asio::co_spawn(context, serve(line_), asio::detached);
}

Stm32Rom::~Stm32Rom() { line_->master.close(); }

const std::string& Stm32Rom::port() const { return line_->port; }

std::vector<std::uint32_t> Stm32Rom::sectors() {
  constexpr std::uint32_t kKiB = 1024;
  return {16 * kKiB, 16 * kKiB, 16 * kKiB, 16 * kKiB, 64 * kKiB, 128 * kKiB, 128 * kKiB, 128 * kKiB};
}

void Stm32Rom::erase_sector(std::size_t sector) {
  const std::vector<std::uint32_t> sizes = sectors();
  std::size_t start = 0;
  for (std::size_t i = 0; i < sector; ++i) start += sizes[i];
  std::fill_n(flash.begin() + static_cast<std::ptrdiff_t>(start), sizes[sector], 0xFF);
  erased.push_back(static_cast<std::uint16_t>(sector));
}

asio::awaitable<void> Stm32Rom::serve(std::shared_ptr<Line> line) {
  try {
    for (;;) {
      auto first = line->byte();
      const std::uint8_t code = co_await std::move(first);
      if (!synchronized_) {
        if (code != 0x7F || !is_there) continue;
        synchronized_ = true;
        auto answering = line->send({kAck});
        co_await std::move(answering);
        continue;
      }
      auto second = line->byte();
      const std::uint8_t complement = co_await std::move(second);
      if ((code ^ complement) != 0xFF) {
        auto refusing = line->send({kNack});
        co_await std::move(refusing);
        continue;
      }
      commands.push_back(code);
      const Fault now = fault ? fault(code, static_cast<int>(commands.size())) : Fault::kNone;
      auto handling = handle(*line, code, now);
      co_await std::move(handling);
    }
  } catch (const HungUp&) {
  }
}

asio::awaitable<void> Stm32Rom::handle(Line& line, std::uint8_t code, Fault now) {
  if (now == Fault::kSilence) co_return;
  line.lose = now == Fault::kLoseByte;
  line.flip = now == Fault::kFlipByte;
  line.flip_answer = now == Fault::kFlipAnswer;
  line.lose_after = 7;
  const bool known = code == 0x00 || code == 0x01 || code == 0x02 || code == 0x11 || code == 0x21 || code == 0x31 ||
                     code == (extended_erase ? 0x44 : 0x43);
  const bool allowed = !is_protected || code <= 0x02;
  std::vector<std::uint8_t> answer = {known && allowed && now != Fault::kNack ? kAck : kNack};
  auto answering = line.send(answer);
  co_await std::move(answering);
  if (answer.front() == kNack) co_return;

  std::vector<std::uint8_t> bytes;
  bool ok = true;
  if (code == 0x00) {
    const std::uint8_t erase = extended_erase ? 0x44 : 0x43;
    auto telling = line.send({7, 0x31, 0x00, 0x01, 0x02, 0x11, 0x21, 0x31});
    co_await std::move(telling);
    auto ending = line.send({erase});
    co_await std::move(ending);
  } else if (code == 0x01) {
    auto telling = line.send({0x31, 0x00, 0x00});
    co_await std::move(telling);
  } else if (code == 0x02) {
    auto telling = line.send({1, static_cast<std::uint8_t>(chip_id >> 8), static_cast<std::uint8_t>(chip_id)});
    co_await std::move(telling);
  } else if (code == 0x43 || code == 0x44) {
    const std::size_t width = code == 0x44 ? 2 : 1;
    std::vector<std::uint8_t> head;
    for (std::size_t i = 0; i < width; ++i) {
      auto reading = line.byte();
      head.push_back(co_await std::move(reading));
    }
    const std::size_t count = width == 2 ? head[0] * 256U + head[1] : head[0];
    const bool all = count == (width == 2 ? 0xFFFF : 0xFF);
    const std::uint8_t seed = all && width == 1 ? 0 : static_cast<std::uint8_t>(head[0] ^ (width == 2 ? head[1] : 0));
    auto reading = line.checked(bytes, all ? 0 : (count + 1) * width, seed);
    ok = co_await std::move(reading);
    for (std::size_t i = 0; ok && !all && i < bytes.size(); i += width) {
      const std::size_t sector = width == 2 ? bytes[i] * 256U + bytes[i + 1] : bytes[i];
      ok = sector < sectors().size();
      if (ok) erase_sector(sector);
    }
    for (std::size_t i = 0; ok && all && i < sectors().size(); ++i) erase_sector(i);
  } else {
    auto reading = line.checked(bytes, 4);
    ok = co_await std::move(reading);
    std::uint32_t address = 0;
    for (const std::uint8_t byte : bytes) address = address << 8 | byte;
    const std::size_t offset = address - kFlashStart;
    ok = ok && offset < flash.size() && (code != 0x31 || address % 4 == 0);
    if (ok && code != 0x21) {
      auto accepting = line.send({kAck});
      co_await std::move(accepting);
      auto counting = line.byte();
      const std::uint8_t last = co_await std::move(counting);
      if (code == 0x11) {
        auto complementing = line.byte();
        const std::uint8_t complement = co_await std::move(complementing);
        ok = (last ^ complement) == 0xFF && offset + last < flash.size();
        if (ok) {
          auto accepted = line.send({kAck});
          co_await std::move(accepted);
          const auto start = flash.begin() + static_cast<std::ptrdiff_t>(offset);
          auto telling = line.send({start, start + last + 1});
          co_await std::move(telling);
          co_return;
        }
      } else {
        auto writing = line.checked(bytes, last + std::size_t{1}, last);
        ok = co_await std::move(writing);
        ok = ok && last % 4 == 3 && offset + last < flash.size();
        for (std::size_t i = 0; ok && i < bytes.size(); ++i) flash[offset + i] &= bytes[i];
        if (wears_out) flash[0] |= 0x80;
      }
    }
    if (ok && code == 0x21) {
      started = address;
      synchronized_ = false;
    }
  }
  auto ending = line.send({ok ? kAck : kNack});
  co_await std::move(ending);
}

}  // namespace tinyrig::test
