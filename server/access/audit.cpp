#include "server/access/audit.h"

#include <utility>

#include "server/access/roles.h"
#include "server/base/clean_text.h"
#include "server/base/error.h"
#include "server/store/columns.h"

namespace tinyrig::access {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::size_t kMostSubjectBytes = 200;
constexpr int kDeepest = 3;

bool names_subject(const std::string& field) {
  return field == "board_id" || field == "job_id" || field == "run_id" || field == "id" || field == "sha256";
}

std::string first_subject(const Message& message, int depth) {
  const auto* descriptor = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (field->is_repeated()) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && names_subject(field->name())) {
      std::string subject = reflection->GetString(message, field);
      if (!subject.empty()) return subject;
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && depth < kDeepest &&
        reflection->HasField(message, field)) {
      std::string subject = first_subject(reflection->GetMessage(message, field), depth + 1);
      if (!subject.empty()) return subject;
    }
  }
  return "";
}

}  // namespace

std::string subject_of(const Message& message) {
  std::string subject = clean_text(first_subject(message, 0), kMostSubjectBytes);
  for (char& c : subject) {
    if (c == '\n' || c == '\t') c = '?';  // one line of a log each
  }
  return subject;
}

std::string result_text(const absl::Status& status) {
  if (status.ok()) return "OK";
  std::string reason = reason_of(status);
  return reason.empty() ? absl::StatusCodeToString(status.code()) : reason;
}

v1::AuditLine audit_line(absl::Time time, const Caller& caller, const google::protobuf::MethodDescriptor& method,
                         std::string subject, const absl::Status& status) {
  v1::AuditLine line;
  *line.mutable_time() = store::timestamp_of(time);
  line.set_user(caller.user);
  line.set_token_id(caller.token_id);
  line.set_method(short_name(method));
  line.set_subject(std::move(subject));
  line.set_result(result_text(status));
  return line;
}

}  // namespace tinyrig::access
