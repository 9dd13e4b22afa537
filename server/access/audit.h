// What of a call is written down: who, which method, about what, with which result. Never what was in it.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/access/caller.h"
#include "tinyrig/v1/access.pb.h"

namespace tinyrig::access {

/// The id of the board, job, model or token that a request or response is about; empty if it names none. Clean text.
std::string subject_of(const google::protobuf::Message& message);

/// "OK", or the reason of an error.
std::string result_text(const absl::Status& status);

v1::AuditLine audit_line(absl::Time time, const Caller& caller, const google::protobuf::MethodDescriptor& method,
                         std::string subject, const absl::Status& status);

}  // namespace tinyrig::access
