// Reads one TOML table with errors that name file, line and key. Keys that nobody asked for are errors
// too: a misspelt key must not be silently ignored.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tinyrig {

// NOT_FOUND (`reason`) when unreadable.
absl::StatusOr<std::string> read_text_file(const std::filesystem::path& file, const std::string& reason);

// INVALID_ARGUMENT (`reason`) with file and line on a syntax error. `file` is for messages.
absl::StatusOr<toml::table> parse_toml(const std::string& text, const std::string& file, const std::string& reason);

// Both of them.
absl::StatusOr<toml::table> parse_toml_file(const std::filesystem::path& file, const std::string& reason);

class TomlReader {
 public:
  // `what`: how errors call the table, "board #2". `reason`: of every error.
  TomlReader(const toml::table& table, std::string file, std::string what, std::string reason);

  // Required unless a default is given. The first error sticks and is told by finish().
  std::string text(const char* key);
  std::string text(const char* key, std::string fallback);
  std::uint64_t number(const char* key);
  std::uint64_t number(const char* key, std::uint64_t fallback);
  // At most 4,294,967,295.
  std::uint32_t number_32(const char* key);
  std::uint32_t number_32(const char* key, std::uint32_t fallback);
  bool flag(const char* key, bool fallback);
  // A number from 0 to 1.
  double fraction(const char* key, double fallback);
  std::vector<std::string> texts(const char* key);
  // nullptr when absent.
  const toml::table* table(const char* key);
  // Of tables, [[key]]; nullptr when absent.
  const toml::array* array(const char* key);
  // A reader of a table in this one, whose errors go on from here: reader.take(inner.finish()).
  TomlReader inner(const toml::table& table, const std::string& what) const;
  void fail(const toml::node& at, const std::string& problem);
  void take(absl::Status status);

  // Complains of keys that were never asked for, and names those that were.
  absl::Status finish();

 private:
  const toml::node* get(const char* key, bool required);

  const toml::table& table_;
  const std::string file_, what_, reason_;
  std::set<std::string> read_;
  absl::Status status_;
};

}  // namespace tinyrig
