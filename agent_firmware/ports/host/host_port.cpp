#include "agent_firmware/ports/host/host_port.h"

#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "wire/trigger_line.h"

// Set by the linker.
extern "C" {
extern char __executable_start, etext, __data_start, end;  // NOLINT(bugprone-reserved-identifier): the linker's
}

namespace tinyrig::port {
namespace {

constexpr std::size_t kReceiveBytes = 4096;

host::Setup board;
std::span<std::byte> ram;
std::span<std::byte> slot;

[[noreturn]] void leave(int code) {
  if (!board.pty_link.empty()) {
    ::unlink(board.pty_link.c_str());
  }
  ::_exit(code);
}

bool retriable() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

void wait_for(short events) {
  pollfd line{.fd = board.line_fd, .events = events, .revents = 0};
  ::poll(&line, 1, -1);
}

// Of a program header that holds notes: the first 8 bytes of the linker's hash (--build-id), as hex digits.
std::string build_id_in(const char* notes, std::size_t size) {
  const auto aligned = [](std::size_t bytes) { return (bytes + 3) / 4 * 4; };
  std::string text;
  for (std::size_t at = 0; at + sizeof(ElfW(Nhdr)) <= size;) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes + at, sizeof note);
    const char* const name = notes + at + sizeof note;
    const char* const hash = name + aligned(note.n_namesz);
    if (note.n_type == NT_GNU_BUILD_ID && std::memcmp(name, "GNU", 4) == 0) {
      for (std::size_t i = 0; i < 8 && i < note.n_descsz; ++i) {
        char pair[3];
        std::snprintf(pair, sizeof pair, "%02x", static_cast<unsigned char>(hash[i]));
        text += pair;
      }
      break;
    }
    at += sizeof note + aligned(note.n_namesz) + aligned(note.n_descsz);
  }
  return text;
}

// What the linker made of this executable's contents: nothing to be computed at every boot.
std::string linked_build_id() {
  std::string id;
  const auto look = [](dl_phdr_info* program, std::size_t, void* to) {
    for (int i = 0; i < program->dlpi_phnum; ++i) {
      const ElfW(Phdr)& header = program->dlpi_phdr[i];
      auto& found = *static_cast<std::string*>(to);
      if (header.p_type == PT_NOTE && found.empty()) {
        const auto address = program->dlpi_addr + header.p_vaddr;
        // NOLINTNEXTLINE(performance-no-int-to-ptr): where the loader put the notes
        found = build_id_in(reinterpret_cast<const char*>(address), header.p_memsz);
      }
    }
    return 1;  // the first is the executable itself
  };
  ::dl_iterate_phdr(look, &id);
  return id;
}

// A record that nobody takes is lost, as an edge that nobody looks at is.
void send_trigger(trigger_line::Kind kind, std::uint64_t number) {
  const trigger_line::Record record = trigger_line::encode(kind, number);
  while (::write(board.trigger_fd, record.data(), record.size()) < 0 && errno == EINTR) {
  }
}

