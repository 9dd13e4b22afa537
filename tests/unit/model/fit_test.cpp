#include "server/model/fit.h"

#include <gtest/gtest.h>

namespace tinyrig::model {
namespace {

TEST(Fit, PrefersRamWhenBothFit) {
  const Fit fit = fit_model(1000, 500, {.model_ram_bytes = 1520, .model_slot_bytes = 1 << 20});  // 1008 + 512
  EXPECT_EQ(fit.placement, ModelPlacement::kRam);
  EXPECT_EQ(fit.missing_ram_bytes, 0U);
}

TEST(Fit, TakesTheSlotWhenRamHoldsTheArenaOnly) {
  EXPECT_EQ(fit_model(1000, 500, {.model_ram_bytes = 1519, .model_slot_bytes = 1008}).placement, ModelPlacement::kSlot);
  EXPECT_EQ(fit_model(1000, 512, {.model_ram_bytes = 512, .model_slot_bytes = 1008}).placement, ModelPlacement::kSlot);
}

TEST(Fit, SaysHowManyBytesAreMissing) {
  const Fit no_slot = fit_model(1008, 512, {.model_ram_bytes = 1500});
  EXPECT_EQ(no_slot.placement, ModelPlacement::kDoesNotFit);
  EXPECT_EQ(no_slot.missing_ram_bytes, 20U);
  EXPECT_EQ(no_slot.missing_slot_bytes, 0U);

  const Fit slot_too_small = fit_model(1008, 512, {.model_ram_bytes = 600, .model_slot_bytes = 1000});
  EXPECT_EQ(slot_too_small.placement, ModelPlacement::kDoesNotFit);
  EXPECT_EQ(slot_too_small.missing_ram_bytes, 0U);
  EXPECT_EQ(slot_too_small.missing_slot_bytes, 8U);

  const Fit both = fit_model(1008, 512, {.model_ram_bytes = 500, .model_slot_bytes = 1000});
  EXPECT_EQ(both.missing_ram_bytes, 12U);
  EXPECT_EQ(both.missing_slot_bytes, 8U);
}

TEST(Fit, AnArenaOfUnknownSizeGetsTheRamToItself) {
  EXPECT_EQ(fit_model(1000, std::nullopt, {.model_ram_bytes = 9999, .model_slot_bytes = 1008}).placement,
            ModelPlacement::kSlot);
  EXPECT_EQ(fit_model(1000, std::nullopt, {.model_ram_bytes = 1008, .model_slot_bytes = 992}).placement,
            ModelPlacement::kRam);
  const Fit fit = fit_model(1000, std::nullopt, {.model_ram_bytes = 1000});
  EXPECT_EQ(fit.placement, ModelPlacement::kDoesNotFit);
  EXPECT_EQ(fit.missing_ram_bytes, 8U);
}

TEST(Fit, DoesNotOverflow) {
  const Fit fit = fit_model(0xFFFFFFFFU, 0xFFFFFFFFU, {});
  EXPECT_EQ(fit.placement, ModelPlacement::kDoesNotFit);
  EXPECT_EQ(fit.missing_ram_bytes, 0x200000000U);
}

}  // namespace
}  // namespace tinyrig::model
