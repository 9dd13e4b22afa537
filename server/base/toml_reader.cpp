#include "server/base/toml_reader.h"

#include <fstream>
#include <limits>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace tinyrig {

absl::StatusOr<std::string> read_text_file(const std::filesystem::path& file, const std::string& reason) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return make_error(absl::StatusCode::kNotFound, reason, absl::StrCat("cannot read ", file.string()),
                      "Check the path and its permissions.");
  }
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

absl::StatusOr<toml::table> parse_toml(const std::string& text, const std::string& file, const std::string& reason) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    return make_error(absl::StatusCode::kInvalidArgument, reason,
                      absl::StrCat(file, ":", error.source().begin.line, ": ", std::string(error.description())),
                      "The file is TOML 1.0.");
  }
}

absl::StatusOr<toml::table> parse_toml_file(const std::filesystem::path& file, const std::string& reason) {
  TINYRIG_ASSIGN_OR_RETURN(const std::string text, read_text_file(file, reason));
  return parse_toml(text, file.string(), reason);
}

TomlReader::TomlReader(const toml::table& table, std::string file, std::string what, std::string reason)
    : table_(table), file_(std::move(file)), what_(std::move(what)), reason_(std::move(reason)) {}

TomlReader TomlReader::inner(const toml::table& table, const std::string& what) const {
  return TomlReader(table, file_, absl::StrCat(what_, ", ", what), reason_);
}

void TomlReader::take(absl::Status status) {
  if (status_.ok()) status_ = std::move(status);
}

void TomlReader::fail(const toml::node& at, const std::string& problem) {
  if (!status_.ok()) return;
  status_ = make_error(absl::StatusCode::kInvalidArgument, reason_,
                       absl::StrCat(file_, ":", at.source().begin.line, ": ", what_, ": ", problem));
}

const toml::node* TomlReader::get(const char* key, bool required) {
  read_.insert(key);
  const toml::node* node = table_.get(key);
  if (node == nullptr && required) fail(table_, absl::StrCat("'", key, "' is missing"));
  return node;
}

std::string TomlReader::text(const char* key) {
  const toml::node* node = get(key, true);
  if (node == nullptr) return "";
  const auto value = node->value_exact<std::string>();
  if (!value.has_value() || value->empty()) {
    fail(*node, absl::StrCat("'", key, "' must be a non-empty string"));
    return "";
  }
  return *value;
}

std::string TomlReader::text(const char* key, std::string fallback) {
  return get(key, false) == nullptr ? std::move(fallback) : text(key);
}

std::uint64_t TomlReader::number(const char* key) {
  const toml::node* node = get(key, true);
  if (node == nullptr) return 0;
  const auto value = node->value_exact<std::int64_t>();
  if (!value.has_value() || *value < 0) {
    fail(*node, absl::StrCat("'", key, "' must be a whole number of 0 or more"));
    return 0;
  }
  return static_cast<std::uint64_t>(*value);
}

std::uint64_t TomlReader::number(const char* key, std::uint64_t fallback) {
  return get(key, false) == nullptr ? fallback : number(key);
}

std::uint32_t TomlReader::number_32(const char* key) {
  const std::uint64_t value = number(key);
  if (value <= std::numeric_limits<std::uint32_t>::max()) return static_cast<std::uint32_t>(value);
  fail(*table_.get(key), absl::StrCat("'", key, "' is too large"));
  return 0;
}

std::uint32_t TomlReader::number_32(const char* key, std::uint32_t fallback) {
  return get(key, false) == nullptr ? fallback : number_32(key);
}

bool TomlReader::flag(const char* key, bool fallback) {
  const toml::node* node = get(key, false);
  if (node == nullptr) return fallback;
  const auto value = node->value_exact<bool>();
  if (!value.has_value()) fail(*node, absl::StrCat("'", key, "' must be true or false"));
  return value.value_or(fallback);
}

double TomlReader::fraction(const char* key, double fallback) {
  const toml::node* node = get(key, false);
  if (node == nullptr) return fallback;
  const auto value = node->value<double>();  // 0 and 1 may be written as whole numbers
  if (!value.has_value() || !(*value >= 0 && *value <= 1)) {
    fail(*node, absl::StrCat("'", key, "' must be a number from 0 to 1"));
    return fallback;
  }
  return *value;
}

std::vector<std::string> TomlReader::texts(const char* key) {
  std::vector<std::string> result;
  const toml::node* node = get(key, false);
  if (node == nullptr) return result;
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    fail(*node, absl::StrCat("'", key, "' must be an array of strings"));
    return result;
  }
  for (const toml::node& element : *array) {
    const auto value = element.value_exact<std::string>();
    if (!value.has_value()) fail(element, absl::StrCat("'", key, "' must be an array of strings"));
    result.push_back(value.value_or(""));
  }
  return result;
}

const toml::table* TomlReader::table(const char* key) {
  const toml::node* node = get(key, false);
  if (node == nullptr) return nullptr;
  if (node->as_table() == nullptr) fail(*node, absl::StrCat("'", key, "' must be a table"));
  return node->as_table();
}

const toml::array* TomlReader::array(const char* key) {
  const toml::node* node = get(key, false);
  if (node == nullptr) return nullptr;
  if (node->as_array() == nullptr) fail(*node, absl::StrCat("'", key, "' must be written [[", key, "]]"));
  return node->as_array();
}

absl::Status TomlReader::finish() {
  for (const auto& [key, node] : table_) {
    if (!read_.contains(std::string(key.str()))) {
      fail(node, absl::StrCat("unknown key '", std::string(key.str()), "'; known are ", absl::StrJoin(read_, ", ")));
    }
  }
  return status_;
}

}  // namespace tinyrig
