#include "server/flash/stm32_bootloader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/base/error.h"
#include "server/flash/tool_errors.h"

namespace tinyrig::flash {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;

constexpr std::uint8_t kSync = 0x7F, kAck = 0x79, kNack = 0x1F, kBusy = 0x76;
constexpr std::uint8_t kGet = 0x00, kGetId = 0x02, kRead = 0x11, kGo = 0x21, kWrite = 0x31, kErase = 0x43,
                       kExtendedErase = 0x44;
constexpr int kTries = 3;
constexpr int kSyncTries = 5;

// What can go wrong within a command, before it is told to anyone: codes only, repeated() makes errors of them.
absl::Status refused_command() { return absl::PermissionDeniedError("refused the command"); }
absl::Status refused_data() { return absl::AbortedError("refused address or data"); }
absl::Status garbled() { return absl::DataLossError("answered with garbage"); }

bool is_worth_repeating(const absl::Status& status) {
  return status.code() == absl::StatusCode::kPermissionDenied || status.code() == absl::StatusCode::kAborted ||
         status.code() == absl::StatusCode::kDataLoss || status.code() == absl::StatusCode::kDeadlineExceeded;
}

std::uint8_t sum_of(std::span<const std::uint8_t> bytes) {
  std::uint8_t sum = 0;
  for (const std::uint8_t byte : bytes) sum ^= byte;
  return sum;
}

std::vector<std::uint8_t> address_bytes(std::uint32_t address) {
  return {static_cast<std::uint8_t>(address >> 24), static_cast<std::uint8_t>(address >> 16),
          static_cast<std::uint8_t>(address >> 8), static_cast<std::uint8_t>(address)};
}

absl::Status explained(const absl::Status& status, const std::string& what) {
  const std::string text = absl::StrCat("STM32 bootloader, ", what, ": ", std::string(status.message()));
  switch (status.code()) {
    case absl::StatusCode::kPermissionDenied:
      return flash_failure(FlashFailure::kLocked, text + ", as it does when flash is protected");
    case absl::StatusCode::kAborted:
      return flash_failure(FlashFailure::kIo, text + ", as it does when the image is for another chip");
    case absl::StatusCode::kCancelled:
      return status;
    default:
      return flash_failure(FlashFailure::kIo, text);
  }
}

}  // namespace

Stm32Bootloader::Stm32Bootloader(link::Transport& line, link::Transport::Clock::time_point deadline, Stm32Timing timing)
    : line_(line), deadline_(deadline), timing_(timing) {}

bool Stm32Bootloader::has(std::uint8_t code) const {
  return std::find(commands_.begin(), commands_.end(), code) != commands_.end();
}

awaitable<absl::Status> Stm32Bootloader::send(Bytes bytes) {
  auto writing = line_.write(bytes, std::min(deadline_, link::Transport::Clock::now() + timing_.answer));
  co_return co_await std::move(writing);
}

awaitable<absl::StatusOr<Stm32Bootloader::Bytes>> Stm32Bootloader::receive(std::size_t count, milliseconds patience) {
  const auto until = std::min(deadline_, link::Transport::Clock::now() + patience);
  Bytes bytes(count);
  for (std::size_t got = 0; got < count;) {
    auto reading = line_.read_some(std::span(bytes).subspan(got), until);
    const absl::StatusOr<std::size_t> more = co_await std::move(reading);
    if (!more.ok()) co_return more.status();
    got += *more;
  }
  co_return bytes;
}

awaitable<absl::Status> Stm32Bootloader::drain() {
  std::array<std::uint8_t, 256> bytes;
  constexpr int kMostReads = 1024;  // of a line that never gets quiet
  for (int i = 0; i < kMostReads; ++i) {
    auto reading = line_.read_some(bytes, std::min(deadline_, link::Transport::Clock::now() + timing_.quiet));
    const absl::StatusOr<std::size_t> more = co_await std::move(reading);
    if (more.status().code() == absl::StatusCode::kDeadlineExceeded) co_return absl::OkStatus();
    if (!more.ok()) co_return more.status();
  }
  co_return garbled();
}

