#include "server/base/error.h"

#include <gtest/gtest.h>

namespace tinyrig {
namespace {

TEST(Error, CarriesReasonAndHint) {
  const absl::Status status =
      make_error(absl::StatusCode::kInvalidArgument, "MODEL_NOT_FLATBUFFER", "no TFL3 identifier", "give a .tflite");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(status.message()), "no TFL3 identifier");
  EXPECT_EQ(reason_of(status), "MODEL_NOT_FLATBUFFER");
  EXPECT_EQ(hint_of(status), "give a .tflite");
}

TEST(Error, IsEmptyWhereNothingWasGiven) {
  EXPECT_EQ(reason_of(absl::OkStatus()), "");
  EXPECT_EQ(reason_of(absl::NotFoundError("plain")), "");
  EXPECT_EQ(hint_of(make_error(absl::StatusCode::kInternal, "R", "m")), "");
}

}  // namespace
}  // namespace tinyrig
