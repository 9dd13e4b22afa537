#include "server/flash/memory_map.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "server/base/error.h"

namespace tinyrig::flash {
namespace {

constexpr std::uint64_t kAddressEnd = std::uint64_t{1} << 32;

absl::Status bad_map(const std::string& what) {
  return make_error(absl::StatusCode::kDataLoss, "FLASHER_PROTOCOL",
                    "GDB remote stub: its memory map cannot be used: " + what,
                    "check that the endpoint is a GDB remote stub; update the probe's firmware or its server");
}

constexpr std::string_view kBlank = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// "0x4000" or "16384".
std::optional<std::uint64_t> number(std::string_view text) {
  text = trimmed(text);
  const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
  if (is_hex) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, is_hex ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// What stands between '<' and '>', but for comments and declarations.
struct Tag {
  std::string_view name;
  std::vector<std::pair<std::string_view, std::string_view>> attributes;
  bool closes = false;  // </name>
  bool empty = false;   // <name/>

  std::string_view value(std::string_view attribute) const {
    for (const auto& [key, text] : attributes) {
      if (key == attribute) return text;
    }
    return {};
  }
};

// Goes through the text, tag by tag.
class Scanner {
 public:
  explicit Scanner(std::string_view xml) : rest_(xml) {}

  // The text before the tag is `text`. No tag: the end.
  absl::StatusOr<std::optional<Tag>> next(std::string_view& text) {
    for (;;) {
      const std::size_t open = rest_.find('<');
      text = rest_.substr(0, open);
      if (open == std::string_view::npos) return std::nullopt;
      rest_.remove_prefix(open + 1);
      const std::string_view end = rest_.starts_with("!--") ? "-->" : rest_.starts_with("?") ? "?>" : ">";
      if (!rest_.starts_with("!") && !rest_.starts_with("?")) return read_tag();
      const std::size_t close = rest_.find(end);
      if (close == std::string_view::npos) return bad_map("it is cut off");
      rest_.remove_prefix(close + end.size());
    }
  }

 private:
  absl::StatusOr<std::optional<Tag>> read_tag() {
    Tag tag;
    tag.closes = take("/");
    tag.name = word();
    if (tag.name.empty()) return bad_map("a tag has no name");
    for (;;) {
      skip_blank();
      if (take(">")) return tag;
      if (take("/")) {
        tag.empty = true;
        continue;
      }
      const std::string_view key = word();
      skip_blank();
      if (key.empty() || !take("=")) return bad_map("a tag is cut off or wrong");
      skip_blank();
      const char quote = rest_.empty() ? ' ' : rest_.front();
      if (quote != '"' && quote != '\'') return bad_map("a value has no quotes");
      rest_.remove_prefix(1);
      const std::size_t end = rest_.find(quote);
      if (end == std::string_view::npos) return bad_map("it is cut off");
      tag.attributes.emplace_back(key, rest_.substr(0, end));
      rest_.remove_prefix(end + 1);
    }
  }

  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  void skip_blank() { rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlank), rest_.size())); }
  std::string_view word() {
    const std::size_t end = std::min(rest_.find_first_of(" \t\r\n=<>/\"'"), rest_.size());
    const std::string_view found = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return found;
  }

  std::string_view rest_;
};

// What a <memory> says, up to its end.
struct Memory {
  bool is_flash = false;
  std::optional<std::uint64_t> start, length, block;
};

absl::Status add_region(const Memory& memory, std::vector<FlashRegion>& regions) {
  if (!memory.is_flash) return absl::OkStatus();
  if (!memory.start || !memory.length || !memory.block) {
    return bad_map("flash without a start, a length or a block size that is a number");
  }
  if (*memory.start >= kAddressEnd || *memory.length == 0 || *memory.length > kAddressEnd - *memory.start) {
    return bad_map("flash that is empty, or lies beyond 4 GiB");
  }
  if (*memory.block == 0 || *memory.block > *memory.length) return bad_map("flash with blocks of an impossible size");
  if (regions.size() == kMostFlashRegions) return bad_map("more parts than a chip has");
  regions.push_back({*memory.start, *memory.length, *memory.block});
  return absl::OkStatus();
}

