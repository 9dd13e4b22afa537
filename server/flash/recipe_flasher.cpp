#include "server/flash/recipe_flasher.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/base/error.h"
#include "server/flash/elf.h"
#include "server/flash/tool_process.h"

namespace tinyrig::flash {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

// For files that a tool reads and writes: ours alone, and gone with the object.
class PrivateFolder {
 public:
  PrivateFolder() {
    std::error_code error;
    std::string pattern = (std::filesystem::temp_directory_path(error) / "tinyrig-flash.XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  ~PrivateFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }

  std::filesystem::path file(std::string_view ending) const { return path_ / ("image." + std::string(ending)); }
  absl::Status write(const std::filesystem::path& file, const std::string& content) const {
    std::ofstream stream(file, std::ios::binary);
    stream << content;
    stream.close();
    if (!path_.empty() && stream) return absl::OkStatus();
    return make_error(
        absl::StatusCode::kResourceExhausted, "FLASH_IO",
        "cannot write the image for the flashing tool into " + (path_.empty() ? "a temporary folder" : path_.string()),
        "check space and permissions of the folder for temporary files (TMPDIR)");
  }

 private:
  std::filesystem::path path_;
};

struct Extent {
  std::uint32_t start;
  std::size_t size;
};
Extent extent_of(const FirmwareImage& image) {
  std::uint64_t start = ~std::uint64_t{0}, end = 0;
  for (const Segment& segment : image.segments) {
    start = std::min<std::uint64_t>(start, segment.address);
    end = std::max<std::uint64_t>(end, std::uint64_t{segment.address} + segment.bytes.size());
  }
  return {static_cast<std::uint32_t>(start), static_cast<std::size_t>(end - start)};
}

absl::Status compare(const FirmwareImage& image, const std::vector<std::uint8_t>& read, std::uint32_t start) {
  for (const Segment& segment : image.segments) {
    for (std::size_t i = 0; i < segment.bytes.size(); ++i) {
      const std::uint8_t found = read[segment.address - start + i];
      if (found == segment.bytes[i]) continue;
      return flash_failure(FlashFailure::kVerify,
                           absl::StrFormat("flash differs after writing: at 0x%08x it holds 0x%02x, written was 0x%02x",
                                           segment.address + i, found, segment.bytes[i]));
    }
  }
  return absl::OkStatus();
}

class RecipeFlasher : public Flasher {
 public:
  RecipeFlasher(Recipe recipe, RecipeValues values) : recipe_(std::move(recipe)), values_(std::move(values)) {
    if (!recipe_.bootloader.has_value()) return;
    const auto port = values_.find("port");
    bootloader_.emplace(port == values_.end() ? "" : port->second, *recipe_.bootloader);
  }

  asio::awaitable<absl::StatusOr<FlashReport>> flash(const FirmwareImage& image, Progress progress) override {
    begin();
    const absl::StatusOr<std::string> content = image_file(image, recipe_.format, recipe_.file);
    if (!content.ok()) co_return content.status();
    const PrivateFolder folder;
    const std::filesystem::path file = folder.file(name_of(recipe_.format));
    if (absl::Status written = folder.write(file, *content); !written.ok()) co_return written;
    const Extent extent = extent_of(image);
    RecipeValues values = values_for(extent, known_values());
    values["image"] = file.string();

    const std::size_t bytes = image.total_bytes();
    FlashReport report{.bytes_written = bytes, .read_back = !recipe_.verify.argv.empty() || !recipe_.read.argv.empty()};
    const auto start = SteadyClock::now();
    auto entering = enter_bootloader(values);
    const absl::Status entered = co_await std::move(entering);
    if (!entered.ok()) co_return entered;
    auto probing = run(recipe_.probe, values);
    const absl::Status probed = co_await std::move(probing);
    if (!probed.ok()) co_return probed;
    auto writing = run(recipe_.write, values);
    const absl::Status written = co_await std::move(writing);
    if (!written.ok()) co_return written;
    const auto write_end = SteadyClock::now();
    report.write_time = std::chrono::duration_cast<std::chrono::microseconds>(write_end - start);
    if (progress) progress(bytes, 2 * bytes);

    auto verifying = run(recipe_.verify, values);
    const absl::Status verified = co_await std::move(verifying);
    if (!verified.ok()) co_return verified;
    if (!recipe_.read.argv.empty()) {
      auto reading = read_back(extent, values);
      const absl::StatusOr<std::vector<std::uint8_t>> memory = co_await std::move(reading);
      if (!memory.ok()) co_return memory.status();
      const absl::Status same = compare(image, *memory, extent.start);
      if (!same.ok()) co_return same;
    }
    report.verify_time = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - write_end);
    if (progress) progress(2 * bytes, 2 * bytes);
    co_return report;
  }

  asio::awaitable<absl::StatusOr<std::vector<std::uint8_t>>> read(std::uint32_t address, std::size_t size) override {
    begin();
    const Extent extent{address, size};
    const RecipeValues values = known_values();
    auto reading = read_back(extent, values);
    co_return co_await std::move(reading);
  }

  asio::awaitable<absl::Status> reset() override {
    begin();
    const RecipeValues values = known_values();
    auto resetting = run(recipe_.reset, values);
    co_return co_await std::move(resetting);
  }
  bool can_reset() const override { return !recipe_.reset.argv.empty(); }

  void cancel() override {
    cancelled_ = true;
    if (bootloader_.has_value()) bootloader_->cancel();
    tool_.stop();
  }
  bool takes_port() const override { return bootloader_.has_value() || uses_port(); }
  bool waits_for_firmware() const override { return bootloader_.has_value() && bootloader_->runs(); }

 private:
  void begin() {
    cancelled_ = false;
    if (bootloader_.has_value()) bootloader_->begin();
  }
  bool uses_port() const { return uses_placeholder(recipe_, "port") || uses_placeholder(recipe_, "port_name"); }

  // Its port is another one than the application's.
  asio::awaitable<absl::Status> enter_bootloader(RecipeValues& values) {
    if (!bootloader_.has_value()) co_return absl::OkStatus();
    auto entering = bootloader_->enter();
    const absl::Status entered = co_await std::move(entering);
    if (!entered.ok() || !uses_port()) co_return entered;
    auto finding = bootloader_->port();
    const absl::StatusOr<std::string> port = co_await std::move(finding);
    if (!port.ok()) co_return port.status();
    values["port"] = *port;
    values["port_name"] = std::filesystem::path(*port).filename();
    co_return absl::OkStatus();
  }

  // The port may be a link, and tools want the name that the kernel has for it.
  RecipeValues known_values() const {
    RecipeValues values = values_;
    if (const auto port = values.find("port"); port != values.end()) {
      std::error_code error;
      const std::filesystem::path device = std::filesystem::canonical(port->second, error);
      values["port_name"] = (error ? std::filesystem::path(port->second) : device).filename();
    }
    return values;
  }

  static RecipeValues values_for(Extent extent, RecipeValues values) {
    values["address"] = absl::StrFormat("0x%08x", extent.start);
    values["size"] = absl::StrFormat("0x%x", extent.size);
    return values;
  }

  asio::awaitable<absl::StatusOr<std::vector<std::uint8_t>>> read_back(Extent extent, const RecipeValues& known) {
    if (recipe_.read.argv.empty()) {
      co_return flash_failure(FlashFailure::kUsage, "the flasher's recipe has no 'read': memory cannot be read");
    }
    if (extent.size > kLargestImage) {
      co_return flash_failure(FlashFailure::kUsage, "more than 64 MiB are to be read from the board at once");
    }
    const PrivateFolder folder;
    const std::filesystem::path file = folder.file("bin");
    RecipeValues values = values_for(extent, known);
    values["read_back"] = file.string();
    auto reading = run(recipe_.read, values);
    const absl::Status done = co_await std::move(reading);
    if (!done.ok()) co_return done;
    std::ifstream stream(file, std::ios::binary);
    std::vector<std::uint8_t> bytes(extent.size);
    stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(extent.size));
    if (static_cast<std::size_t>(stream.gcount()) != extent.size) {
      co_return flash_failure(FlashFailure::kVerify, absl::StrCat(recipe_.read.argv.front(), " ended well, but read ",
                                                                  stream.gcount(), " of ", extent.size, " bytes"));
    }
    co_return bytes;
  }

