#include "wire/trigger_line.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace tinyrig::trigger_line {
namespace {

TEST(TriggerLine, ARecordByByte) {
  EXPECT_EQ(encode(Kind::kRose, 0x0102030405060708),
            (Record{0xE1, 8, 7, 6, 5, 4, 3, 2, 1, 0xE1 ^ 0x5A ^ 8 ^ 7 ^ 6 ^ 5 ^ 4 ^ 3 ^ 2 ^ 1}));
}

TEST(TriggerLine, RecordsComeBackAndOneWrongBitIsNoRecord) {
  constexpr std::uint32_t kSeed = 11;
  RecordProperty("seed", std::to_string(kSeed));
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 1'000; ++i) {
    const Kind kind = std::array{Kind::kFell, Kind::kRose, Kind::kRate}[random() % 3];
    const std::uint64_t number = random() >> random() % 64;
    Record record = encode(kind, number);
    Kind read{};
    std::uint64_t read_number = 0;
    ASSERT_TRUE(decode(record, read, read_number));
    ASSERT_EQ(read, kind);
    ASSERT_EQ(read_number, number);
    const std::size_t bit = random() % (8 * record.size());
    record[bit / 8] = static_cast<std::uint8_t>(record[bit / 8] ^ 1U << bit % 8);
    ASSERT_FALSE(decode(record, read, read_number)) << number << ", bit " << bit;
  }
}

}  // namespace
}  // namespace tinyrig::trigger_line
