#include "tests/e2e/farm/probe.h"

#include <boost/asio/io_context.hpp>
#include <fstream>
#include <regex>
#include <sstream>
#include <utility>

#include "server/flash/endpoint.h"
#include "tests/support/link/run_coroutine.h"

namespace tinyrig::test {
namespace {

namespace asio = boost::asio;
using std::chrono::seconds;
using Work = std::function<asio::awaitable<absl::Status>(flash::RspClient&)>;

asio::awaitable<absl::Status> halt_and_work(const std::string& probe, const Work& work) {
  absl::StatusOr<flash::StreamSocket> socket = co_await flash::connect_to(probe, seconds(5));
  if (!socket.ok()) co_return socket.status();
  flash::RspClient client(*std::move(socket), seconds(5));
  const absl::Status halted = co_await client.handshake();
  if (!halted.ok()) co_return halted;
  // QEMU takes single registers from those alone who know what it calls them.
  const std::string ask_names = "qXfer:features:read:target.xml:0,100";
  const absl::StatusOr<std::string> names = co_await client.command(ask_names);
  if (!names.ok()) co_return names.status();
  auto working = work(client);
  const absl::Status done = co_await std::move(working);
  if (!done.ok()) co_return done;
  co_return co_await client.detach();
}

}  // namespace

std::string probe_of(const std::filesystem::path& farm_file) {
  std::stringstream text;
  text << std::ifstream(farm_file).rdbuf();
  const std::string farm = text.str();
  std::smatch found;
  return std::regex_search(farm, found, std::regex("gdb-remote\"[^}]*endpoint = \"([^\"]+)\"")) ? found[1].str() : farm;
}

absl::Status while_halted(const std::string& probe, const Work& work) {
  asio::io_context io;
  return run(io, halt_and_work(probe, work));
}

asio::awaitable<absl::Status> demand(flash::RspClient& client, std::string packet) {
  const absl::StatusOr<std::string> answer = co_await client.command(packet);
  if (!answer.ok()) co_return answer.status();
  co_return *answer == "OK" ? absl::OkStatus() : absl::InternalError(packet + ": the probe answered " + *answer);
}

}  // namespace tinyrig::test
