#include "server/flash/stm32_flasher.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "server/base/error.h"
#include "server/base/use_tuple.h"
#include "server/flash/tool_errors.h"
#include "server/link/serial_port.h"

namespace tinyrig::flash {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using LineClock = link::Transport::Clock;

absl::Status stm32_usage(const std::string& what) { return flash_failure(FlashFailure::kUsage, what); }

// The sectors that the image touches. FLASH_USAGE: it lies elsewhere.
absl::StatusOr<std::vector<std::uint16_t>> sectors_of(const FirmwareImage& image, const Stm32Options& options) {
  std::vector<std::uint16_t> touched;
  std::uint64_t start = options.flash_start, covered = 0;
  for (std::size_t i = 0; i < options.sectors.size(); ++i) {
    const std::uint64_t end = start + options.sectors[i];
    std::uint64_t here = 0;
    for (const Segment& segment : image.segments) {
      const std::uint64_t first = std::max<std::uint64_t>(start, segment.address);
      const std::uint64_t last = std::min<std::uint64_t>(end, std::uint64_t{segment.address} + segment.bytes.size());
      if (first < last) here += last - first;
    }
    if (here > 0) touched.push_back(static_cast<std::uint16_t>(i));
    covered += here;
    start = end;
  }
  if (covered != image.total_bytes()) {
    return stm32_usage(
        absl::StrFormat("%d bytes of the image lie outside the flash of this board type, 0x%08x to 0x%08x",
                        image.total_bytes() - covered, options.flash_start, start));
  }
  return touched;
}

// The image in pieces that the bootloader takes: whole words, no more than 256 bytes, none twice.
std::vector<Segment> pieces_of(const FirmwareImage& image) {
  std::vector<Segment> pieces;
  for (const Segment& segment : image.segments) {
    for (std::size_t at = 0; at < segment.bytes.size();) {
      const auto address = segment.address + static_cast<std::uint32_t>(at);
      const std::uint32_t word = address & ~3U;
      const bool goes_on = !pieces.empty() && word < pieces.back().address + pieces.back().bytes.size();
      if (!goes_on && (pieces.empty() || word != pieces.back().address + pieces.back().bytes.size() ||
                       pieces.back().bytes.size() >= Stm32Bootloader::kMostBytes)) {
        pieces.push_back({word, {}});
      }
      Segment& piece = pieces.back();
      const std::size_t offset = address - piece.address;
      const std::size_t count = std::min(Stm32Bootloader::kMostBytes - offset, segment.bytes.size() - at);
      piece.bytes.resize(std::max(piece.bytes.size(), (offset + count + 3) / 4 * 4), 0xFF);
      std::copy_n(segment.bytes.begin() + static_cast<std::ptrdiff_t>(at), count,
                  piece.bytes.begin() + static_cast<std::ptrdiff_t>(offset));
      at += count;
    }
  }
  return pieces;
}

awaitable<absl::Status> erase(Stm32Bootloader& rom, const FirmwareImage& image, const Stm32Options& options) {
  if (options.sectors.empty()) {
    auto erasing = rom.erase_all();
    co_return co_await std::move(erasing);
  }
  const absl::StatusOr<std::vector<std::uint16_t>> sectors = sectors_of(image, options);
  if (!sectors.ok()) co_return sectors.status();
  auto erasing = rom.erase(*sectors);
  co_return co_await std::move(erasing);
}

awaitable<absl::Status> greet(Stm32Bootloader& rom, const Stm32Options& options) {
  auto synchronizing = rom.synchronize();
  const absl::Status awake = co_await std::move(synchronizing);
  if (!awake.ok()) co_return awake;
  if (options.chip_id == 0) co_return absl::OkStatus();
  std::uint16_t id = 0;
  for (int i = 0; i < 2; ++i) {  // the id comes without a sum: a bad line may have changed it
    auto asking = rom.chip_id();
    const absl::StatusOr<std::uint16_t> told = co_await std::move(asking);
    if (!told.ok()) co_return told.status();
    id = *told;
    if (id == options.chip_id) co_return absl::OkStatus();
  }
  co_return flash_failure(
      FlashFailure::kNoTarget,
      absl::StrFormat("the chip says that it is 0x%03x, the recipe is for 0x%03x; nothing was changed", id,
                      options.chip_id));
}

awaitable<absl::Status> move_lines(link::Transport& line, const std::vector<LineStep>& steps) {
  asio::steady_timer timer(line.executor());
  for (const LineStep& step : steps) {
    if (step.kind == LineStep::Kind::kWait) {
      timer.expires_after(step.wait);
      auto waiting = timer.async_wait(kUseTuple);
      co_await std::move(waiting);
      continue;
    }
    const absl::Status moved = step.kind == LineStep::Kind::kDtr ? line.set_dtr(step.on) : line.set_rts(step.on);
    if (!moved.ok()) co_return moved;
  }
  co_return absl::OkStatus();
}

class Stm32Flasher : public Flasher {
 public:
  Stm32Flasher(OpenLine open, Stm32Options options) : open_(std::move(open)), options_(std::move(options)) {}

