#include "server/flash/uf2_flasher.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/base/child_process.h"
#include "server/base/error.h"
#include "server/flash/aside.h"
#include "server/flash/image_file.h"
#include "server/flash/tool_errors.h"
#include "server/flash/uf2_file.h"
#include "server/flash/uf2_info.h"
#include "server/usb/drives.h"

namespace tinyrig::flash {
namespace {

namespace fs = std::filesystem;
using boost::asio::awaitable;
using Clock = Aside::Clock;

// What a thread does with the drive, which it may outlive.
struct DriveFile {
  Fd fd;
  std::string content;
  std::size_t done = 0;  // read or written
  int error = 0;         // errno
};

void open_file(DriveFile& file, const fs::path& path, int flags) {
  constexpr mode_t kMode = 0644;  // of a file that is made
  file.fd = Fd(::open(path.c_str(), flags | O_CLOEXEC, kMode));
  if (file.fd.get() < 0) file.error = errno;
}

void read_info(DriveFile& file, const fs::path& path) {
  open_file(file, path, O_RDONLY);
  file.content.resize(kMostUf2InfoBytes);
  while (file.error == 0 && file.done < file.content.size()) {
    const ssize_t count = ::read(file.fd.get(), file.content.data() + file.done, file.content.size() - file.done);
    if (count == 0) break;
    if (count > 0) file.done += static_cast<std::size_t>(count);
    if (count < 0 && errno != EINTR) file.error = errno;
  }
  file.content.resize(file.done);
  file.fd.reset();
}

// O_SYNC: what was written is with the drive, its errors are ours.
void open_for_writing(DriveFile& file, const fs::path& path) {
  open_file(file, path, O_WRONLY | O_CREAT | O_TRUNC | O_SYNC);
}

void write_until(DriveFile& file, std::size_t end) {
  while (file.error == 0 && file.done < end) {
    const ssize_t count = ::write(file.fd.get(), file.content.data() + file.done, end - file.done);
    if (count > 0) file.done += static_cast<std::size_t>(count);
    if (count < 0 && errno != EINTR) file.error = errno;
  }
}

std::string text_of_error(int number) { return std::generic_category().message(number); }

class Uf2Flasher : public Flasher {
 public:
  Uf2Flasher(std::string port, Uf2Options options)
      : options_(std::move(options)), bootloader_(std::move(port), options_.bootloader) {}

  awaitable<absl::StatusOr<FlashReport>> flash(const FirmwareImage& image, Progress progress) override {
    bootloader_.begin();
    poll_.begin();
    const ImageFileOptions file_options{.uf2_family = options_.family};
    absl::StatusOr<std::string> content = image_file(image, ImageFormat::kUf2, file_options);
    if (!content.ok()) co_return content.status();
    const auto start = Clock::now();
    auto entering = bootloader_.enter();
    const absl::Status entered = co_await std::move(entering);
    if (!entered.ok()) co_return entered;
    auto finding = find_drive();
    const absl::StatusOr<fs::path> folder = co_await std::move(finding);
    if (!folder.ok()) co_return folder.status();

    const auto deadline = Clock::now() + options_.deadline;
    auto checking = check_board(*folder, deadline);
    const absl::Status checked = co_await std::move(checking);
    if (!checked.ok()) co_return checked;
    // Each byte of the image counts once written; the other half, comparing, is left out.
    const std::size_t bytes = image.total_bytes();
    const Progress tell = [&](std::size_t done, std::size_t total) {
      if (progress) progress(bytes * done / total, 2 * bytes);
    };
    auto copying = copy(*folder / "TINYRIG.UF2", *std::move(content), deadline, tell);
    const absl::Status copied = co_await std::move(copying);
    if (!copied.ok()) co_return copied;
    if (progress) progress(2 * bytes, 2 * bytes);
    co_return FlashReport{.bytes_written = bytes,
                          .write_time = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start),
                          .read_back = false};
  }

  awaitable<absl::StatusOr<std::vector<std::uint8_t>>> read(std::uint32_t /*address*/, std::size_t /*size*/) override {
    co_return flash_failure(FlashFailure::kUsage, "a UF2 drive takes firmware and does not give it back");
  }
  awaitable<absl::Status> reset() override {
    co_return flash_failure(FlashFailure::kUsage, "a UF2 drive cannot reset its board");
  }
  bool can_reset() const override { return false; }

  void cancel() override {
    bootloader_.cancel();
    poll_.cancel();
    aside_.cancel();
  }
  bool takes_port() const override { return options_.bootloader.touch_1200; }
  bool waits_for_firmware() const override { return bootloader_.runs(); }

 private:
  std::string place() const { return absl::StrCat("the drive at USB socket ", bootloader_.socket()); }
  bool is_there() const { return !usb::drives_at(options_.bootloader.places, bootloader_.socket()).empty(); }

