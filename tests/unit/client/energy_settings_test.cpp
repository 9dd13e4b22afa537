// What `submit` takes of energy windows: each limit, and both together.
#include "client/energy_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyrig::client {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string problem(std::uint32_t windows, std::uint32_t window_ms) {
  return energy_settings_problem({.windows = windows, .window_ms = window_ms, .measured = true});
}

TEST(EnergySettings, WhatTheServerTakes) {
  EXPECT_THAT(problem(0, 0), IsEmpty());
  EXPECT_THAT(problem(2, 20), IsEmpty());
  EXPECT_THAT(problem(2, 60'000), IsEmpty());
  EXPECT_THAT(problem(100, 1'200), IsEmpty());
  EXPECT_THAT(problem(100, 0), IsEmpty()) << "20 s";
  EXPECT_THAT(problem(0, 24'000), IsEmpty()) << "five of them are 120 s";
}

TEST(EnergySettings, LimitsAreNamed) {
  EXPECT_EQ(problem(1, 0), "--energy-windows 1: give 2 to 100");
  EXPECT_EQ(problem(101, 20), "--energy-windows 101: give 2 to 100");
  EXPECT_EQ(problem(0, 19), "--energy-window-ms 19: give 20 to 60,000");
  EXPECT_EQ(problem(2, 60'001), "--energy-window-ms 60001: give 20 to 60,000");
}

TEST(EnergySettings, AllTogetherAreTooLong) {
  EXPECT_EQ(problem(3, 60'000), "3 windows of 60,000 ms are longer than 120 s in all: give fewer or shorter ones");
  EXPECT_THAT(problem(0, 24'001), HasSubstr("5 windows of 24,001 ms are longer"));
  EXPECT_THAT(problem(100, 1'201), HasSubstr("longer than 120 s"));
  EXPECT_THAT(problem(4'294'967'295U, 4'294'967'295U), HasSubstr("--energy-windows")) << "no overflow";
}

TEST(EnergySettings, WithoutEnergyTheyMeanNothing) {
  EXPECT_THAT(energy_settings_problem({}), IsEmpty());
  EXPECT_EQ(energy_settings_problem({.windows = 5}), "--energy-windows without energy: add --measure energy");
  EXPECT_EQ(energy_settings_problem({.window_ms = 200}), "--energy-window-ms without energy: add --measure energy");
}

}  // namespace
}  // namespace tinyrig::client
