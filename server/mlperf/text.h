// Pieces of lines that others wrote: numbers as they stand there, names out of paths. Nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace tinyrig::mlperf {

/// absl::StrCat that takes std::string_view, too: Debian's Abseil has a string_view of its own.
template <class Part>
const Part& as_piece(const Part& part) {
  return part;
}
inline absl::string_view as_piece(const std::string_view& text) { return {text.data(), text.size()}; }
template <class... Parts>
std::string concat(const Parts&... parts) {
  return absl::StrCat(as_piece(parts)...);
}

/// A number as it was printed: how many digits tell how exact it is.
struct Decimal {
  double value = 0;
  int decimals = 0;

  /// What one more of its last digit is worth: "90.2" -> 0.1.
  double last_digit() const;
};

/// Of the text's beginning, after blanks: "  88.345 inf./sec." -> 88.345 with 3 decimals. None: no finite number.
std::optional<Decimal> leading_number(std::string_view text);
std::optional<std::uint64_t> leading_count(std::string_view text);

/// Without blanks, CR and NUL at both ends.
std::string_view stripped(std::string_view text);

/// Cuts `prefix` off; false when it is not there.
bool consume(std::string_view* text, std::string_view prefix);

/// What stands behind the colon of "  Runtime      :  1.2 sec." when that is `key`; none: another line.
std::optional<std::string_view> value_of(std::string_view line, std::string_view key);

/// The text between `open` and the next ']': in_brackets("m-version[3.0.10]", "m-version[") -> "3.0.10".
std::optional<std::string_view> in_brackets(std::string_view text, std::string_view open);

/// Finite numbers between commas, of "0.1,0.2," as of "0.1, 0.2"; the first `most` of them. What is no number ends it.
std::vector<float> number_list(std::string_view text, std::size_t most);

/// Behind the last slash of either kind.
std::string_view base_name(std::string_view path);

/// At most `most` bytes of it.
std::string cut(std::string_view text, std::size_t most);

/// Lines out of chunks of a file. Of a line longer than kMaxLineBytes the rest is left out.
class LineSplitter {
 public:
  static constexpr std::size_t kMaxLineBytes = std::size_t{64} * 1024;
  using Sink = std::function<void(std::uint32_t line, std::string_view text)>;

  explicit LineSplitter(Sink sink) : sink_(std::move(sink)) {}
  void feed(std::string_view chunk);
  /// The last line, when no newline ended it.
  void finish();

 private:
  Sink sink_;
  std::string line_;
  std::uint32_t number_ = 0;
};

}  // namespace tinyrig::mlperf
