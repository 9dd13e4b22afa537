#include "server/discovery/usb_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/toml_reader.h"

namespace tinyrig::discovery {
namespace {

constexpr char kInvalid[] = "USB_TABLE_INVALID";

struct Text {
  const char* file;
  const char* text;
};

constexpr Text kTable[] = {
#include "builtin_usb_table.inc"
};

constexpr std::pair<const char*, v1::UsbFace> kFaces[] = {{"application", v1::USB_FACE_APPLICATION},
                                                          {"probe", v1::USB_FACE_PROBE},
                                                          {"bridge", v1::USB_FACE_BRIDGE},
                                                          {"bootloader", v1::USB_FACE_BOOTLOADER},
                                                          {"instrument", v1::USB_FACE_INSTRUMENT}};

bool is_usb_id(const std::string& id) {
  const auto is_digit = [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c)) || (c >= 'a' && c <= 'f');
  };
  return id.size() == 9 && id[4] == ':' && std::all_of(id.begin(), id.begin() + 4, is_digit) &&
         std::all_of(id.begin() + 5, id.end(), is_digit);
}

}  // namespace

absl::StatusOr<UsbTable> parse_usb_table(const std::string& text, const std::string& file) {
  TINYRIG_ASSIGN_OR_RETURN(const toml::table root, parse_toml(text, file, kInvalid));
  UsbTable table;
  const toml::array* entries = root["usb"].as_array();
  if (entries == nullptr || root.size() != 1) {
    return make_error(absl::StatusCode::kInvalidArgument, kInvalid,
                      absl::StrCat(file, ": has [[usb]] tables, and nothing else"));
  }
  for (const toml::node& node : *entries) {
    if (node.as_table() == nullptr) {
      return make_error(absl::StatusCode::kInvalidArgument, kInvalid,
                        absl::StrCat(file, ":", node.source().begin.line, ": [[usb]] must be a table"));
    }
    TomlReader reader(*node.as_table(), file, "usb", kInvalid);
    UsbEntry entry;
    const std::string id = reader.text("id");
    entry.name = reader.text("name");
    const std::string face = reader.text("face");
    entry.family = reader.text("family", "");
    entry.board_type = reader.text("board_type", "");
    entry.tools = reader.texts("tools");
    entry.serial_unique = reader.flag("serial_unique", true);
    const auto* known = std::ranges::find(kFaces, face, [](const auto& pair) { return std::string(pair.first); });
    if (known == std::end(kFaces)) {
      reader.fail(node, absl::StrCat("'face' is none of application, probe, bridge, bootloader, instrument: ", face));
    } else {
      entry.face = known->second;
    }
    // What a bootloader or an instrument hears may be a command to it.
    const bool may_hear = entry.face != v1::USB_FACE_BOOTLOADER && entry.face != v1::USB_FACE_INSTRUMENT;
    entry.ask = reader.flag("ask", true) && may_hear;
    if (!is_usb_id(id)) reader.fail(node, absl::StrCat("'id' is not like \"0483:374b\": ", id));
    if (table.contains(id)) reader.fail(node, absl::StrCat("id ", id, " is there twice"));
    if (absl::Status status = reader.finish(); !status.ok()) return status;
    table.emplace(id, std::move(entry));
  }
  return table;
}

absl::StatusOr<UsbTable> builtin_usb_table() { return parse_usb_table(kTable[0].text, kTable[0].file); }

}  // namespace tinyrig::discovery
