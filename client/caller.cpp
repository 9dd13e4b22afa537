#include "client/caller.h"

#include <unistd.h>

#include <cstdlib>

namespace tinyrig::client {

std::string user_name() {
  const char* user = std::getenv("USER");
  return user != nullptr && *user != '\0' ? user : "somebody";
}

std::string user_at_host() {
  char host[256] = "";
  static_cast<void>(::gethostname(host, sizeof host - 1));
  return user_name() + "@" + host;
}

}  // namespace tinyrig::client
