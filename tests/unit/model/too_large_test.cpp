#include "server/model/too_large.h"

#include <gtest/gtest.h>

namespace tinyrig::model {
namespace {

TEST(TooLarge, IsNothingWhenImageAndArenaShareTheRam) {
  EXPECT_FALSE(too_large("m", "b", 1600, 320, {1920, 0}).has_value());
}

TEST(TooLarge, IsNothingWhenTheSlotTakesTheImage) {
  EXPECT_FALSE(too_large("m", "b", 1600, 320, {320, 1600}).has_value());
}

// No slot: 1600 + 320 = 1920 of RAM, and there are 1904.
TEST(TooLarge, WithoutASlotBothCountAgainstTheRam) {
  const auto why = too_large("kws", "tiny", 1600, 320, {1904, 0});
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(why->reason, "MODEL_TOO_LARGE_FOR_RAM");
  EXPECT_EQ(why->missing_bytes, 16U);
  EXPECT_EQ(why->message,
            "model 'kws' does not fit on tiny: its arena of 320 bytes and image of 1600 bytes need 16 bytes more than "
            "the 1904 bytes of RAM for models");
}

// The slot takes the image; of the arena's 320 there are 160.
TEST(TooLarge, WithASlotTheRamIsForTheArenaAlone) {
  const auto why = too_large("kws", "tiny", 1600, 320, {160, 1600});
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(why->reason, "MODEL_TOO_LARGE_FOR_RAM");
  EXPECT_EQ(why->missing_bytes, 160U);
  EXPECT_EQ(why->message,
            "model 'kws' does not fit on tiny: its arena of 320 bytes need 160 bytes more than the 160 bytes of RAM "
            "for models");
}

// 1600 into 1024 lacks 576; the RAM lacks some too, but the slot is what cannot be helped.
TEST(TooLarge, ASlotTooSmallIsSaidFirst) {
  const auto why = too_large("vww", "tiny", 1600, 320, {160, 1024});
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(why->reason, "MODEL_TOO_LARGE_FOR_SLOT");
  EXPECT_EQ(why->missing_bytes, 576U);
  EXPECT_EQ(why->message,
            "model 'vww' does not fit on tiny: its image of 1600 bytes is 576 bytes larger than the model slot "
            "of 1024 bytes");
}

// An arena that nobody knows yet is not counted; the slot, if the model fits there, leaves it all the RAM.
TEST(TooLarge, AnUnknownArenaIsLeftToTheBoard) {
  EXPECT_FALSE(too_large("m", "b", 1600, std::nullopt, {1600, 0}).has_value());
  EXPECT_FALSE(too_large("m", "b", 1600, std::nullopt, {16, 1600}).has_value());
  const auto why = too_large("kws", "tiny", 1600, std::nullopt, {1584, 0});
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(why->reason, "MODEL_TOO_LARGE_FOR_RAM");
  EXPECT_EQ(why->missing_bytes, 16U);
  EXPECT_EQ(why->message,
            "model 'kws' does not fit on tiny: its image of 1600 bytes need 16 bytes more than the 1584 bytes of RAM "
            "for models");
}

}  // namespace
}  // namespace tinyrig::model