awaitable<absl::Status> Stm32Bootloader::acknowledged(milliseconds patience) {
  constexpr int kMostBusy = 10'000;
  for (int i = 0; i < kMostBusy; ++i) {
    auto receiving = receive(1, patience);
    const absl::StatusOr<Bytes> answer = co_await std::move(receiving);
    if (!answer.ok()) co_return answer.status();
    if (answer->front() == kAck) co_return absl::OkStatus();
    if (answer->front() == kNack) co_return refused_data();
    if (answer->front() != kBusy) co_return garbled();
  }
  co_return garbled();
}

awaitable<absl::Status> Stm32Bootloader::command(std::uint8_t code) {
  auto sending = send({code, static_cast<std::uint8_t>(~code)});
  const absl::Status sent = co_await std::move(sending);
  if (!sent.ok()) co_return sent;
  auto answering = acknowledged(timing_.answer);
  const absl::Status answer = co_await std::move(answering);
  co_return answer.code() == absl::StatusCode::kAborted ? refused_command() : answer;
}

awaitable<absl::Status> Stm32Bootloader::send_checked(Bytes bytes, milliseconds patience) {
  bytes.push_back(sum_of(bytes));
  auto sending = send(std::move(bytes));
  const absl::Status sent = co_await std::move(sending);
  if (!sent.ok()) co_return sent;
  auto answering = acknowledged(patience);
  co_return co_await std::move(answering);
}

// The bootloader may be amid a command, waiting for bytes that were lost. As many as the longest command has end
// it, with a refusal at worst; that leaves one byte too many or none, and the next tries tell.
awaitable<absl::Status> Stm32Bootloader::resynchronize() {
  auto filling = send(Bytes(kMostBytes + 3, 0xFF));
  absl::Status status = co_await std::move(filling);
  if (!status.ok()) co_return status;
  for (int i = 0; i < 2; ++i) {
    auto draining = drain();
    status = co_await std::move(draining);
    if (!status.ok()) co_return status;
    auto asking = ask_commands();
    status = co_await std::move(asking);
    if (status.ok() || !is_worth_repeating(status)) co_return status;
    auto evening = send({0xFF});
    const absl::Status evened = co_await std::move(evening);
    if (!evened.ok()) co_return evened;
  }
  auto draining = drain();
  status = co_await std::move(draining);
  if (!status.ok()) co_return status;
  auto asking = ask_commands();
  co_return co_await std::move(asking);
}

awaitable<absl::Status> Stm32Bootloader::repeated(std::string what, Work work) {
  absl::Status status;
  for (int i = 0; i < kTries; ++i) {
    if (i > 0) {
      auto waking = resynchronize();
      const absl::Status awake = co_await std::move(waking);
      if (!awake.ok() && !is_worth_repeating(awake)) co_return explained(awake, what);
    }
    auto working = work();
    status = co_await std::move(working);
    if (status.ok()) co_return status;
    if (link::Transport::Clock::now() >= deadline_) {
      co_return flash_failure(FlashFailure::kTimeout, absl::StrCat("STM32 bootloader, ", what, ": not done in time"));
    }
    if (!is_worth_repeating(status)) break;
  }
  co_return explained(status, what);
}

awaitable<absl::Status> Stm32Bootloader::ask_commands() {
  auto commanding = command(kGet);
  const absl::Status commanded = co_await std::move(commanding);
  if (!commanded.ok()) co_return commanded;
  auto counting = receive(1, timing_.answer);
  const absl::StatusOr<Bytes> count = co_await std::move(counting);
  if (!count.ok()) co_return count.status();
  auto receiving = receive(count->front() + std::size_t{1}, timing_.answer);  // version, commands
  const absl::StatusOr<Bytes> bytes = co_await std::move(receiving);
  if (!bytes.ok()) co_return bytes.status();
  auto ending = acknowledged(timing_.answer);
  const absl::Status ended = co_await std::move(ending);
  if (!ended.ok()) co_return ended;
  commands_.assign(bytes->begin() + 1, bytes->end());
  co_return absl::OkStatus();
}

