#include "server/discovery/farm_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/boards/usb_port.h"

namespace tinyrig::discovery {
namespace {

constexpr char kHead[] =
    "# The farm, as `tinyrig farm scan` found it. Ids are yours to choose, and so are labels.\n"
    "# Boards that stand here as comments lack what their comment says.\n";

std::string in_comment(const std::string& text) {
  std::string line = clean_text(text, 1024);
  std::ranges::replace_if(
      line, [](char c) { return c == '\n' || c == '\t'; }, '?');
  return line;
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : clean_text(text, 4096)) {
    const bool control = static_cast<unsigned char>(c) < 0x20;
    if (control) {
      absl::StrAppendFormat(&result, "\\u%04x", static_cast<int>(c));
    } else {
      if (c == '"' || c == '\\') result += '\\';
      result += c;
    }
  }
  return result + '"';
}

class FarmText {
 public:
  explicit FarmText(const std::vector<boards::CatalogEntry>& catalog) : catalog_(catalog) {}

  void add(const v1::FoundBoard& board) {
    if (board.face() == v1::USB_FACE_INSTRUMENT) return heading(board, "an instrument, no board");
    if (board.ports().empty()) {
      return heading(board, absl::StrCat("no serial port. ", board.face() == v1::USB_FACE_BOOTLOADER
                                                                 ? "It waits for firmware: flash it, and scan again"
                                                                 : "Name the port of its board yourself"));
    }
    bool answered = false;
    for (const v1::FoundPort& port : board.ports()) {
      if (port.state() != v1::PORT_STATE_ANSWERED) continue;
      answered = true;
      const std::string& type = port.agent().board_type();
      heading(board, absl::StrCat("unit ", port.agent().unit_id().empty() ? "unknown" : port.agent().unit_id(),
                                  ", build ", port.agent().build_id()));
      entry(board, port, boards::find_type(catalog_, type),
            absl::StrCat("its agent says '", type, "', which is not in the catalog"));
    }
    if (!answered) add_silent(board);
  }

  std::string take() { return std::move(text_); }

 private:
  // Types that show themselves like `board`: "; it may be nucleo-f446re, ...".
  std::string candidates(const v1::FoundBoard& board) const {
    std::vector<std::string> names;
    for (const boards::CatalogEntry& entry : catalog_) {
      const bool fits = std::ranges::find(entry.usb_ids, board.usb_id()) != entry.usb_ids.end();
      if (fits && entry.status != boards::TypeStatus::kDescribedOnly) names.push_back(entry.type.id());
    }
    return names.empty() ? "" : absl::StrCat("; it may be ", absl::StrJoin(names, ", "));
  }

  void heading(const v1::FoundBoard& board, const std::string& what) {
    absl::StrAppend(&text_, "\n# ", in_comment(absl::StrCat(board.name(), ", ", board.identity(), ": ", what, ".")),
                    "\n");
  }

  void add_silent(const v1::FoundBoard& board) {
    const v1::FoundPort& port = board.ports(0);
    heading(board, port.detail().empty() ? "not asked" : port.detail());
    for (int i = 1; i < board.ports_size(); ++i) {
      absl::StrAppend(&text_, "# It also has ", in_comment(board.ports(i).path()),
                      "; take the one that its agent uses.\n");
    }
    entry(board, port, boards::find_type(catalog_, board.board_type()),
          absl::StrCat("its type is not known: `tinyrig boards --types` lists them", candidates(board)));
  }

