#include "server/oidc/strict_json.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"

namespace tinyrig::oidc {
namespace {

namespace json = boost::json;

// Builds the value as Boost's own parser does, and remembers the members of the objects that are open.
class StrictHandler {
 public:
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  json::value_stack values;
  std::string twice;  // the member that came again

  bool on_document_begin(json::error_code&) {
    values.reset();
    return true;
  }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    open_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t members, json::error_code&) {
    open_.pop_back();
    values.push_object(members);
    return true;
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t elements, json::error_code&) {
    values.push_array(elements);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    values.push_chars(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& error) {
    key_.append(part.data(), part.size());
    std::string key = std::exchange(key_, {});
    if (!open_.back().insert(key).second) {
      twice = std::move(key);
      error = json::error::syntax;
      return false;
    }
    values.push_key(part);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    values.push_chars(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    values.push_string(part);
    return true;
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, json::error_code&) {
    values.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, json::string_view, json::error_code&) {
    values.push_uint64(value);
    return true;
  }
  bool on_double(double value, json::string_view, json::error_code&) {
    values.push_double(value);
    return true;
  }
  bool on_bool(bool value, json::error_code&) {
    values.push_bool(value);
    return true;
  }
  bool on_null(json::error_code&) {
    values.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  std::vector<std::set<std::string>> open_;
  std::string key_;
};

}  // namespace

absl::StatusOr<json::object> parse_strict_object(std::string_view text, const std::string& what,
                                                 const std::string& reason) {
  json::basic_parser<StrictHandler> parser(json::parse_options{});
  json::error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  StrictHandler& handler = parser.handler();
  if (!handler.twice.empty()) {
    return make_error(absl::StatusCode::kInvalidArgument, reason,
                      absl::StrCat(what, " has '", clean_text(handler.twice, 64), "' twice"));
  }
  if (error || read < text.size()) {
    return make_error(absl::StatusCode::kInvalidArgument, reason,
                      absl::StrCat(what, " is no JSON: ", error ? error.message() : "something follows its end"));
  }
  json::value value = handler.values.release();
  if (!value.is_object()) {
    return make_error(absl::StatusCode::kInvalidArgument, reason, absl::StrCat(what, " is no JSON object"));
  }
  return std::move(value.get_object());
}

std::optional<std::string> string_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string().data(), value->get_string().size());
}

}  // namespace tinyrig::oidc
