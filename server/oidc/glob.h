// Patterns of claims. They hold for the whole text: "*" stands for any characters but "/", "**" for any at all.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace tinyrig::oidc {

/// A value. Thread-safe.
class Glob {
 public:
  static constexpr std::size_t kMaxPatternBytes = 256;
  /// Longer texts match nothing: the work is the product of both lengths.
  static constexpr std::size_t kMaxTextBytes = 1024;

  /// INVALID_ARGUMENT (PATTERN_INVALID): empty, too long, three asterisks in a row, or a character that other patterns
  /// give a meaning and this one does not: ? [ ] { } \.
  static absl::StatusOr<Glob> parse(std::string pattern);

  bool matches(std::string_view text) const;
  /// What every text that matches begins with: the pattern up to its first asterisk.
  std::string_view literal_beginning() const { return std::string_view(pattern_).substr(0, pattern_.find('*')); }
  bool has_asterisk() const { return pattern_.find('*') != std::string::npos; }
  const std::string& pattern() const { return pattern_; }

 private:
  explicit Glob(std::string pattern) : pattern_(std::move(pattern)) {}

  std::string pattern_;
};

}  // namespace tinyrig::oidc
