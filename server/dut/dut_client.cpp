#include "server/dut/dut_client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/mlperf/text.h"

namespace tinyrig::dut {
namespace {

using mlperf::concat;
using Clock = link::Transport::Clock;

constexpr std::string_view kReady = "m-ready";
constexpr std::size_t kQuotedBytes = 200;

absl::Status protocol_error(std::string_view command, std::string_view what) {
  return make_error(absl::StatusCode::kInternal, "DUT_PROTOCOL", concat("the device answered \"", command, "\" ", what),
                    "Is it firmware of MLPerf Tiny, at this speed? Of its build for performance?");
}

// An error among an answer's lines; empty: none.
std::string_view error_in(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    if (line.starts_with("e-[") || line.starts_with("Supplied buffer size ")) return line;
  }
  return {};
}

std::string hex_of(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

DutClient::DutClient(std::unique_ptr<link::Transport> transport, LineSink on_line)
    : transport_(std::move(transport)), on_line_(std::move(on_line)) {}

DutClient::Awaitable<absl::StatusOr<std::string>> DutClient::next_line(Clock::time_point deadline) {
  std::array<std::uint8_t, 4096> buffer{};
  while (true) {
    if (const std::size_t end = received_.find('\n'); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      std::erase_if(line, [](char c) { return c == '\r' || c == '\0'; });
      if (on_line_) on_line_(line);
      co_return line;
    }
    if (received_.size() > kMaxLineBytes) received_.clear();  // no text at all: noise
    const std::span<std::uint8_t> room(buffer);
    const auto count = co_await transport_->read_some(room, deadline);
    if (!count.ok()) co_return count.status();
    received_.append(reinterpret_cast<const char*>(buffer.data()), *count);
  }
}

DutClient::Awaitable<absl::StatusOr<std::vector<std::string>>> DutClient::exchange(std::string command,
                                                                                   Milliseconds silence) {
  const std::string text = command + "%";
  const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  const Clock::time_point write_deadline = Clock::now() + silence;
  const absl::Status written = co_await transport_->write(bytes, write_deadline);
  if (!written.ok()) co_return written;
  std::vector<std::string> lines;
  while (true) {
    const Clock::time_point deadline = Clock::now() + silence;
    absl::StatusOr<std::string> line = co_await next_line(deadline);
    if (!line.ok()) co_return line.status();
    std::string_view message = mlperf::stripped(*line);
    mlperf::consume(&message, "[dut]: ");  // by an interface board
    if (message == kReady) co_return lines;
    if (lines.size() == kMaxLines) co_return protocol_error(command, "with more lines than any answer has");
    lines.emplace_back(message);
  }
}

DutClient::Awaitable<absl::StatusOr<std::vector<std::string>>> DutClient::ask(std::string command,
                                                                              Milliseconds silence) {
  absl::StatusOr<std::vector<std::string>> lines = co_await exchange(command, silence);
  if (absl::IsDeadlineExceeded(lines.status())) {
    co_return make_error(absl::StatusCode::kDeadlineExceeded, "DUT_SILENT",
                         concat("the device said nothing for ", silence.count(), " ms after \"",
                                mlperf::cut(command, kQuotedBytes), "\""),
                         "Check the port and its speed (--baud), and that the board runs firmware of MLPerf Tiny.");
  }
  if (!lines.ok()) co_return lines.status();
  if (const std::string_view error = error_in(*lines); !error.empty()) {
    co_return make_error(absl::StatusCode::kInternal, "DUT_ERROR",
                         concat("the device answered \"", mlperf::cut(command, kQuotedBytes), "\" with ",
                                mlperf::cut(error, kQuotedBytes)));
  }
  co_return lines;
}

DutClient::Awaitable<absl::StatusOr<std::string>> DutClient::find(Milliseconds timeout) {
  const Clock::time_point end = Clock::now() + timeout;
  absl::Status last = absl::OkStatus();
  while (last.ok() || Clock::now() < end) {
    transport_->discard_input();
    const Milliseconds patience{1'000};
    const absl::StatusOr<std::vector<std::string>> lines = co_await ask("name", patience);
    // What was answered may be the banner of a boot, or an earlier command, and this one's answer comes yet: in the end
    // nothing may be on its way.
    const absl::Status quiet = co_await drain();
    if (!quiet.ok()) co_return quiet;
    if (absl::IsUnavailable(lines.status())) co_return lines.status();
    last = lines.status();
    if (!lines.ok()) continue;
    for (const std::string& line : *lines) {
      if (const auto name = mlperf::in_brackets(line, "-["); line.starts_with("m-name-") && name.has_value()) {
        co_return std::string(*name);
      }
    }
    last = protocol_error("name", "without m-name-...-[...]");
  }
  co_return last;
}

DutClient::Awaitable<absl::Status> DutClient::drain() {
  while (true) {
    const Clock::time_point deadline = Clock::now() + kQuiet;
    const absl::StatusOr<std::string> line = co_await next_line(deadline);
    if (absl::IsDeadlineExceeded(line.status())) break;
    if (!line.ok()) co_return line.status();
  }
  received_.clear();
  co_return absl::OkStatus();
}

DutClient::Awaitable<absl::StatusOr<Identity>> DutClient::identify() {
  const Milliseconds patience{5'000};
  absl::StatusOr<std::string> name = co_await find(patience);
  if (!name.ok()) co_return name.status();
  Identity identity;
  identity.name = *std::move(name);
  const absl::StatusOr<std::vector<std::string>> lines = co_await ask("profile", kAnswerLimit);
  if (!lines.ok()) co_return lines.status();
  for (const std::string& line : *lines) {
    if (const auto text = mlperf::in_brackets(line, "m-profile-["); text.has_value()) identity.profile = *text;
    if (const auto text = mlperf::in_brackets(line, "m-model-["); text.has_value()) identity.model = *text;
  }
  if (identity.model.empty()) co_return protocol_error("profile", "without m-model-[...]");
  co_return identity;
}

DutClient::Awaitable<absl::Status> DutClient::timestamp() {
  const auto lines = co_await ask("timestamp", kAnswerLimit);
  if (!lines.ok()) co_return lines.status();
  const bool stamped =
      std::ranges::any_of(*lines, [](const std::string& line) { return line.starts_with("m-lap-us-"); });
  if (!stamped) co_return protocol_error("timestamp", "without m-lap-us-...: it is a build for energy");
  co_return absl::OkStatus();
}

DutClient::Awaitable<absl::Status> DutClient::load(std::span<const std::uint8_t> bytes) {
  const std::string announcement = concat("db load ", bytes.size());
  const auto expecting = co_await ask(announcement, kAnswerLimit);
  if (!expecting.ok()) co_return expecting.status();
  bool done = false;
  for (std::size_t at = 0; at < bytes.size(); at += kBytesPerCommand) {
    const std::string command = "db " + hex_of(bytes.subspan(at, std::min(kBytesPerCommand, bytes.size() - at)));
    const auto lines = co_await ask(command, kAnswerLimit);
    if (!lines.ok()) co_return lines.status();
    done = std::ranges::find(*lines, "m-load-done") != lines->end();
    if (done != (at + kBytesPerCommand >= bytes.size())) {
      co_return protocol_error(announcement, done ? "with m-load-done too early" : "without m-load-done at the end");
    }
  }
  co_return absl::OkStatus();
}

DutClient::Awaitable<absl::StatusOr<mlperf::Inference>> DutClient::infer(std::uint64_t iterations, std::uint64_t warmup,
                                                                         Milliseconds silence) {
  const std::string command = concat("infer ", iterations, " ", warmup);
  const auto lines = co_await ask(command, silence);
  if (!lines.ok()) co_return lines.status();
  std::string text;
  for (const std::string& line : *lines) text += line + "\n";
  const mlperf::DutLog log = mlperf::parse_dut_log(text);
  if (log.inferences.size() != 1 || !log.inferences[0].done || log.inferences[0].results.empty()) {
    co_return protocol_error(command, "without m-infer-start, m-infer-done and m-results");
  }
  const mlperf::Inference& inference = log.inferences[0];
  if (inference.iterations != iterations) co_return protocol_error(command, "with another number of iterations");
  co_return inference;
}

}  // namespace tinyrig::dut
