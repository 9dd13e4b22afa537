#include "client/energy_settings.h"

#include "client/format.h"

namespace tinyrig::client {

std::string energy_settings_problem(const EnergySettings& settings) {
  if (settings.windows == 0 && settings.window_ms == 0) return "";
  const std::string named = settings.windows != 0 ? "--energy-windows" : "--energy-window-ms";
  if (!settings.measured) return named + " without energy: add --measure energy";
  const std::uint64_t windows = settings.windows == 0 ? kDefaultEnergyWindows : settings.windows;
  const std::uint64_t window_ms = settings.window_ms == 0 ? kDefaultEnergyWindowMs : settings.window_ms;
  const auto out_of_range = [](const char* name, std::uint64_t value, std::uint32_t least, std::uint32_t most) {
    return std::string(name) + " " + std::to_string(value) + ": give " + grouped(least) + " to " + grouped(most);
  };
  if (windows < kLeastEnergyWindows || windows > kMostEnergyWindows) {
    return out_of_range("--energy-windows", windows, kLeastEnergyWindows, kMostEnergyWindows);
  }
  if (window_ms < kShortestEnergyWindowMs || window_ms > kLongestEnergyWindowMs) {
    return out_of_range("--energy-window-ms", window_ms, kShortestEnergyWindowMs, kLongestEnergyWindowMs);
  }
  if (windows * window_ms > kMostEnergyMsInAll) {
    return std::to_string(windows) + " windows of " + grouped(window_ms) + " ms are longer than " +
           std::to_string(kMostEnergyMsInAll / 1000) + " s in all: give fewer or shorter ones";
  }
  return "";
}

}  // namespace tinyrig::client
