#include "server/boards/board_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/error.h"

namespace tinyrig::boards {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::Board board(const std::string& id, const std::string& type, const std::string& label) {
  v1::Board result;
  result.set_id(id);
  result.set_board_type(type);
  result.add_labels(label);
  return result;
}

BoardDirectory farm() {
  v1::BoardType m4;
  m4.set_id("m4-type");
  return BoardDirectory({m4}, {board("one", "m4-type", "x"), board("two", "m4-type", "y"), board("three", "m0", "x")});
}

std::vector<std::string> ids(const absl::StatusOr<std::vector<v1::Board>>& boards) {
  std::vector<std::string> result;
  if (boards.ok()) {
    for (const v1::Board& entry : *boards) result.push_back(entry.id());
  }
  return result;
}

TEST(BoardDirectory, SelectsByNameTypeLabelAndAll) {
  const BoardDirectory directory = farm();
  EXPECT_THAT(ids(directory.select("two")), ElementsAre("two"));
  EXPECT_THAT(ids(directory.select("m4-type")), ElementsAre("one", "two"));
  EXPECT_THAT(ids(directory.select("label:x")), ElementsAre("one", "three"));
  EXPECT_THAT(ids(directory.select("all")), ElementsAre("one", "three", "two"));
}

TEST(BoardDirectory, AnUnknownSelectorNamesWhatExists) {
  const auto unknown = farm().select("four").status();
  EXPECT_EQ(reason_of(unknown), "BOARD_UNKNOWN");
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("one, three, two"));
  EXPECT_EQ(reason_of(farm().select("label:z").status()), "LABEL_UNKNOWN");
  EXPECT_EQ(reason_of(farm().find_type("m55").status()), "BOARD_TYPE_UNKNOWN");
}

TEST(BoardDirectory, UpdatesReplaceWhatIsTold) {
  BoardDirectory directory = farm();
  v1::Board busy = board("one", "m4-type", "x");
  busy.set_activity(v1::ACTIVITY_BUSY);
  directory.update(busy);
  EXPECT_EQ(directory.find("one")->activity(), v1::ACTIVITY_BUSY);
  EXPECT_EQ(directory.boards().size(), 3U);
}

}  // namespace
}  // namespace tinyrig::boards
