// Who sits at this machine, for those who share the farm.
#pragma once

#include <string>

namespace tinyrig::client {

/// "ann"; "somebody" where the environment does not say.
std::string user_name();
/// "ann@lab"
std::string user_at_host();

}  // namespace tinyrig::client
