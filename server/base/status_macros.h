// Two macros that hand an error up to the caller. Not for coroutines (they return with `return`).
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
#define TINYRIG_ASSIGN_OR_RETURN_INNER(temporary, target, expression) \
  auto temporary = (expression);                                      \
  if (!temporary.ok()) return temporary.status();                     \
  target = std::move(temporary).value()
