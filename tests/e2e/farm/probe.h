// The debug probe of an emulated board, beside the daemon's own: for what firmware does by mistake.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "server/flash/rsp_client.h"

namespace tinyrig::test {

// "unix:PATH", of the only board in the farm file that has one.
std::string probe_of(const std::filesystem::path& farm_file);

// Halts the board, does `work`, and lets the board go on.
absl::Status while_halted(const std::string& probe,
                          const std::function<boost::asio::awaitable<absl::Status>(flash::RspClient&)>& work);

// A command of GDB's protocol that must be answered by "OK".
boost::asio::awaitable<absl::Status> demand(flash::RspClient& client, std::string packet);

}  // namespace tinyrig::test
