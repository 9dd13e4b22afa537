// Whose jobs they are: a text with claims in braces, "ci/{repository}".
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace tinyrig::oidc {

/// A value. Thread-safe.
class OwnerTemplate {
 public:
  /// What a job's owner may have.
  static constexpr std::size_t kMaxOwnerBytes = 100;

  /// INVALID_ARGUMENT (OWNER_INVALID): empty, or its braces make no sense.
  static absl::StatusOr<OwnerTemplate> parse(const std::string& text);

  /// PERMISSION_DENIED (TOKEN_NOT_ALLOWED): the token has no such claim, or the owner would be too long or no plain
  /// text.
  absl::StatusOr<std::string> fill(const boost::json::object& claims) const;

 private:
  struct Piece {
    std::string text;   // before the claim
    std::string claim;  // empty: none, at the end
  };
  OwnerTemplate(std::string source, std::vector<Piece> pieces)
      : source_(std::move(source)), pieces_(std::move(pieces)) {}

  std::string source_;
  std::vector<Piece> pieces_;
};

}  // namespace tinyrig::oidc
