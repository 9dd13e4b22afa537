#include "emulator/ppk2_simulator.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <utility>

namespace tinyrig::emulator {
namespace {

// Of a real unit. How codes become current: x = (4 * code - offset) * kVoltsPerCode / shunt_ohm, and
// ampere = x * (gain_slope * x + gain) + supply_slope * supply_volt + zero.
struct RangeConstants {
  double shunt_ohm, gain_slope, gain, offset, supply_slope, zero;
  double below_ua;  // it measures currents below this
};
constexpr RangeConstants kConstants[] = {
    {1003.3506, 0.0000, 1.0000, 112.9420, 0.000000048, -0.000000104, 50},
    {101.5865, 112.7890, 0.9695, 75.4627, 0.000000596, -0.000001443, 500},
    {10.3027, 18.0115, 0.9609, 64.6020, 0.000005281, 0.000036439, 5'000},
    {0.9636, 2.4217, 0.9519, 50.4983, 0.000062577, -0.000374119, 50'000},
    {0.0564, 0.0729, 0.9582, 87.2177, 0.002940743, -0.009388455, HUGE_VAL},
};
constexpr double kVoltsPerCode = 1.8 / 163840;
constexpr std::uint32_t kSaturatedCode = 0x3FFF;

double current_ua_of(const RangeConstants& range, double code, double supply_volt) {
  const double x = (4 * code - range.offset) * kVoltsPerCode / range.shunt_ohm;
  return 1e6 * (x * (range.gain_slope * x + range.gain) + range.supply_slope * supply_volt + range.zero);
}

// The other way round, not yet a whole number.
double exact_code_of(const RangeConstants& range, double current_ua, double supply_volt) {
  const double y = current_ua * 1e-6 - range.supply_slope * supply_volt - range.zero;
  const double root = std::sqrt(std::max(0.0, range.gain * range.gain + 4 * range.gain_slope * y));
  const double x = 2 * y / (range.gain + root);
  return (x * range.shunt_ohm / kVoltsPerCode + range.offset) / 4;
}

std::size_t range_of(double current_ua) {
  std::size_t range = 0;
  while (!(current_ua < kConstants[range].below_ua) && range + 1 < std::size(kConstants)) ++range;
  return range;
}

enum Opcode : std::uint8_t {
  kTriggerSet = 0x01,
  kAverageNumberSet = 0x02,
  kTriggerWindowSet = 0x03,
  kAverageStart = 0x06,
  kAverageStop = 0x07,
  kDeviceRunningSet = 0x0C,
  kRegulatorSet = 0x0D,
  kSwitchPointDown = 0x0E,
  kSwitchPointUp = 0x0F,
  kSetPowerMode = 0x11,
  kResistorsUserSet = 0x12,
  kGetMetadata = 0x19,
  kReset = 0x20,
  kSetUserGains = 0x25,
};

// With its parameters. What is not known has none, like the commands that do nothing here and have none either.
std::size_t length_of(std::uint8_t opcode) {
  switch (opcode) {
    case kAverageNumberSet:
    case kDeviceRunningSet:
    case kSwitchPointDown:
    case kSwitchPointUp:
    case kSetPowerMode:
      return 2;
    case kTriggerSet:
    case kTriggerWindowSet:
    case kRegulatorSet:
      return 3;
    case kResistorsUserSet:
    case kSetUserGains:
      return 6;
    default:
      return 1;
  }
}

__attribute__((format(printf, 2, 3))) void print(std::string& text, const char* format, ...) {
  char line[64];
  va_list values;
  va_start(values, format);
  std::vsnprintf(line, sizeof line, format, values);
  va_end(values);
  text += line;
}

}  // namespace

std::vector<std::string> Ppk2Simulator::take(std::span<const std::uint8_t> bytes) {
  std::vector<std::string> answers;
  for (const std::uint8_t byte : bytes) {
    received_.push_back(byte);
    if (received_.size() < length_of(received_[0])) continue;
    // A reset may forget what was received.
    const std::vector<std::uint8_t> command = std::exchange(received_, {});
    carry_out(command, answers);
    if (command[0] == kReset) break;  // what follows does not reach it
  }
  return answers;
}

void Ppk2Simulator::carry_out(std::span<const std::uint8_t> command, std::vector<std::string>& answers) {
  constexpr std::uint32_t kLowestMv = 800, kHighestMv = 5000;
  switch (command[0]) {
    case kAverageStart:
      return set_streaming(true);
    case kAverageStop:
      return set_streaming(false);
    case kDeviceRunningSet:
      return set_output(command[1] != 0);
    case kRegulatorSet:
      supply_mv_ = std::clamp<std::uint32_t>(command[1] << 8 | command[2], kLowestMv, kHighestMv);
      return;
    case kSetPowerMode:
      if (command[1] == kAmpere || command[1] == kSource) mode_ = command[1];
      return;
    case kGetMetadata:
      for (std::string& write : metadata_writes()) answers.push_back(std::move(write));
      return;
    case kReset:
      power_cycle();
      if (hooks_.was_reset) hooks_.was_reset();
      return;
    case kSetUserGains:
      if (command[1] < kRanges) std::memcpy(&user_gains_[command[1]], &command[2], sizeof(float));
      return;
    default:
      return;
  }
}

void Ppk2Simulator::set_streaming(bool streams) {
  if (streams_ == streams) return;
  streams_ = streams;
  carried_ua_ = 0;
  if (hooks_.stream_changed) hooks_.stream_changed(streams);
}

void Ppk2Simulator::set_output(bool on) {
  if (output_on_ == on) return;
  output_on_ = on;
  if (hooks_.output_changed) hooks_.output_changed(on);
}

void Ppk2Simulator::power_cycle() {
  set_streaming(false);
  set_output(false);
  received_.clear();
  mode_ = kSource;
  supply_mv_ = 3000;
  user_gains_.fill(1);
  counter_ = 0;
  to_lose_ = to_slip_ = to_saturate_ = 0;
  corrupt_ = false;
}

std::string Ppk2Simulator::metadata() const {
  std::string text = "Calibrated: 0\n";
  const auto each = [&](const char* key, const char* format, double RangeConstants::*value) {
    for (std::size_t i = 0; i < kRanges; ++i) {
      print(text, "%s%zu: ", key, i);
      const bool broken = metadata_fault_ == MetadataFault::kNotANumber && value == &RangeConstants::gain && i == 2;
      // As the firmware's own printf writes it.
      if (broken) {
        text += "-nan";
      } else {
        char number[32];
        std::snprintf(number, sizeof number, format, kConstants[i].*value);
        text += number;
      }
      text += '\n';
    }
  };
  each("R", "%.4f", &RangeConstants::shunt_ohm);
  each("GS", "%.4f", &RangeConstants::gain_slope);
  each("GI", "%.4f", &RangeConstants::gain);
  each("O", "%.4f", &RangeConstants::offset);
  print(text, "VDD: %u\nHW: 9173\nmode: %u\n", supply_mv_, mode_);
  each("S", "%.9f", &RangeConstants::supply_slope);
  each("I", "%.9f", &RangeConstants::zero);
  for (std::size_t i = 0; i < kRanges; ++i) print(text, "UG%zu: %.2f\n", i, static_cast<double>(user_gains_[i]));
  text += "IA: 56\n";
  if (metadata_fault_ != MetadataFault::kNoEnd) text += "END\n";
  return text;
}

std::vector<std::string> Ppk2Simulator::metadata_writes() const {
  const std::string text = metadata();
  if (metadata_fault_ != MetadataFault::kInThreeWrites) return {text};
  // The second cut is within "END".
  const std::size_t first = text.size() / 2, second = text.size() - 3;
  return {text.substr(0, first), text.substr(first, second - first), text.substr(second)};
}

std::uint32_t Ppk2Simulator::code_of(double current_ua, std::size_t range) {
  if (range != last_range_) carried_ua_ = 0;
  last_range_ = range;
  const RangeConstants& constants = kConstants[range];
  const double supply_volt = supply_mv_ / 1000.0;
  const double wanted_ua = current_ua + carried_ua_;
  const double nearest = std::round(exact_code_of(constants, wanted_ua, supply_volt));
  const double code = std::clamp(nearest, 0.0, kSaturatedCode - 1.0);
  carried_ua_ = code == nearest ? wanted_ua - current_ua_of(constants, code, supply_volt) : 0;
  return static_cast<std::uint32_t>(code);
}

std::string Ppk2Simulator::produce(std::size_t samples) {
  std::string bytes;
  if (!streams_) return bytes;
  bytes.reserve(samples * kWordBytes);
  for (std::size_t i = 0; i < samples; ++i) {
    const InstrumentInput input = hooks_.input();
    const double current_ua = output_on_ ? input.current_ua : 0;
    const std::size_t range = range_of(current_ua);
    std::uint32_t code = code_of(current_ua, range);
    if (to_saturate_ > 0) {
      --to_saturate_;
      code = kSaturatedCode;
      carried_ua_ = 0;
    }
    std::uint32_t counter = counter_;
    counter_ = (counter_ + 1) % 64;
    if (to_lose_ > 0) {
      --to_lose_;
      continue;
    }
    if (std::exchange(corrupt_, false)) counter ^= 0x2A;
    const std::uint32_t word =
        code | static_cast<std::uint32_t>(range) << 14 | counter << 18 | static_cast<std::uint32_t>(input.logic) << 24;
    for (std::size_t at = 0; at < kWordBytes; ++at) {
      if (to_slip_ > 0) {
        --to_slip_;
        continue;
      }
      bytes += static_cast<char>(word >> (8 * at));
    }
  }
  return bytes;
}

}  // namespace tinyrig::emulator
