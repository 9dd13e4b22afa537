#include "server/access/roles.h"

#include <unordered_map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tinyrig/v1/access.pb.h"
#include "tinyrig/v1/admin.pb.h"
#include "tinyrig/v1/board.pb.h"
#include "tinyrig/v1/board_access.pb.h"
#include "tinyrig/v1/energy_trace.pb.h"
#include "tinyrig/v1/event.pb.h"
#include "tinyrig/v1/job.pb.h"
#include "tinyrig/v1/leaderboard.pb.h"
#include "tinyrig/v1/model.pb.h"
#include "tinyrig/v1/run.pb.h"
#include "tinyrig/v1/system.pb.h"

namespace tinyrig::access {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;

// One message of every file that has a service; a test holds this list to the files.
std::vector<const FileDescriptor*> files_with_services() {
  return {v1::GetCallerRequest::descriptor()->file(),      v1::GetStorageRequest::descriptor()->file(),
          v1::ListBoardsRequest::descriptor()->file(),     v1::OpenConsoleRequest::descriptor()->file(),
          v1::GetEnergyTraceRequest::descriptor()->file(), v1::SubscribeEventsRequest::descriptor()->file(),
          v1::GetJobRequest::descriptor()->file(),         v1::QueryLeaderboardRequest::descriptor()->file(),
          v1::GetModelRequest::descriptor()->file(),       v1::GetRunRequest::descriptor()->file(),
          v1::GetVersionRequest::descriptor()->file()};
}

std::unordered_map<const Descriptor*, const MethodDescriptor*> methods_by_request() {
  std::unordered_map<const Descriptor*, const MethodDescriptor*> methods;
  for (const MethodDescriptor* method : all_methods()) methods.emplace(method->input_type(), method);
  return methods;
}

}  // namespace

v1::Role required_role(const MethodDescriptor& method) { return method.options().GetExtension(v1::required_role); }

bool is_audited(const MethodDescriptor& method) {
  const bool looks = absl::StartsWith(method.name(), "Get") || absl::StartsWith(method.name(), "List");
  return required_role(method) > v1::ROLE_VIEWER && !looks;
}

std::vector<const MethodDescriptor*> all_methods() {
  std::vector<const MethodDescriptor*> methods;
  for (const FileDescriptor* file : files_with_services()) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) methods.push_back(file->service(s)->method(m));
    }
  }
  return methods;
}

const MethodDescriptor* method_of_request(const Descriptor& request) {
  static const auto& methods = *new auto(methods_by_request());
  const auto found = methods.find(&request);
  return found == methods.end() ? nullptr : found->second;
}

std::string short_name(const MethodDescriptor& method) {
  return absl::StrCat(method.service()->name(), "/", method.name());
}

}  // namespace tinyrig::access
