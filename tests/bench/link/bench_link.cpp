// tinyrig-bench-link: how much of what a line can carry a model upload uses, and the round trip.
//
// Without --port: the host agent behind lines of 115200 and 921600 baud, paced by this process. With
// --port NAME=PATH (repeatable): boards, each against its own raw rate, measured in the same run.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "server/link/agent_session.h"
#include "server/link/serial_port.h"
#include "tests/bench/link/paced_line.h"
#include "tests/bench/link/results.h"
#include "tests/support/link/host_agent.h"
#include "tests/support/link/run_coroutine.h"

namespace {

using namespace tinyrig;
using namespace std::chrono_literals;
using bench::Result;
using link::AgentSession;
using test::run;

constexpr double kUploadTarget = 0.95;
constexpr std::size_t kRoundBytes = 32'768;
constexpr auto kRam = agent::v1::DESTINATION_MODEL_RAM;

void check(const absl::Status& status, const char* what) {
  if (!status.ok()) {
    std::fprintf(stderr, "%s: %s\n", what, status.ToString().c_str());
    std::exit(1);
  }
}

std::vector<std::uint8_t> random_bytes(std::size_t size) {
  std::mt19937 random(1);
  std::vector<std::uint8_t> bytes(size);
  std::generate(bytes.begin(), bytes.end(), [&random] { return static_cast<std::uint8_t>(random()); });
  return bytes;
}

double seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

double median_ping_us(boost::asio::io_context& io, AgentSession& session, int count) {
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    const auto pong = run(io, session.ping());
    check(pong.status(), "ping");
    times.push_back(seconds(*pong) * 1e6);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

double upload_seconds(boost::asio::io_context& io, AgentSession& session, std::size_t size) {
  const std::vector<std::uint8_t> bytes = random_bytes(size);
  const auto begin = AgentSession::Clock::now();
  const absl::Status status = run(io, session.upload(kRam, bytes));
  check(status, "upload");
  return seconds(AgentSession::Clock::now() - begin);
}

// Ping and pong on the line: header, CRC, COBS, delimiter, and 13 bytes of message each.
constexpr double kPingLineBytes = 2 * (link::max_encoded_bytes(13));

void bench_paced(std::uint32_t baud, std::vector<Result>& results) {
  boost::asio::io_context io;
  test::HostAgent agent = test::HostAgent::on_socket();
  bench::PacedLine line(io, agent.take_fd(), baud);
  AgentSession session(line.take_transport());
  check(run(io, session.hello(10s)).status(), "hello");
  // About three seconds of the line.
  const std::size_t size = std::min<std::size_t>(baud / 10 * 3, session.board()->model_ram_bytes());
  const double took = upload_seconds(io, session, size);
  const double line_rate = baud / 10.0;
  const std::string suffix = "_" + std::to_string(baud);
  results.push_back(
      {"host_agent_upload_share" + suffix, static_cast<double>(size) / took / line_rate, "ratio", kUploadTarget});
  results.push_back({"host_agent_upload" + suffix, static_cast<double>(size) / took, "B/s", {}});
  results.push_back({"host_agent_round_trip" + suffix, median_ping_us(io, session, 50), "us",
                     kPingLineBytes / line_rate * 1e6 + 1000, false});
  results.push_back(
      {"host_agent_retransmitted" + suffix, static_cast<double>(session.counters().retransmitted), "frames", 0, false});
  line.close();
}

void bench_port(const std::string& name, const std::string& path, std::uint32_t bytes, std::vector<Result>& results) {
  boost::asio::io_context io;
  auto port = link::SerialPort::open(io.get_executor(), path);
  check(port.status(), path.c_str());
  link::SessionOptions options;
  options.silence_limit = 30s;
  AgentSession session(*std::move(port), options);
  const auto board = run(io, session.hello(30s));
  check(board.status(), "hello");
  // Raw and upload by turns, the best round of each: whatever else the machine does only ever adds time.
  const std::size_t size = std::min<std::size_t>({bytes, kRoundBytes, board->model_ram_bytes()});
  const std::size_t rounds = std::max<std::size_t>(3, bytes / size);
  double raw = HUGE_VAL;
  double upload = HUGE_VAL;
  for (std::size_t i = 0; i < rounds; ++i) {
    const auto sunk = run(io, session.raw_sink(static_cast<std::uint32_t>(size)));
    check(sunk.status(), "raw sink");
    raw = std::min(raw, seconds(*sunk));
    upload = std::min(upload, upload_seconds(io, session, size));
  }
  const auto volume = static_cast<double>(size);
  results.push_back({name + "_raw", volume / raw, "B/s", {}});
  results.push_back({name + "_upload", volume / upload, "B/s", {}});
  results.push_back({name + "_upload_share", raw / upload, "ratio", kUploadTarget});
  results.push_back({name + "_round_trip", median_ping_us(io, session, 50), "us", {}});
  results.push_back(
      {name + "_retransmitted", static_cast<double>(session.counters().retransmitted), "frames", 0, false});
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures the device link."};
  std::string out;
  std::vector<std::string> ports;
  bool no_host = false;
  std::uint32_t bytes = 262'144;
  app.add_option("--out", out, "JSON file to write");
  app.add_option("--port", ports, "NAME=PATH of a board's port; repeatable");
  app.add_option("--bytes", bytes, "volume per board")->capture_default_str();
  app.add_flag("--no-host-agent", no_host, "boards only");
  CLI11_PARSE(app, argc, argv);

  std::vector<Result> results;
  if (!no_host) {
    bench_paced(115200, results);
    bench_paced(921600, results);
  }
  for (const std::string& port : ports) {
    const std::size_t at = port.find('=');
    if (at == port.npos) {
      std::fprintf(stderr, "--port %s: give NAME=PATH\n", port.c_str());
      return 2;
    }
    bench_port(port.substr(0, at), port.substr(at + 1), bytes, results);
  }
  bench::print_table(results);
  if (!out.empty() && !bench::write_json(results, out)) {
    std::fprintf(stderr, "%s: cannot write\n", out.c_str());
    return 1;
  }
  return std::all_of(results.begin(), results.end(), [](const Result& result) { return result.met(); }) ? 0 : 3;
}
