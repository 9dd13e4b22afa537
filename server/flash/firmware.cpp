#include "server/flash/firmware.h"

#include <openssl/sha.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "server/base/error.h"
#include "server/flash/elf.h"
#include "server/flash/rsp_packet.h"

namespace tinyrig::flash {
namespace {

absl::StatusOr<std::vector<std::uint8_t>> read_file(const std::filesystem::path& path, const std::string& board_type) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return make_error(absl::StatusCode::kNotFound, "FIRMWARE_MISSING",
                      "no firmware for board type " + board_type + ": cannot read " + path.string(),
                      "build it: ./rig firmware " + board_type);
  }
  return std::vector<std::uint8_t>(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

absl::Status bad_firmware(const std::filesystem::path& path, const std::string& what) {
  return make_error(absl::StatusCode::kInvalidArgument, "FIRMWARE_INVALID", path.string() + ": " + what,
                    "build the firmware again: ./rig firmware");
}

std::string text_in(const boost::json::object& manifest, const char* key) {
  const auto* value = manifest.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string().c_str()) : std::string();
}

// As objcopy -O binary writes it, which is what the manifest's hash is of.
std::vector<std::uint8_t> flattened(const FirmwareImage& image) {
  std::vector<std::uint8_t> bytes;
  for (const Segment& segment : image.segments) {
    bytes.resize(segment.address - image.segments.front().address);
    bytes.insert(bytes.end(), segment.bytes.begin(), segment.bytes.end());
  }
  return bytes;
}

}  // namespace

absl::StatusOr<Firmware> load_firmware(const std::filesystem::path& folder, const std::string& board_type,
                                       const std::string& name) {
  const auto elf_path = folder / board_type / (name + ".elf"), manifest_path = folder / board_type / (name + ".json");
  const auto elf = read_file(elf_path, board_type);
  if (!elf.ok()) return elf.status();
  const auto manifest_text = read_file(manifest_path, board_type);
  if (!manifest_text.ok()) return manifest_text.status();

  boost::system::error_code error;
  const boost::json::value manifest = boost::json::parse(
      boost::json::string_view(reinterpret_cast<const char*>(manifest_text->data()), manifest_text->size()), error);
  if (error || !manifest.is_object()) return bad_firmware(manifest_path, "not a JSON object");
  if (text_in(manifest.get_object(), "board") != board_type) {
    return bad_firmware(manifest_path, "is for board type \"" + text_in(manifest.get_object(), "board") + "\"");
  }
  auto image = read_elf(*elf);
  if (!image.ok()) {
    return make_error(image.status().code(), "FIRMWARE_INVALID",
                      elf_path.string() + ": " + std::string(image.status().message()), hint_of(image.status()));
  }
  if (image->segments.back().address - image->segments.front().address > kLargestImage) {
    return bad_firmware(elf_path, "its segments lie more than 64 MiB apart");
  }
  const std::vector<std::uint8_t> bytes = flattened(*image);
  std::uint8_t hash[SHA256_DIGEST_LENGTH];
  SHA256(bytes.data(), bytes.size(), hash);
  if (to_hex(std::span<const std::uint8_t>(hash)) != text_in(manifest.get_object(), "sha256")) {
    return bad_firmware(elf_path, "its content is not what " + manifest_path.filename().string() + " says");
  }
  return Firmware{board_type, text_in(manifest.get_object(), "build_id"), *std::move(image)};
}

}  // namespace tinyrig::flash
