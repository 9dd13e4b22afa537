// Part of the build: ends it when a method of the API does not say which role may call it, or cannot be told from
// another one by its request.
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cstdio>

#include "server/access/roles.h"

// Arguments: the API's files as protoc names them ("tinyrig/v1/job.proto").
int main(int argc, char** argv) {
  namespace access = tinyrig::access;
  const auto known = access::all_methods();
  int wrong = 0;
  const auto complain = [&](const std::string& what) {
    std::fprintf(stderr, "%s\n", what.c_str());
    ++wrong;
  };
  for (int i = 1; i < argc; ++i) {
    const auto* file = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(argv[i]);
    if (file == nullptr) {
      // Nothing of it is linked: then it has no service that could be served.
      continue;
    }
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const auto* method = file->service(s)->method(m);
        if (std::find(known.begin(), known.end(), method) == known.end()) {
          complain(method->full_name() + " is unknown to server/access/roles.cpp: add its file there");
        } else if (access::required_role(*method) == tinyrig::v1::ROLE_UNSPECIFIED) {
          complain(method->full_name() + " does not say who may call it: add option (required_role) in " + argv[i]);
        } else if (access::method_of_request(*method->input_type()) != method) {
          complain(method->full_name() + " shares its request " + method->input_type()->full_name() +
                   " with another method: give it one of its own");
        }
      }
    }
  }
  return wrong == 0 ? 0 : 1;
}
