#include "server/boards/make_flasher.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/flash/gdb_remote_flasher.h"
#include "server/flash/recipe_flasher.h"
#include "server/flash/stm32_flasher.h"
#include "server/flash/uf2_flasher.h"
#include "server/usb/sysfs.h"

namespace tinyrig::boards {
namespace {

constexpr std::uint16_t kElfRiscV = 243;

absl::Status misfit(const FarmBoard& board, const std::string& what) {
  return make_error(absl::StatusCode::kInvalidArgument, "FARM_FILE_INVALID",
                    absl::StrCat("board '", board.id, "': ", what), "docs/flashers.md has the keys of each kind.");
}

std::unique_ptr<flash::Flasher> make_gdb_remote(const FlasherSetup& setup, const CatalogEntry& type) {
  flash::GdbRemoteOptions options;
  options.endpoint = setup.endpoint;
  if (!type.flasher.reset_command.empty()) options.reset_command = type.flasher.reset_command;
  if (type.flasher.deadline.count() != 0) options.deadline = type.flasher.deadline;
  return flash::make_gdb_remote_flasher(std::move(options));
}

absl::StatusOr<std::unique_ptr<flash::Flasher>> make_by_recipe(const FarmBoard& board, const CatalogEntry& type) {
  if (!board.flasher->recipe.has_value() && !type.flasher.recipe.has_value()) {
    return misfit(board, absl::StrCat("board type ", type.type.id(),
                                      " has no recipe for flashing; give 'flasher' its 'write' in the farm file"));
  }
  flash::Recipe recipe = board.flasher->recipe.has_value() ? *board.flasher->recipe : *type.flasher.recipe;
  if (type.core == packed::Core::kRv32imac) recipe.file.elf_machine = kElfRiscV;
  if (recipe.bootloader.has_value()) recipe.bootloader->socket = board.flasher->usb_socket;
  flash::RecipeValues values = {{"port", board.port}};
  if (!board.flasher->serial.empty()) values["serial"] = board.flasher->serial;
  if (flash::uses_placeholder(recipe, "serial") && board.flasher->serial.empty()) {
    return misfit(board, "its recipe for flashing uses {serial}; give 'flasher' a 'serial' in the farm file");
  }
  return flash::make_recipe_flasher(std::move(recipe), std::move(values));
}

absl::StatusOr<std::unique_ptr<flash::Flasher>> make_stm32(const FarmBoard& board, const CatalogEntry& type) {
  if (!type.flasher.stm32.has_value()) {
    return misfit(board, absl::StrCat("board type ", type.type.id(),
                                      " does not say how its chip is flashed by UART; "
                                      "its [flasher] must be of kind \"stm32-uart\""));
  }
  flash::Stm32Options options = *type.flasher.stm32;
  if (!board.flasher->stm32->enter.empty()) options.enter = board.flasher->stm32->enter;
  if (!board.flasher->stm32->leave.empty()) options.leave = board.flasher->stm32->leave;
  return flash::make_stm32_flasher(board.port, std::move(options));
}

absl::StatusOr<std::unique_ptr<flash::Flasher>> make_uf2(const FarmBoard& board, const CatalogEntry& type) {
  if (!type.flasher.uf2.has_value()) {
    return misfit(board,
                  absl::StrCat("board type ", type.type.id(),
                               " does not say that its bootloader takes UF2 files; its [flasher] needs the table "
                               "'uf2'"));
  }
  flash::Uf2Options options = *type.flasher.uf2;
  options.bootloader.socket = board.flasher->usb_socket;
  return flash::make_uf2_flasher(board.port, std::move(options));
}

absl::StatusOr<std::unique_ptr<flash::Flasher>> make_any(const FarmBoard& board, const CatalogEntry& type) {
  if (board.flasher->kind == "gdb-remote") return make_gdb_remote(*board.flasher, type);
  if (board.flasher->kind == "stm32-uart") return make_stm32(board, type);
  if (board.flasher->kind == "uf2") return make_uf2(board, type);
  return make_by_recipe(board, type);
}

}  // namespace

absl::StatusOr<std::unique_ptr<flash::Flasher>> make_flasher(const FarmBoard& board, const CatalogEntry& type,
                                                             std::shared_ptr<flash::FlashTurns> turns) {
  if (!board.flasher.has_value()) return nullptr;
  absl::StatusOr<std::unique_ptr<flash::Flasher>> flasher = make_any(board, type);
  if (!flasher.ok()) return flasher;
  if ((*flasher)->takes_port() && type.slot.has_value() && type.slot->writer == SlotWriter::kFlasher) {
    return misfit(board, absl::StrCat("models of board type ", type.type.id(),
                                      " are written by the flasher while the agent holds the port; this one needs the "
                                      "port for itself"));
  }
  if (turns == nullptr) return flasher;
  // A board in its bootloader may have no port: where it was is where it is.
  auto controller = [port = board.port, stated = board.flasher->usb_socket, seen = std::string()]() mutable {
    const usb::Places places;
    if (std::string now = usb::socket_of_port(places, port); !now.empty()) seen = std::move(now);
    return usb::controller_of(places, stated.empty() ? seen : stated);
  };
  return flash::make_turn_taking_flasher(*std::move(flasher), std::move(turns), std::move(controller));
}

}  // namespace tinyrig::boards
