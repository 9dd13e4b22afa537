// A table of text: columns as wide as what is in them, numbers to the right.
#pragma once

#include <string>
#include <vector>

namespace tinyrig::client {

class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// Missing cells are empty; control characters of hostile names come out as '?'.
  void add(std::vector<std::string> cells);
  std::size_t rows() const { return rows_.size(); }

  /// Title line, then the rows, each ended by a newline; no blanks at line ends.
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// Columns that UTF-8 text takes, one per code point.
std::size_t display_width(const std::string& text);

/// `text` without control characters: they could drive the terminal.
std::string printable(const std::string& text);

/// At most `width` code points, the last three of them dots when something was cut.
std::string shortened(const std::string& text, std::size_t width);

}  // namespace tinyrig::client
