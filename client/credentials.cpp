#include "client/credentials.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/status/statusor.h"
#include "client/partial_file.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace tinyrig::client {
namespace {

namespace fs = std::filesystem;
using google::protobuf::Struct;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// {"SERVER": "TOKEN", ...}
absl::StatusOr<Struct> read_credentials() {
  Struct credentials;
  std::ifstream stream(credentials_path());
  if (!stream) return credentials;
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!google::protobuf::util::JsonStringToMessage(text, &credentials).ok()) {
    return make_error(absl::StatusCode::kFailedPrecondition, "CREDENTIALS_INVALID",
                      credentials_path() + " is no file of credentials", "Move it away and log in again.");
  }
  return credentials;
}

absl::Status write_credentials(const Struct& credentials) {
  const fs::path path = credentials_path();
  const auto failed = [&](const std::string& why) {
    return make_error(absl::StatusCode::kInternal, "CREDENTIALS_UNWRITABLE", why,
                      "Give the token in TINYRIG_TOKEN instead, or make the folder writable.");
  };
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return failed("cannot make " + path.parent_path().string() + ": " + error.message());
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(credentials, &text).ok()) return failed("cannot write as JSON");
  PartialFile file(path.string(), PartialFile::Readers::kOwner);
  std::string wrong = file.open();
  if (wrong.empty()) wrong = file.write(text + "\n");
  if (wrong.empty()) wrong = file.close();
  if (wrong.empty()) wrong = file.keep();
  return wrong.empty() ? absl::OkStatus() : failed(wrong);
}

}  // namespace

std::string credentials_path() {
  const std::string config = environment("XDG_CONFIG_HOME");
  const fs::path folder = config.empty() ? fs::path(environment("HOME")) / ".config" : fs::path(config);
  return folder / "tinyrig" / "credentials.json";
}

std::string token_for(const std::string& server) {
  if (std::string token = environment("TINYRIG_TOKEN"); !token.empty()) return token;
  const absl::StatusOr<Struct> credentials = read_credentials();
  if (!credentials.ok()) return "";
  const auto found = credentials->fields().find(server);
  return found == credentials->fields().end() ? "" : found->second.string_value();
}

absl::Status save_token(const std::string& server, const std::string& token) {
  TINYRIG_ASSIGN_OR_RETURN(Struct credentials, read_credentials());
  (*credentials.mutable_fields())[server].set_string_value(token);
  return write_credentials(credentials);
}

absl::Status forget_token(const std::string& server) {
  TINYRIG_ASSIGN_OR_RETURN(Struct credentials, read_credentials());
  if (credentials.mutable_fields()->erase(server) == 0) return absl::OkStatus();
  return write_credentials(credentials);
}

}  // namespace tinyrig::client