  awaitable<absl::StatusOr<fs::path>> find_drive() {
    std::vector<usb::Drive> drives;
    fs::path folder;
    const auto mounted = [&] {
      drives = usb::drives_at(options_.bootloader.places, bootloader_.socket());
      folder = usb::mount_of(options_.bootloader.places, drives);
      return !folder.empty();
    };
    auto waiting = poll_.until(mounted, Clock::now() + options_.bootloader.patience);
    const absl::Status found = co_await std::move(waiting);
    if (found.ok()) co_return folder;
    if (!absl::IsDeadlineExceeded(found)) co_return found;
    if (drives.empty()) {
      co_return flash_failure(FlashFailure::kTimeout,
                              absl::StrCat("the bootloader at USB socket ", bootloader_.socket(), " shows no drive"));
    }
    co_return flash_failure(
        FlashFailure::kNoProbe,
        absl::StrCat(place(), " (", drives.back().name, ") is not mounted; docs/flashers.md says what mounts it"));
  }

  awaitable<absl::Status> check_board(const fs::path& folder, Clock::time_point deadline) {
    const auto info = std::make_shared<DriveFile>();
    std::function<void()> work = [info, path = folder / "INFO_UF2.TXT"] { read_info(*info, path); };
    auto reading = do_aside(std::move(work), deadline, "give its INFO_UF2.TXT");
    const absl::Status read = co_await std::move(reading);
    if (!read.ok()) co_return read;
    if (info->error != 0) {
      co_return flash_failure(info->error == ENOENT ? FlashFailure::kNoTarget : FlashFailure::kIo,
                              absl::StrCat(place(), ": INFO_UF2.TXT: ", text_of_error(info->error)));
    }
    const std::string board_id = uf2_board_id(info->content).value_or("");
    if (std::ranges::find(options_.board_ids, board_id) != options_.board_ids.end()) co_return absl::OkStatus();
    co_return flash_failure(FlashFailure::kNoTarget,
                            absl::StrCat(place(), " is of board '", board_id, "', not of '",
                                         absl::StrJoin(options_.board_ids, "' or '"), "'; nothing was changed"));
  }

  // In pieces that are with the drive before the next one goes. The last block is a piece of its own: a bootloader that
  // has it is gone, often before its answer. Gone earlier, it has not got all.
  awaitable<absl::Status> copy(fs::path path, std::string content, Clock::time_point deadline,
                               const Progress& progress) {
    constexpr std::size_t kPieceBytes = 64 * kUf2BlockBytes;
    const auto file = std::make_shared<DriveFile>();
    file->content = std::move(content);
    const std::size_t size = file->content.size(), last_block = size - kUf2BlockBytes;
    std::function<void()> work = [file, path] { open_for_writing(*file, path); };
    auto opening = do_aside(std::move(work), deadline, "take a file");
    absl::Status status = co_await std::move(opening);
    while (status.ok() && file->error == 0 && file->done < size) {
      const std::size_t end = file->done < last_block ? std::min(file->done + kPieceBytes, last_block) : size;
      work = [file, end] { write_until(*file, end); };
      auto writing = do_aside(std::move(work), deadline, "take the file");
      status = co_await std::move(writing);
      if (status.ok() && file->error == 0) progress(file->done, size);
    }
    if (!status.ok()) co_return status;
    if (file->done < last_block) {
      co_return flash_failure(FlashFailure::kIo, absl::StrFormat("%s %s after %d of %d bytes: %s", place(),
                                                                 is_there() ? "failed" : "went away", file->done, size,
                                                                 text_of_error(file->error)));
    }
    work = [file] { file->fd.reset(); };
    auto closing = do_aside(std::move(work), deadline, "take the file's end");
    status = co_await std::move(closing);
    if (!status.ok()) co_return status;

    auto leaving = poll_.until([this] { return !is_there(); }, Clock::now() + options_.bootloader.patience);
    const absl::Status left = co_await std::move(leaving);
    if (!absl::IsDeadlineExceeded(left)) co_return left;
    if (file->error != 0) {
      co_return flash_failure(FlashFailure::kIo,
                              absl::StrCat(place(), " failed at the last block: ", text_of_error(file->error)));
    }
    co_return flash_failure(FlashFailure::kVerify,
                            absl::StrFormat("%s took the file, but the bootloader did not start it: it is for another "
                                            "family of chips than 0x%08x",
                                            place(), options_.family));
  }

  awaitable<absl::Status> do_aside(std::function<void()> work, Clock::time_point deadline, const char* what) {
    auto running = aside_.run(std::move(work), deadline);
    const absl::Status ran = co_await std::move(running);
    if (poll_.cancelled()) co_return absl::CancelledError("flashing was stopped");
    if (!absl::IsDeadlineExceeded(ran)) co_return ran;
    co_return flash_failure(FlashFailure::kTimeout, absl::StrCat(place(), " did not ", what, " in time"));
  }

  const Uf2Options options_;
  UsbBootloader bootloader_;
  Poll poll_;
  Aside aside_;
};

}  // namespace

std::unique_ptr<Flasher> make_uf2_flasher(std::string port, Uf2Options options) {
  return std::make_unique<Uf2Flasher>(std::move(port), std::move(options));
}

}  // namespace tinyrig::flash
