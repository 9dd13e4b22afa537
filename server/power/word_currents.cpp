#include "server/power/word_currents.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"

namespace tinyrig::power {

absl::StatusOr<WordCurrents> WordCurrents::of(const Capture& capture) {
  const auto invalid = [](const std::string& what) {
    return make_error(absl::StatusCode::kInvalidArgument, "CAPTURE_INVALID", what);
  };
  if (capture.format != "ppk2") {
    return invalid(absl::StrCat("format \"", clean_text(capture.format, 40), "\" is none that is known: ppk2"));
  }
  if (capture.samples_per_second != kPpk2SamplesPerSecond) {
    return invalid(absl::StrCat("a PPK2 samples 100000 times a second, not ", capture.samples_per_second));
  }
  const absl::StatusOr<Ppk2Constants> constants = parse_ppk2_metadata(capture.header);
  if (!constants.ok()) return invalid(std::string(constants.status().message()));
  return WordCurrents(*constants, capture.supply_mv / 1e3);
}

std::string WordCurrents::details() const {
  std::vector<std::size_t> incomplete;
  for (std::size_t i = 0; i < kPpk2Ranges; ++i) {
    if (!constants_.ranges[i].complete) incomplete.push_back(i);
  }
  return absl::StrCat("PPK2, hardware ", constants_.hardware,
                      constants_.calibrated ? ", calibrated" : ", says that it is not calibrated",
                      incomplete.empty() ? "" : ", without all constants of range ", absl::StrJoin(incomplete, ", "));
}

}  // namespace tinyrig::power
