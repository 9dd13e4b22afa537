// The reasons that a model is refused with, stable for programs; server/base/error.h carries them.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/base/error.h"

namespace tinyrig::model {

inline constexpr char kNotFlatbuffer[] = "MODEL_NOT_FLATBUFFER";      // no .tflite, cut off, or offsets that lie
inline constexpr char kInvalid[] = "MODEL_INVALID";                   // a flatbuffer that contradicts itself
inline constexpr char kFloatModel[] = "MODEL_FLOAT";                  // computes in float32
inline constexpr char kHybridModel[] = "MODEL_HYBRID";                // int8 weights, float32 activations
inline constexpr char kUnknownOperator[] = "MODEL_UNKNOWN_OPERATOR";  // the engine has no such operator
inline constexpr char kUnsupported[] = "MODEL_UNSUPPORTED";           // a type or option that the engine lacks
inline constexpr char kTooLarge[] = "MODEL_TOO_LARGE";                // beyond the limits of limits.h

// A sound model that the engine cannot run, as against a file that contradicts itself or is far too large.
inline bool is_about_whole_model(const std::string& reason) { return reason == kFloatModel || reason == kHybridModel; }
inline bool is_refusal(const std::string& reason) {
  return reason == kUnknownOperator || reason == kUnsupported || is_about_whole_model(reason);
}

// Where a message has no hint of its own.
inline std::string usual_hint(const std::string& reason) {
  if (reason == kTooLarge) return "use a smaller model: these limits are far beyond what a microcontroller holds";
  if (reason == kUnsupported) return "convert it with full-integer int8 quantization; see docs/packed_model.md";
  return "write the file anew with the converter; a damaged download looks like this too";
}

inline absl::Status model_error(const char* reason, std::string message, std::string hint = "") {
  if (hint.empty()) hint = usual_hint(reason);
  return make_error(absl::StatusCode::kInvalidArgument, reason, std::move(message), std::move(hint));
}

}  // namespace tinyrig::model