  awaitable<absl::StatusOr<FlashReport>> flash(const FirmwareImage& image, Progress progress) override {
    // What a bad line left half-done is done anew, once, from the reset on.
    absl::StatusOr<FlashReport> report = absl::InternalError("not tried");
    for (int i = 0; i < 2; ++i) {
      auto opening = open();
      const absl::Status opened = co_await std::move(opening);
      if (!opened.ok()) co_return opened;
      auto flashing = flash_stm32(*line_, image, options_, progress);
      report = co_await std::move(flashing);
      if (report.ok()) {
        auto leaving = move_lines(*line_, options_.leave);
        const absl::Status left = co_await std::move(leaving);
        if (!left.ok()) report = port_failure(left);
      }
      line_.reset();
      const std::string reason = reason_of(report.status());
      if (report.ok() || (reason != "FLASH_IO" && reason != "FLASH_VERIFY")) break;
    }
    co_return report;
  }

  awaitable<absl::StatusOr<std::vector<std::uint8_t>>> read(std::uint32_t address, std::size_t size) override {
    auto opening = open();
    const absl::Status opened = co_await std::move(opening);
    if (!opened.ok()) co_return opened;
    Stm32Bootloader rom(*line_, LineClock::now() + options_.deadline, options_.timing);
    auto greeting = greet(rom, options_);
    absl::Status status = co_await std::move(greeting);
    std::vector<std::uint8_t> memory;
    while (status.ok() && memory.size() < size) {
      auto reading = rom.read(address + static_cast<std::uint32_t>(memory.size()),
                              std::min(Stm32Bootloader::kMostBytes, size - memory.size()));
      const absl::StatusOr<std::vector<std::uint8_t>> bytes = co_await std::move(reading);
      status = bytes.status();
      if (bytes.ok()) memory.insert(memory.end(), bytes->begin(), bytes->end());
    }
    if (status.ok() && options_.leave.empty()) {
      auto starting = rom.go(options_.flash_start);
      status = co_await std::move(starting);
    }
    auto leaving = move_lines(*line_, options_.leave);
    const absl::Status left = co_await std::move(leaving);
    if (status.ok() && !left.ok()) status = port_failure(left);
    line_.reset();
    if (!status.ok()) co_return status;
    co_return memory;
  }

  // Into the bootloader, and out of it again by the lines alone.
  awaitable<absl::Status> reset() override {
    auto opening = open();
    absl::Status status = co_await std::move(opening);
    if (status.ok()) {
      auto leaving = move_lines(*line_, options_.leave);
      const absl::Status left = co_await std::move(leaving);
      if (!left.ok()) status = port_failure(left);
    }
    line_.reset();
    co_return status;
  }
  bool can_reset() const override { return !options_.leave.empty(); }

  void cancel() override {
    if (line_ != nullptr) line_->close();
  }
  bool takes_port() const override { return true; }

 private:
  awaitable<absl::Status> open() {
    const auto executor = co_await asio::this_coro::executor;
    absl::StatusOr<std::unique_ptr<link::Transport>> line = open_(executor);
    if (!line.ok()) co_return port_failure(line.status());
    line_ = *std::move(line);
    auto entering = move_lines(*line_, options_.enter);
    const absl::Status entered = co_await std::move(entering);
    if (!entered.ok()) {
      line_.reset();  // the port is others' again
      co_return port_failure(entered);
    }
    line_->discard_input();
    co_return absl::OkStatus();
  }

  const OpenLine open_;
  const Stm32Options options_;
  std::unique_ptr<link::Transport> line_;  // of the pending call
};

}  // namespace

absl::StatusOr<LineStep> parse_line_step(std::string_view text) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(absl::string_view(text.data(), text.size()), absl::MaxSplits('=', 1));
  std::uint32_t number = 0;
  const bool numeric = absl::SimpleAtoi(parts.second, &number);
  if (parts.first == "wait" && numeric && number <= 10'000) {
    return LineStep{LineStep::Kind::kWait, false, std::chrono::milliseconds(number)};
  }
  if ((parts.first == "dtr" || parts.first == "rts") && numeric && number <= 1) {
    return LineStep{parts.first == "dtr" ? LineStep::Kind::kDtr : LineStep::Kind::kRts, number == 1};
  }
  return stm32_usage(
      absl::StrCat("'", std::string(text), "' is no step: write dtr=0, dtr=1, rts=0, rts=1 or wait=MILLISECONDS"));
}

