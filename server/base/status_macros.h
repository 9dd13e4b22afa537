// Macros that hand an error up to the caller: two for functions, one for coroutines.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define TINYRIG_CONCAT_INNER(a, b) a##b
#define TINYRIG_CONCAT(a, b) TINYRIG_CONCAT_INNER(a, b)

/// Returns from the function when `expression` (an absl::Status) is an error.
#define TINYRIG_RETURN_IF_ERROR(expression)                                 \
  do {                                                                      \
    if (absl::Status tinyrig_status = (expression); !tinyrig_status.ok()) { \
      return tinyrig_status;                                                \
    }                                                                       \
  } while (false)

/// Declares or assigns `target` from an absl::StatusOr, or returns its error.
#define TINYRIG_ASSIGN_OR_RETURN(target, expression) \
  TINYRIG_ASSIGN_OR_RETURN_INNER(TINYRIG_CONCAT(tinyrig_status_or_, __LINE__), target, expression)
// NOLINTBEGIN(bugprone-macro-parentheses): `target` may be a declaration
#define TINYRIG_ASSIGN_OR_RETURN_INNER(temporary, target, expression) \
  auto temporary = (expression);                                      \
  if (!temporary.ok()) return temporary.status();                     \
  target = std::move(temporary).value()
// NOLINTEND(bugprone-macro-parentheses)

/// In a coroutine: co_returns when `expression` (an absl::Status, may be a co_await) is an error. The result is
/// bound to a name before it is tested (GCC 12, docs/decisions/0001).
#define TINYRIG_CO_RETURN_IF_ERROR(expression)  \
  do {                                          \
    absl::Status tinyrig_status = (expression); \
    if (!tinyrig_status.ok()) {                 \
      co_return tinyrig_status;                 \
    }                                           \
  } while (false)
