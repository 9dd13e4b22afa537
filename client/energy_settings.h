// What `tinyrig submit` may ask for of energy, with the limits of RunSettings (proto/tinyrig/v1/job.proto). Pure.
#pragma once

#include <cstdint>
#include <string>

namespace tinyrig::client {

constexpr std::uint32_t kLeastEnergyWindows = 2;
constexpr std::uint32_t kMostEnergyWindows = 100;
constexpr std::uint32_t kShortestEnergyWindowMs = 20;
constexpr std::uint32_t kLongestEnergyWindowMs = 60'000;
constexpr std::uint32_t kDefaultEnergyWindows = 5;
constexpr std::uint32_t kDefaultEnergyWindowMs = 200;
constexpr std::uint32_t kMostEnergyMsInAll = 120'000;

/// Why these do not go together, for people; empty when they do. 0: not given.
struct EnergySettings {
  std::uint32_t windows = 0;
  std::uint32_t window_ms = 0;
  bool measured = false;  // energy is among the measurements
};
std::string energy_settings_problem(const EnergySettings& settings);

}  // namespace tinyrig::client