absl::StatusOr<std::vector<std::uint32_t>> parse_sectors(std::string_view text) {
  constexpr std::uint32_t kMostSectors = 4096, kLargest = 1024;
  std::vector<std::uint32_t> sectors;
  for (const absl::string_view part : absl::StrSplit(absl::string_view(text.data(), text.size()), ',')) {
    const std::pair<std::string, std::string> product = absl::StrSplit(part, absl::MaxSplits('*', 1));
    std::uint32_t count = 0, kibibytes = 0;
    const bool known = !product.second.empty() && product.second.back() == 'K' &&
                       absl::SimpleAtoi(product.first, &count) &&
                       absl::SimpleAtoi(product.second.substr(0, product.second.size() - 1), &kibibytes);
    if (!known || count == 0 || kibibytes == 0 || kibibytes > kLargest || count > kMostSectors - sectors.size()) {
      return stm32_usage(
          absl::StrCat("'", std::string(text), "' are no sectors: write COUNT*SIZEK,..., as in 4*16K,1*64K,7*128K"));
    }
    sectors.insert(sectors.end(), count, kibibytes * 1024);
  }
  return sectors;
}

awaitable<absl::StatusOr<FlashReport>> flash_stm32(link::Transport& line, const FirmwareImage& image,
                                                   const Stm32Options& options, Progress progress) {
  if (image.total_bytes() == 0) {
    co_return make_error(absl::StatusCode::kInvalidArgument, "FLASH_IMAGE_EMPTY", "the image to flash has no bytes",
                         "build the firmware again: ./rig firmware");
  }
  Stm32Bootloader rom(line, LineClock::now() + options.deadline, options.timing);
  auto greeting = greet(rom, options);
  absl::Status status = co_await std::move(greeting);
  if (!status.ok()) co_return status;
  const auto start = LineClock::now();
  auto erasing = erase(rom, image, options);
  status = co_await std::move(erasing);
  if (!status.ok()) co_return status;

  const std::vector<Segment> pieces = pieces_of(image);
  std::size_t total = 0, done = 0;
  for (const Segment& piece : pieces) total += 2 * piece.bytes.size();
  for (const Segment& piece : pieces) {
    auto writing = rom.write(piece.address, piece.bytes);
    status = co_await std::move(writing);
    if (!status.ok()) co_return status;
    done += piece.bytes.size();
    if (progress) progress(done, total);
  }
  const auto write_end = LineClock::now();
  for (const Segment& piece : pieces) {
    auto reading = rom.read(piece.address, piece.bytes.size());
    const absl::StatusOr<std::vector<std::uint8_t>> bytes = co_await std::move(reading);
    if (!bytes.ok()) co_return bytes.status();
    const auto differs = std::mismatch(bytes->begin(), bytes->end(), piece.bytes.begin());
    if (differs.first != bytes->end()) {
      co_return flash_failure(
          FlashFailure::kVerify,
          absl::StrFormat("flash differs after writing: at 0x%08x it holds 0x%02x, written was 0x%02x",
                          piece.address + static_cast<std::size_t>(differs.first - bytes->begin()), *differs.first,
                          *differs.second));
    }
    done += piece.bytes.size();
    if (progress) progress(done, total);
  }
  const auto verify_end = LineClock::now();
  if (options.leave.empty()) {
    auto starting = rom.go(options.flash_start);
    status = co_await std::move(starting);
    if (!status.ok()) co_return status;
  }
  co_return FlashReport{.bytes_written = image.total_bytes(),
                        .write_time = std::chrono::duration_cast<std::chrono::microseconds>(write_end - start),
                        .verify_time = std::chrono::duration_cast<std::chrono::microseconds>(verify_end - write_end)};
}

std::unique_ptr<Flasher> make_stm32_flasher(OpenLine open, Stm32Options options) {
  return std::make_unique<Stm32Flasher>(std::move(open), std::move(options));
}

std::unique_ptr<Flasher> make_stm32_flasher(std::string port, Stm32Options options) {
  OpenLine open = [port = std::move(port), baud = options.baud](const asio::any_io_executor& executor) {
    return link::SerialPort::open(executor, port, baud, link::Parity::kEven);
  };
  return make_stm32_flasher(std::move(open), std::move(options));
}

}  // namespace tinyrig::flash
