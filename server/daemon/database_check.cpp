#include "server/daemon/database_check.h"

#include <spdlog/spdlog.h>

#include <string>

#include "server/base/error.h"

namespace tinyrig::daemon {

DatabaseCheck::DatabaseCheck(store::Store& store)
    : thread_([&store](const std::stop_token& stop) {
        const absl::Status checked = store.check(stop);
        if (checked.ok() || stop.stop_requested()) return;
        spdlog::error("checking the database: {}. {}", std::string(checked.message()), hint_of(checked));
      }) {}

}  // namespace tinyrig::daemon
