#include "tests/support/agent/memory_board.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "agent_firmware/agent/port.h"

namespace tinyrig::test {
namespace {

MemoryBoard* current = nullptr;
constexpr std::size_t kRingBytes = 4096;

std::span<std::byte> aligned(std::vector<std::byte>& storage, std::size_t bytes) {
  const auto address = reinterpret_cast<std::uintptr_t>(storage.data());
  return std::span(storage).subspan((16 - address % 16) % 16, bytes);
}

}  // namespace

MemoryBoard::MemoryBoard(Settings board_settings)
    : settings(board_settings),
      ram_storage(settings.ram_bytes + 16),
      slot_storage(settings.slot_bytes + 16, std::byte{0xFF}),
      host_receive_(link::decoded_frame_bytes(4096)),
      host_transmit_(16384),
      host_(link::Role::kHost, host_receive_, host_transmit_, 16384),
      model_(settings.run) {
  if (current != nullptr) {
    std::abort();
  }
  current = this;
  runtime::unload();
  boot(1);
  if (settings.hello) {
    hello();
  }
}

void MemoryBoard::boot(std::uint32_t boot_count) {
  boot_count_ = boot_count;
  mlperf_.emplace(model_);
  link_.emplace(&MemoryBoard::describe, &MemoryBoard::take_command, this);
  commands_.emplace(*link_, model_);
}

void MemoryBoard::describe(void* self, agent::HelloReply& reply) {
  reply.boot_count = static_cast<MemoryBoard*>(self)->boot_count_;
}

void MemoryBoard::take_command(void* self, char* command) {
  auto& board = *static_cast<MemoryBoard*>(self);
  board.steps_ = 0;
  board.mlperf_->execute(command);
}

std::string MemoryBoard::type(std::string_view text) {
  return written([&] {
    to_board_.insert(to_board_.end(), text.begin(), text.end());
    serve();
  });
}

std::string MemoryBoard::take_written() {
  const std::vector<std::uint8_t> bytes = std::exchange(to_host_, {});
  return {bytes.begin(), bytes.end()};
}

MemoryBoard::~MemoryBoard() {
  runtime::unload();
  current = nullptr;
}

void MemoryBoard::hello() {
  const std::uint16_t tag = next_tag_++;
  std::vector<std::uint8_t> request = {0x08, 1, 0x12, 16};
  for (int i = 0; i < 16; ++i) {
    request.push_back(static_cast<std::uint8_t>(tag >> (8 * (i % 2))));
  }
  host_.start(tag, request);
  for (int i = 0; i < 4; ++i) {
    host_turn();
    serve();
  }
}

std::vector<std::vector<std::uint8_t>> MemoryBoard::ask(std::span<const std::uint8_t> host_message) {
  answers_.clear();
  host_.send(host_message);
  for (int i = 0; i < 4; ++i) {
    host_turn();
    serve();
  }
  return answers_;
}

void MemoryBoard::feed_raw(std::span<const std::uint8_t> bytes) {
  to_board_.insert(to_board_.end(), bytes.begin(), bytes.end());
  serve();
  host_turn();
  serve();
}

// What Agent::run() does until it would sleep.
void MemoryBoard::serve() {
  try {
    steps_ = 0;
    for (auto message = link_->next_message(); !message.empty(); message = link_->next_message()) {
      steps_ = 0;
      commands_->handle(message);
      link_->flush();
    }
    link_->flush();
  } catch (const BoardReset&) {
    measuring_ = false;
    model_.unload();
    boot(2);
  }
}

void MemoryBoard::host_turn() {
  const std::vector<std::uint8_t> bytes = std::exchange(to_host_, {});
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t used = 0;
    if (host_.receive(std::span(bytes).subspan(at), used) == link::Event::kMessage) {
      answers_.emplace_back(host_.payload().begin(), host_.payload().end());
    }
    at += used;
  }
  while (true) {
    const std::span<const std::uint8_t> frame = host_.output();
    if (frame.empty()) {
      return;
    }
    to_board_.insert(to_board_.end(), frame.begin(), frame.end());
  }
}