const FlashRegion* region_at(const std::vector<FlashRegion>& regions, std::uint64_t address) {
  const auto region = std::ranges::find_if(regions, [&](const FlashRegion& r) { return address < r.end(); });
  return region == regions.end() ? nullptr : &*region;  // it, or the next one
}

}  // namespace

absl::StatusOr<std::vector<FlashRegion>> parse_memory_map(std::string_view xml) {
  Scanner scanner(xml);
  std::vector<FlashRegion> regions;
  std::optional<Memory> memory;
  bool in_block_size = false, is_whole = false;
  for (std::string_view text;;) {
    const absl::StatusOr<std::optional<Tag>> found = scanner.next(text);
    if (!found.ok()) return found.status();
    if (!found->has_value()) break;
    const Tag& tag = **found;
    if (tag.name == "memory" && !tag.closes) {
      if (memory.has_value()) return bad_map("memory in memory");
      memory = {tag.value("type") == "flash", number(tag.value("start")), number(tag.value("length")), std::nullopt};
    }
    if (tag.name == "property" && memory.has_value()) {
      if (tag.closes && in_block_size) memory->block = number(text);
      in_block_size = !tag.closes && !tag.empty && tag.value("name") == "blocksize";
    }
    if (tag.name == "memory" && (tag.closes || tag.empty)) {
      if (!memory.has_value()) return bad_map("an end without a start");
      if (const absl::Status added = add_region(*memory, regions); !added.ok()) return added;
      memory.reset();
    }
    is_whole = tag.name == "memory-map" && (tag.closes || tag.empty);
  }
  if (!is_whole || memory.has_value()) return bad_map("it does not end with </memory-map>");
  std::ranges::sort(regions, {}, &FlashRegion::start);
  for (std::size_t i = 1; i < regions.size(); ++i) {
    if (regions[i].start < regions[i - 1].end()) return bad_map("parts of flash overlap");
  }
  return regions;
}

WritePlan plan_writes(const FirmwareImage& image, const std::vector<FlashRegion>& regions) {
  WritePlan plan;
  struct Blocks {
    const FlashRegion* region;
    std::uint64_t first, end;  // numbers
  };
  std::vector<Blocks> touched;
  for (const Segment& segment : image.segments) {
    std::span<const std::uint8_t> rest(segment.bytes);
    for (std::uint64_t address = segment.address; !rest.empty();) {
      const FlashRegion* region = region_at(regions, address);
      const bool is_flash = region != nullptr && address >= region->start;
      std::size_t count = rest.size();
      if (region != nullptr) {
        count = std::min<std::uint64_t>(count, (is_flash ? region->end() : region->start) - address);
      }
      plan.pieces.push_back({static_cast<std::uint32_t>(address), rest.first(count), is_flash});
      if (is_flash) {
        const std::uint64_t offset = address - region->start;
        touched.push_back({region, offset / region->block_bytes, (offset + count - 1) / region->block_bytes + 1});
      }
      rest = rest.subspan(count);
      address += count;
    }
  }
  std::ranges::sort(plan.pieces, {}, &WritePlan::Piece::address);
  // In order of address, too: regions are.
  std::ranges::sort(touched, {}, [](const Blocks& blocks) { return std::pair(blocks.region, blocks.first); });
  std::vector<Blocks> merged;
  for (const Blocks& blocks : touched) {
    if (!merged.empty() && merged.back().region == blocks.region && blocks.first <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, blocks.end);
    } else {
      merged.push_back(blocks);
    }
  }
  for (const Blocks& blocks : merged) {
    const FlashRegion& region = *blocks.region;
    const std::uint64_t start = region.start + blocks.first * region.block_bytes;
    const std::uint64_t end = std::min(region.start + blocks.end * region.block_bytes, region.end());
    plan.erases.push_back({start, end - start});
  }
  return plan;
}

}  // namespace tinyrig::flash
