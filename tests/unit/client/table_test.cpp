#include "client/table.h"

#include <gtest/gtest.h>

namespace tinyrig::client {
namespace {

TEST(Table, ColumnsLineUp) {
  Table table({{"NAME"}, {"COUNT", Table::Align::kRight}, {"LAST"}});
  table.add({"a", "1", "x"});
  table.add({"longer", "1,000,000", ""});
  table.add({"short row"});
  EXPECT_EQ(table.text(),
            "NAME           COUNT  LAST\n"
            "a                  1  x\n"
            "longer     1,000,000\n"
            "short row\n");
}

TEST(Table, CountsCharactersNotBytes) {
  Table table({{"N\u00d7S"}, {"Z"}});
  table.add({"\u00e4\u00f6\u00fc\u00df", "1"});
  EXPECT_EQ(table.text(), "N\u00d7S   Z\n\u00e4\u00f6\u00fc\u00df  1\n");
}

TEST(Table, NamesCannotDriveTheTerminal) {
  Table table({{"NAME"}});
  table.add({"a\x1b[2Jb\nc"});
  EXPECT_EQ(table.text(), "NAME\na?[2Jb?c\n");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "??31m")
      << "one-character CSI";
  EXPECT_EQ(printable("\u00e4"), "\u00e4");
}

TEST(Shortened, CutsByCharacters) {
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdefg", 6), "abc...");
  EXPECT_EQ(shortened("\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4", 6), "\u00e4\u00f6\u00fc...");
}

}  // namespace
}  // namespace tinyrig::client