std::size_t MemoryBoard::port_read(std::span<std::uint8_t> buffer) {
  const std::size_t count = std::min(buffer.size(), to_board_.size());
  std::copy_n(to_board_.begin(), count, buffer.begin());
  to_board_.erase(to_board_.begin(), to_board_.begin() + static_cast<std::ptrdiff_t>(count));
  idle_turns_ = count != 0 ? 0 : idle_turns_;
  return count;
}

void MemoryBoard::port_write(std::span<const std::uint8_t> bytes) {
  bytes_while_measuring_ += measuring_ ? bytes.size() : 0;
  to_host_.insert(to_host_.end(), bytes.begin(), bytes.end());
}

void MemoryBoard::step() {
  if (++steps_ > settings.watchdog_steps) {
    count_reset();
    throw BoardReset{};
  }
}

void MemoryBoard::port_wait() {
  step();
  host_turn();
  if (!to_board_.empty()) {
    return;
  }
  // The agent waits for what nobody will send, as in a raw sink: a host would say HELLO or fill up.
  if (++idle_turns_ == 3) {
    host_.poll();
  } else if (idle_turns_ > 6) {
    to_board_.insert(to_board_.end(), kRingBytes, 0);
    if (host_.established()) {
      host_.poll();
    } else {
      host_.start(next_tag_++, std::vector<std::uint8_t>{0x08, 1});
    }
  }
}

void MemoryBoard::begin_measuring() {
  measuring_ = true;
  ++windows_;
}

void MemoryBoard::end_measuring() { measuring_ = false; }

std::span<std::byte> MemoryBoard::ram() { return aligned(ram_storage, settings.ram_bytes / 16 * 16); }

std::span<std::byte> MemoryBoard::slot() { return aligned(slot_storage, settings.slot_bytes / 16 * 16); }

}  // namespace tinyrig::test

namespace tinyrig::port {

using test::current;

void init() {}
std::size_t read(std::span<std::uint8_t> buffer) { return current->port_read(buffer); }
std::size_t receive_capacity() { return test::kRingBytes; }
void write(std::span<const std::uint8_t> bytes) { current->port_write(bytes); }
void flush() {}
void wait() { current->port_wait(); }
void wait_for_frame() { current->port_wait(); }
bool set_baud(std::uint32_t baud) { return baud <= 1'000'000; }

std::uint64_t ticks() {
  current->step();
  current->interrupts += current->settings.interrupts_per_read;
  return current->now += current->settings.ticks_per_read;
}
std::uint64_t ticks_per_second() { return 1'000'000; }
std::uint64_t counter_period() { return current->settings.counter_period; }
bool counts_core_cycles() { return false; }
void begin_measuring() { current->begin_measuring(); }
void end_measuring() { current->end_measuring(); }
bool has_trigger() { return current->settings.has_trigger; }
std::uint32_t interrupt_count() { return current->interrupts; }
std::uint32_t calibration_loop(std::uint32_t loops) {
  current->now += std::uint64_t{loops} * 2;
  return 2;
}

const char* board_type() { return "memory"; }
const char* build_id() { return "0123456789abcdef"; }
std::span<const std::uint8_t> unit_id() { return {}; }
ResetReason reset_reason() { return ResetReason::kPowerOn; }
const Crash* crash() { return nullptr; }
std::uint32_t boot_count() { return 1; }
void reset() {
  current->count_reset();
  throw test::BoardReset{};
}

std::span<std::byte> model_ram() { return current->ram(); }
std::span<const std::byte> model_slot() { return current->slot(); }
bool slot_writable() { return current->settings.slot_writable && current->settings.slot_bytes != 0; }
bool slot_erase(std::size_t bytes) {
  std::fill_n(current->slot().begin(), bytes, std::byte{0xFF});
  return true;
}
bool slot_program(std::size_t offset, std::span<const std::byte> bytes) {
  const std::size_t fails_at = current->settings.flash_fails_at;
  if (offset % 16 != 0 || bytes.size() % 16 != 0 || offset + bytes.size() > current->slot().size() ||
      (fails_at >= offset && fails_at < offset + bytes.size())) {
    return false;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::byte& cell = current->slot()[offset + i];
    cell &= bytes[i];
    if (cell != bytes[i]) {
      return false;
    }
  }
  return true;
}
std::span<std::byte> stack() { return {}; }
std::size_t static_ram_bytes() { return 4096; }
std::size_t flash_bytes() { return 40'000; }

}  // namespace tinyrig::port