awaitable<absl::Status> Stm32Bootloader::synchronize() {
  absl::Status answer;
  for (int i = 0; i < kSyncTries; ++i) {
    auto sending = send({kSync});
    const absl::Status sent = co_await std::move(sending);
    if (!sent.ok()) co_return explained(sent, "first byte");
    auto answering = acknowledged(timing_.answer);
    answer = co_await std::move(answering);
    // A refusal: it was awake, and has taken the byte for half a command.
    if (answer.ok() || answer.code() == absl::StatusCode::kAborted) {
      const Work work = [this] { return ask_commands(); };
      auto asking = repeated("asking what it can", work);
      co_return co_await std::move(asking);
    }
    if (!is_worth_repeating(answer)) co_return explained(answer, "first byte");
  }
  co_return flash_failure(FlashFailure::kNoTarget,
                          absl::StrCat("no STM32 bootloader answers: ", std::string(answer.message())));
}

awaitable<absl::StatusOr<std::uint16_t>> Stm32Bootloader::chip_id() {
  std::uint16_t id = 0;
  const Work work = [this, &id]() -> awaitable<absl::Status> {
    auto commanding = command(kGetId);
    const absl::Status commanded = co_await std::move(commanding);
    if (!commanded.ok()) co_return commanded;
    auto receiving = receive(3, timing_.answer);  // 1, then the id
    const absl::StatusOr<Bytes> bytes = co_await std::move(receiving);
    if (!bytes.ok()) co_return bytes.status();
    if (bytes->front() != 1) co_return garbled();
    id = static_cast<std::uint16_t>((*bytes)[1] << 8 | (*bytes)[2]);
    auto ending = acknowledged(timing_.answer);
    co_return co_await std::move(ending);
  };
  auto working = repeated("asking for the chip's id", work);
  const absl::Status done = co_await std::move(working);
  if (!done.ok()) co_return done;
  co_return id;
}

awaitable<absl::Status> Stm32Bootloader::erase_sectors(std::vector<std::uint16_t> sectors) {
  const bool extended = has(kExtendedErase);
  auto commanding = command(extended ? kExtendedErase : kErase);
  const absl::Status commanded = co_await std::move(commanding);
  if (!commanded.ok()) co_return commanded;
  Bytes bytes;
  const auto add = [&bytes, extended](std::size_t value) {
    if (extended) bytes.push_back(static_cast<std::uint8_t>(value >> 8));
    bytes.push_back(static_cast<std::uint8_t>(value));
  };
  add(sectors.empty() ? 0xFFFF : sectors.size() - 1);  // all ones: all of flash
  for (const std::uint16_t sector : sectors) add(sector);
  if (!extended && sectors.empty()) {
    bytes.push_back(0x00);  // its complement, not a sum
    auto sending = send(std::move(bytes));
    const absl::Status sent = co_await std::move(sending);
    if (!sent.ok()) co_return sent;
    auto answering = acknowledged(timing_.erase);
    co_return co_await std::move(answering);
  }
  auto sending = send_checked(std::move(bytes), timing_.erase);
  co_return co_await std::move(sending);
}

awaitable<absl::Status> Stm32Bootloader::erase_all() {
  const Work work = [this] { return erase_sectors({}); };
  auto working = repeated("erasing all flash", work);
  co_return co_await std::move(working);
}

