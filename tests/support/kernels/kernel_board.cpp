#include "tests/support/kernels/kernel_board.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "emulator/catalog.h"
#include "server/base/error.h"
#include "server/boards/catalog.h"
#include "tests/support/rig/process.h"

namespace tinyrig::test {
namespace {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tinyrig-kernels.XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// From the first line on that begins with `first`: QEMU may have something to say before.
std::vector<std::string> lines_from(std::istream&& stream, const char* first) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    if (!lines.empty() || line.rfind(first, 0) == 0) lines.push_back(line);
  }
  return lines;
}

absl::Status did_not_end(const KernelBoard& board, const Ended& ended) {
  constexpr std::size_t kMostShown = 500;
  const std::size_t from = ended.output.size() > kMostShown ? ended.output.size() - kMostShown : 0;
  return make_error(absl::StatusCode::kInternal, "KERNELS_DID_NOT_END",
                    board.id + ": tinyrig-kernels did not reach its end (QEMU's exit code " +
                        std::to_string(ended.exit_code) + "); its last lines:\n" + ended.output.substr(from),
                    "a reset without an end is a fault of the firmware; code 1000: it ran out of time");
}

}  // namespace

std::uint64_t KernelBoard::instructions(std::uint64_t ticks, std::uint64_t ticks_per_second) const {
  const double ns = static_cast<double>(ticks) * 1e9 / static_cast<double>(ticks_per_second);
  return static_cast<std::uint64_t>(std::llround(ns / static_cast<double>(instruction_ns)));
}

absl::StatusOr<std::vector<KernelBoard>> load_kernel_boards() {
  const auto types = boards::load_catalog(TINYRIG_CATALOG_DIR);
  const auto emulated = emulator::load_catalog(TINYRIG_CATALOG_DIR);
  if (!types.ok()) return types.status();
  if (!emulated.ok()) return emulated.status();
  std::vector<KernelBoard> result;
  for (const boards::CatalogEntry& entry : *types) {
    const auto found = emulated->find(entry.type.id());
    if (found == emulated->end() || found->second.is_host_process() || !entry.slot.has_value()) continue;
    KernelBoard board{.id = entry.type.id(),
                      .core = entry.core,
                      .instruction_ns = entry.instruction_ns,
                      .slot_address = entry.slot->address,
                      .slot_bytes = entry.slot->size_bytes,
                      .agent_writes_slot = entry.slot->writer == boards::SlotWriter::kAgent,
                      .model_ram_bytes = entry.type.model_ram_bytes(),
                      .qemu = {found->second.qemu, "-M", found->second.machine}};
    board.qemu.insert(board.qemu.end(), found->second.arguments.begin(), found->second.arguments.end());
    for (const char* argument : {"-display", "none", "-nodefaults", "-no-user-config", "-monitor", "none", "-serial",
                                 "stdio", "-icount", "shift=7", "-no-reboot"}) {
      board.qemu.emplace_back(argument);
    }
    result.push_back(std::move(board));
  }
  return result;
}

absl::StatusOr<KernelBoard> load_kernel_board(const std::string& id) {
  absl::StatusOr<std::vector<KernelBoard>> boards = load_kernel_boards();
  if (!boards.ok()) return boards.status();
  std::string known;
  for (KernelBoard& board : *boards) {
    if (board.id == id) return std::move(board);
    known += " " + board.id;
  }
  return make_error(absl::StatusCode::kNotFound, "BOARD_UNKNOWN", "no emulated board '" + id + "'",
                    "there are:" + known);
}

std::filesystem::path kernels_firmware(const std::string& board) {
  return std::filesystem::path(TINYRIG_FIRMWARE_DIR) / board / "tinyrig-kernels.elf";
}

absl::StatusOr<JobOutput> run_job(const KernelBoard& board, const KernelJob& job, std::chrono::seconds patience,
                                  bool count_windows) {
  const std::filesystem::path firmware = kernels_firmware(board.id);
  if (!std::filesystem::exists(firmware)) {
    return make_error(absl::StatusCode::kNotFound, "FIRMWARE_MISSING", firmware.string() + " does not exist",
                      "./rig firmware " + board.id);
  }
  if (job.bytes() > board.slot_bytes) {
    return make_error(absl::StatusCode::kResourceExhausted, "JOB_TOO_LARGE",
                      "the job has " + std::to_string(job.bytes()) + " bytes, the model slot of " + board.id + " " +
                          std::to_string(board.slot_bytes));
  }
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "job.bin";
  const std::vector<std::byte> content = job.build();
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
  std::ostringstream loader;
  loader << "loader,file=" << file.string() << ",addr=0x" << std::hex << board.slot_address << ",force-raw=on";
  std::vector<std::string> arguments = board.qemu;
  for (const std::string& argument : {std::string("-kernel"), firmware.string(), std::string("-device"), loader.str()})
    arguments.push_back(argument);
  const std::filesystem::path windows = folder.path() / "windows";
  if (count_windows) {
    arguments.insert(arguments.end(), {"-plugin", std::string(TINYRIG_WINDOW_COUNTER) + ",out=" + windows.string()});
  }
  const Ended ended = run_program(arguments, folder.path(), within(patience));
  JobOutput output;
  output.lines = lines_from(std::istringstream(ended.output), "start ");
  if (ended.exit_code != 0 || output.lines.size() < 2 || output.lines.back().rfind("end ", 0) != 0) {
    return did_not_end(board, ended);
  }
  if (count_windows) output.windows = lines_from(std::ifstream(windows), "");
  return output;
}

}  // namespace tinyrig::test
