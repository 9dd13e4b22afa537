#include "server/power/ppk2_words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "server/base/error.h"

namespace tinyrig::power {
namespace {

struct Key {
  const char* name;  // before the range's digit
  double Ppk2Range::*value;
};
// The last one may be missing.
constexpr Key kRangeKeys[] = {{"R", &Ppk2Range::shunt_ohm},       {"GS", &Ppk2Range::gain_slope},
                              {"GI", &Ppk2Range::gain_intercept}, {"O", &Ppk2Range::offset},
                              {"S", &Ppk2Range::supply_gain},     {"I", &Ppk2Range::current_offset},
                              {"UG", &Ppk2Range::user_gain}};
// A bit for each of kRangeKeys.
using Said = std::array<std::uint32_t, kPpk2Ranges>;
constexpr std::uint32_t kAllButUserGain = (1U << (std::size(kRangeKeys) - 1)) - 1;

void set_of_range(std::string key, double value, Ppk2Constants& constants, Said& said) {
  if (key.empty()) return;
  const std::size_t range = static_cast<std::size_t>(key.back() - '0');
  if (range >= kPpk2Ranges) return;
  key.pop_back();
  for (std::size_t i = 0; i < std::size(kRangeKeys); ++i) {
    if (kRangeKeys[i].name != key) continue;
    constants.ranges[range].*kRangeKeys[i].value = value;
    said[range] |= 1U << i;
  }
}

}  // namespace

absl::StatusOr<Ppk2Constants> parse_ppk2_metadata(const std::string& text) {
  const auto invalid = [](std::string what) {
    return make_error(absl::StatusCode::kInvalidArgument, "PPK2_METADATA_INVALID", std::move(what));
  };
  Ppk2Constants constants;
  Said said{};
  bool ended = false;
  for (const absl::string_view raw : absl::StrSplit(text, '\n')) {
    const absl::string_view line = absl::StripAsciiWhitespace(raw);
    ended = ended || line == "END";
    const std::pair<std::string, std::string> entry = absl::StrSplit(line, absl::MaxSplits(':', 1));
    double value = 0;
    if (!absl::SimpleAtod(absl::StripAsciiWhitespace(entry.second), &value) || !std::isfinite(value)) continue;
    if (entry.first == "Calibrated") constants.calibrated = value != 0;
    if (entry.first == "HW" && value >= 0 && value < 1e9) constants.hardware = static_cast<std::uint32_t>(value);
    set_of_range(entry.first, value, constants, said);
  }
  if (!ended) return invalid("what the PPK2 says of itself does not end with END");
  const bool any = std::any_of(constants.ranges.begin(), constants.ranges.end(),
                               [](const Ppk2Range& range) { return range.shunt_ohm > 0; });
  if (!any) return invalid("what the PPK2 says of itself names no shunt");
  for (std::size_t i = 0; i < kPpk2Ranges; ++i) {
    constants.ranges[i].complete = (said[i] & kAllButUserGain) == kAllButUserGain && constants.ranges[i].shunt_ohm > 0;
  }
  return constants;
}

}  // namespace tinyrig::power
