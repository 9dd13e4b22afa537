// Any recording: a byte that says how much of it is the instrument's text, the text, and its words. The windows lie in
// order within the recording, cut anywhere it reads the same, and a chart of it has as many samples.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "server/power/energy_reading.h"
#include "server/power/energy_trace.h"
#include "server/power/trigger_watch.h"
#include "tests/support/power/ppk2_words_of.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tinyrig;
  if (size == 0) return 0;
  std::span<const std::uint8_t> rest(data + 1, size - 1);
  const std::size_t text_bytes = std::min<std::size_t>(data[0], rest.size());
  power::Capture capture{
      .format = "ppk2",
      .header = text_bytes == 0 ? test::kPpk2Metadata
                                : std::string(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(text_bytes)),
      .supply_mv = 3'300,
      .samples_per_second = 100'000};
  rest = rest.subspan(text_bytes);
  capture.bytes.assign(rest.begin(), rest.end());
  const auto reading = power::read_capture(capture);
  if (!reading.ok()) return 0;
  std::uint64_t end = 0, lost = 0;
  for (const power::TriggerWindow& window : reading->windows) {
    require(window.first_sample >= end && window.samples > 0);
    require(window.lost_samples + window.saturated_samples <= window.samples);
    require(std::isfinite(window.charge_uc) && std::isfinite(window.accuracy) && std::isfinite(window.edge_current_ua));
    end = window.first_sample + window.samples;
    lost += window.lost_samples;
  }
  require(std::isfinite(reading->idle_current_ua));
  require(end <= reading->samples && lost <= reading->lost_samples);
  require(reading->samples <= 64 * (capture.bytes.size() / 4 + 1));
  const auto trace = power::EnergyTrace::read(capture);
  require(trace.ok() && trace->samples() == reading->samples);
  require(trace->part(0, trace->samples()).lost_samples == reading->lost_samples);

  auto watch = power::TriggerWatch::of(capture), byte_by_byte = power::TriggerWatch::of(capture);
  require(watch.ok() && byte_by_byte.ok());
  watch->take(capture.bytes);
  for (const std::uint8_t& byte : capture.bytes) byte_by_byte->take(std::span(&byte, 1));
  require(watch->falls() == byte_by_byte->falls() && watch->low_samples() == byte_by_byte->low_samples());
  return 0;
}
