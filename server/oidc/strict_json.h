// JSON of strangers: bounded depth, and no member twice, which readers would understand differently.
//
// Thread-safe: it keeps nothing.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tinyrig::oidc {

/// The caller bounds the size of `text`. INVALID_ARGUMENT (`reason`): `what` is no JSON object, is nested deeper than
/// 32 levels, or has a member twice.
absl::StatusOr<boost::json::object> parse_strict_object(std::string_view text, const std::string& what,
                                                        const std::string& reason);

/// nullopt: there is no such member, or it is no string.
std::optional<std::string> string_member(const boost::json::object& object, std::string_view name);

}  // namespace tinyrig::oidc