bool map_slot() {
  const int fd = ::open(board.slot_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  struct stat info {};
  if (fd < 0 || ::fstat(fd, &info) != 0) {
    std::fprintf(stderr, "slot file %s: %s\n", board.slot_file.c_str(), std::strerror(errno));
    return false;
  }
  const bool blank = info.st_size == 0;
  if (static_cast<std::size_t>(info.st_size) != board.slot_bytes &&
      (!blank || ::ftruncate(fd, static_cast<off_t>(board.slot_bytes)) != 0)) {
    std::fprintf(stderr, "slot file %s: has %lld bytes, not %zu\n", board.slot_file.c_str(),
                 static_cast<long long>(info.st_size), board.slot_bytes);
    return false;
  }
  void* const memory = ::mmap(nullptr, board.slot_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (memory == MAP_FAILED) {
    std::fprintf(stderr, "slot file %s: %s\n", board.slot_file.c_str(), std::strerror(errno));
    return false;
  }
  slot = {static_cast<std::byte*>(memory), board.slot_bytes};
  if (blank) {
    std::memset(slot.data(), 0xFF, slot.size());
  }
  return true;
}

}  // namespace

bool host::set_up(const Setup& setup) {
  board = setup;
  void* const memory =
      ::mmap(nullptr, board.ram_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    std::fprintf(stderr, "%zu bytes of model RAM: %s\n", board.ram_bytes, std::strerror(errno));
    return false;
  }
  ram = {static_cast<std::byte*>(memory), board.ram_bytes};
  return board.slot_file.empty() || map_slot();
}

void init() {
  ::fcntl(board.line_fd, F_SETFL, ::fcntl(board.line_fd, F_GETFL) | O_NONBLOCK);
  if (has_trigger()) send_trigger(trigger_line::Kind::kRate, ticks_per_second());
}

std::size_t read(std::span<std::uint8_t> buffer) {
  const ssize_t count = ::read(board.line_fd, buffer.data(), buffer.size());
  if (count > 0) {
    return static_cast<std::size_t>(count);
  }
  if (count == 0 || !retriable()) {
    leave(0);  // the peer closed: the board has lost its cable and its power
  }
  return 0;
}

std::size_t receive_capacity() { return kReceiveBytes; }

void write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(board.line_fd, bytes.data(), bytes.size());
    if (count > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    } else if (retriable()) {
      wait_for(POLLOUT);
    } else {
      leave(0);
    }
  }
}

void flush() {}

void wait() { wait_for(POLLIN); }
void wait_for_frame() { wait(); }

// A socket has no speed; whoever paces it does so beside us.
bool set_baud(std::uint32_t) { return true; }

std::uint64_t ticks() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto ns = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
  constexpr std::uint64_t kMillion = 1'000'000;
  return ns - (ns / kMillion * board.clock_slow_ppm + ns % kMillion * board.clock_slow_ppm / kMillion);
}
std::uint64_t ticks_per_second() { return 1'000'000'000U; }
std::uint64_t counter_period() { return UINT64_MAX; }
bool counts_core_cycles() { return false; }
const char* clock_state() { return "fixed"; }
void begin_measuring() {
  if (has_trigger()) send_trigger(trigger_line::Kind::kRose, ticks());
}
void end_measuring() {
  if (has_trigger()) send_trigger(trigger_line::Kind::kFell, ticks());
}
bool has_trigger() { return board.trigger_fd >= 0; }
std::uint32_t interrupt_count() { return 0; }

std::uint32_t calibration_loop(std::uint32_t loops) {
  for (std::uint32_t i = 0; i < loops; ++i) {
    asm volatile("" ::: "memory");
  }
  return 0;  // what the compiler and this CPU make of it is not known
}

const char* board_type() { return "host"; }
const char* build_id() {
  static const std::string id = linked_build_id();
  return id.c_str();
}
std::span<const std::uint8_t> unit_id() { return board.unit_id; }
ResetReason reset_reason() { return board.reset_reason; }
const Crash* crash() { return nullptr; }  // a process that faults is gone
std::uint32_t boot_count() { return board.boot_count; }

void reset() {
  board.restart();
  leave(1);
}

std::span<std::byte> model_ram() { return ram; }
std::span<const std::byte> model_slot() { return slot; }
bool slot_writable() { return !slot.empty(); }

bool slot_erase(std::size_t bytes) {
  if (bytes > slot.size()) {
    return false;
  }
  std::memset(slot.data(), 0xFF, bytes);
  return true;
}

bool slot_program(std::size_t offset, std::span<const std::byte> bytes) {
  if (offset > slot.size() || bytes.size() > slot.size() - offset) {
    return false;
  }
  // As flash does: bits go from one to zero only.
  bool as_wanted = true;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    slot[offset + i] &= bytes[i];
    as_wanted = as_wanted && slot[offset + i] == bytes[i];
  }
  return as_wanted;
}

std::span<std::byte> stack() { return board.stack; }
std::size_t static_ram_bytes() { return static_cast<std::size_t>(&end - &__data_start); }
std::size_t flash_bytes() { return static_cast<std::size_t>(&etext - &__executable_start); }

}  // namespace tinyrig::port