  asio::awaitable<absl::Status> run(const RecipeStep& step, const RecipeValues& values) {
    if (cancelled_) co_return absl::CancelledError("flashing was stopped");
    if (step.argv.empty()) co_return absl::OkStatus();
    absl::StatusOr<std::vector<std::string>> argv = expand(step, values);
    if (!argv.ok()) co_return argv.status();
    const std::string program = argv->front();
    ToolRun tool{.argv = *std::move(argv), .deadline = recipe_.deadline};
    auto running = tool_.run(std::move(tool));
    const absl::StatusOr<ToolEnd> end = co_await std::move(running);
    if (end.status().code() == absl::StatusCode::kNotFound) {
      co_return flash_failure(FlashFailure::kUsage, "the flashing tool " + program + " is not installed");
    }
    if (!end.ok()) co_return end.status();
    if (end->timed_out || end->exit_code != 0) co_return tool_failure(program, *end, recipe_.errors);
    if (end->output.find(step.expect) == std::string::npos) {
      ToolEnd lying = *end;
      lying.how = absl::StrCat("ended with 0, but did not print \"", step.expect, "\"");
      co_return tool_failure(program, lying, recipe_.errors);
    }
    co_return absl::OkStatus();
  }

  const Recipe recipe_;
  const RecipeValues values_;
  std::optional<UsbBootloader> bootloader_;
  ToolProcess tool_;
  bool cancelled_ = false;
};

}  // namespace

std::unique_ptr<Flasher> make_recipe_flasher(Recipe recipe, RecipeValues values) {
  return std::make_unique<RecipeFlasher>(std::move(recipe), std::move(values));
}

}  // namespace tinyrig::flash