awaitable<absl::Status> Stm32Bootloader::erase(std::vector<std::uint16_t> sectors) {
  const std::size_t most = has(kExtendedErase) ? 512 : 255;  // the next would mean something else, or be too long
  for (std::size_t at = 0; at < sectors.size(); at += most) {
    const auto first = sectors.begin() + static_cast<std::ptrdiff_t>(at);
    const std::vector<std::uint16_t> some(first,
                                          first + static_cast<std::ptrdiff_t>(std::min(most, sectors.size() - at)));
    if (!has(kExtendedErase) && *std::max_element(some.begin(), some.end()) > 255) {
      co_return flash_failure(FlashFailure::kUsage, "this STM32 bootloader knows no sector above 255");
    }
    const Work work = [this, &some] { return erase_sectors(some); };
    auto working = repeated(absl::StrCat("erasing ", some.size(), " sectors from ", some.front(), " on"), work);
    const absl::Status done = co_await std::move(working);
    if (!done.ok()) co_return done;
  }
  co_return absl::OkStatus();
}

awaitable<absl::Status> Stm32Bootloader::write(std::uint32_t address, std::span<const std::uint8_t> bytes) {
  if (bytes.empty() || bytes.size() > kMostBytes || address % 4 != 0) {
    co_return flash_failure(FlashFailure::kUsage,
                            absl::StrFormat("%d bytes at 0x%08x: the STM32 bootloader writes 1 to 256, at whole words",
                                            bytes.size(), address));
  }
  Bytes data = {0};
  data.insert(data.end(), bytes.begin(), bytes.end());
  while (data.size() % 4 != 1) data.push_back(0xFF);
  data[0] = static_cast<std::uint8_t>(data.size() - 2);
  const Work work = [this, address, &data]() -> awaitable<absl::Status> {
    auto commanding = command(kWrite);
    absl::Status status = co_await std::move(commanding);
    if (!status.ok()) co_return status;
    auto addressing = send_checked(address_bytes(address), timing_.answer);
    status = co_await std::move(addressing);
    if (!status.ok()) co_return status;
    auto writing = send_checked(data, timing_.answer);
    co_return co_await std::move(writing);
  };
  auto working = repeated(absl::StrFormat("writing at 0x%08x", address), work);
  co_return co_await std::move(working);
}

awaitable<absl::StatusOr<std::vector<std::uint8_t>>> Stm32Bootloader::read(std::uint32_t address, std::size_t size) {
  if (size == 0 || size > kMostBytes) {
    co_return flash_failure(FlashFailure::kUsage, "the STM32 bootloader reads 1 to 256 bytes at once");
  }
  Bytes memory;
  const Work work = [this, address, size, &memory]() -> awaitable<absl::Status> {
    auto commanding = command(kRead);
    absl::Status status = co_await std::move(commanding);
    if (!status.ok()) co_return status;
    auto addressing = send_checked(address_bytes(address), timing_.answer);
    status = co_await std::move(addressing);
    if (!status.ok()) co_return status;
    const auto last = static_cast<std::uint8_t>(size - 1);
    auto counting = send({last, static_cast<std::uint8_t>(~last)});
    status = co_await std::move(counting);
    if (!status.ok()) co_return status;
    auto answering = acknowledged(timing_.answer);
    status = co_await std::move(answering);
    if (!status.ok()) co_return status;
    auto receiving = receive(size, timing_.answer);
    absl::StatusOr<Bytes> bytes = co_await std::move(receiving);
    if (!bytes.ok()) co_return bytes.status();
    memory = *std::move(bytes);
    co_return absl::OkStatus();
  };
  auto working = repeated(absl::StrFormat("reading at 0x%08x", address), work);
  const absl::Status done = co_await std::move(working);
  if (!done.ok()) co_return done;
  co_return memory;
}

awaitable<absl::Status> Stm32Bootloader::go(std::uint32_t address) {
  const Work work = [this, address]() -> awaitable<absl::Status> {
    auto commanding = command(kGo);
    const absl::Status commanded = co_await std::move(commanding);
    if (!commanded.ok()) co_return commanded;
    auto addressing = send_checked(address_bytes(address), timing_.answer);
    co_return co_await std::move(addressing);
  };
  auto working = repeated(absl::StrFormat("starting what lies at 0x%08x", address), work);
  co_return co_await std::move(working);
}

}  // namespace tinyrig::flash
