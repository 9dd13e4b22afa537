// Which role a method asks for: an option of the method itself (proto/tinyrig/v1/role.proto).
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

#include "tinyrig/v1/role.pb.h"

namespace tinyrig::access {

/// ROLE_UNSPECIFIED for a method that forgot to say; nobody may call such a one, and the build fails for it.
v1::Role required_role(const google::protobuf::MethodDescriptor& method);

/// It may change something, or gives away everything: more than a look, by its name and its role. It is written down
/// who called it.
bool is_audited(const google::protobuf::MethodDescriptor& method);

/// Every method of every service of tinyrig.v1.
std::vector<const google::protobuf::MethodDescriptor*> all_methods();

/// The method that takes such requests: each has a type of its own. Null: none does.
const google::protobuf::MethodDescriptor* method_of_request(const google::protobuf::Descriptor& request);

/// "JobService/CancelJob"
std::string short_name(const google::protobuf::MethodDescriptor& method);

}  // namespace tinyrig::access