  // `type` null: a comment that says `missing`. So is a board whose type has no agent.
  void entry(const v1::FoundBoard& board, const v1::FoundPort& port, const boards::CatalogEntry* type,
             std::string missing) {
    if (type != nullptr && type->status == boards::TypeStatus::kDescribedOnly) {
      missing = absl::StrCat("there is no agent for ", type->type.id(), " yet: docs/porting.md");
      type = nullptr;
    }
    const char* comment = type == nullptr ? "#" : "";
    const std::string id = type == nullptr ? "board" : type->type.id();
    if (type == nullptr) absl::StrAppend(&text_, "# To use it, fill in what is missing (", in_comment(missing), "):\n");
    absl::StrAppend(&text_, comment, "[[board]]\n");
    absl::StrAppend(&text_, comment, "id = ", quoted(absl::StrCat(id, "-", ++count_[id])), "\n");
    absl::StrAppend(&text_, comment, "type = ", quoted(type == nullptr ? "?" : id), "\n");
    const bool stays = !port.stable_path().empty();
    if (board.identity_is_place() && !board.usb_id().empty()) {
      absl::StrAppend(&text_, "# It has no serial of its own: this names the USB socket, keep the board there.\n");
    }
    const std::string usb(absl::StripPrefix(board.identity(), "usb:"));
    if (stays || !boards::parse_usb_port(usb).has_value()) {
      absl::StrAppend(&text_, comment, "port = ", quoted(stays ? port.stable_path() : port.path()), "\n");
    } else {
      absl::StrAppend(&text_, comment, "usb = ", quoted(usb), "\n");
      if (board.ports_size() > 1 && port.has_interface_number()) {
        absl::StrAppend(&text_, comment, "usb_interface = ", port.interface_number(), "\n");
      }
    }
    if (!port.agent().unit_id().empty()) {
      absl::StrAppend(&text_, comment, "unit_id = ", quoted(port.agent().unit_id()), "\n");
    }
    if (type != nullptr) flasher(board, type->flasher);
  }

  // How boards of the type are flashed; as a comment where only the owner knows with what.
  void flasher(const v1::FoundBoard& board, const boards::FlasherSetup& setup) {
    if (setup.kind == "command" && setup.recipe.has_value()) {
      const bool needs_serial = flash::uses_placeholder(*setup.recipe, "serial");
      if (!needs_serial) {
        text_ += "flasher = { kind = \"command\" }\n";
      } else if (!board.serial().empty() && !board.identity_is_place()) {
        absl::StrAppend(&text_, "flasher = { kind = \"command\", serial = ", quoted(board.serial()), " }\n");
      } else {
        text_ +=
            "# So that TinyRig can flash it, say which probe it has:\n"
            "# flasher = { kind = \"command\", serial = \"SERIAL\" }\n";
      }
    } else if (setup.kind == "stm32-uart") {
      text_ += "flasher = { kind = \"stm32-uart\" }\n";
    } else if (setup.kind == "uf2") {
      text_ += "flasher = { kind = \"uf2\" }\n";
    } else if (setup.kind == "gdb-remote") {
      text_ +=
          "# So that TinyRig can flash it, say where its flasher is:\n"
          "# flasher = { kind = \"gdb-remote\", endpoint = \"tcp:HOST:PORT\" }\n";
    }
  }

  const std::vector<boards::CatalogEntry>& catalog_;
  std::map<std::string, int> count_;
  std::string text_ = kHead;
};

absl::Status not_written(const std::filesystem::path& file, int error_number) {
  return make_error(absl::StatusCode::kUnavailable, "FILE_NOT_WRITTEN",
                    absl::StrCat("cannot write ", file.string(), ": ", std::generic_category().message(error_number)),
                    "check that the folder is there, may be written, and has room");
}

// 0, or errno.
int write_all(int fd, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::write(fd, text.data() + done, text.size() - done);
    if (count < 0 && errno != EINTR) return errno;
    if (count > 0) done += static_cast<std::size_t>(count);
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

}  // namespace

std::string farm_text(const v1::ScanReport& report, const std::vector<boards::CatalogEntry>& catalog) {
  FarmText text(catalog);
  for (const v1::FoundBoard& board : report.boards()) text.add(board);
  return text.take();
}

absl::Status write_whole_file(const std::filesystem::path& file, const std::string& text, Existing existing) {
  std::string temporary = file.string() + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return not_written(file, errno);
  int error = write_all(fd, text);
  if (error == 0 && ::fchmod(fd, 0644) != 0) error = errno;
  ::close(fd);
  const unsigned how = existing == Existing::kKeep ? RENAME_NOREPLACE : 0U;
  if (error == 0 && ::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, file.c_str(), how) != 0) error = errno;
  if (error == 0) return absl::OkStatus();
  ::unlink(temporary.c_str());
  if (error != EEXIST) return not_written(file, error);
  return make_error(absl::StatusCode::kAlreadyExists, "FILE_EXISTS", absl::StrCat(file.string(), " is there already"),
                    "give another name, or --force to replace it");
}

}  // namespace tinyrig::discovery
