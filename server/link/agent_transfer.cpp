// AgentSession::upload(): one large object onto the board, the line kept full.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/link/agent_error.h"
#include "server/link/agent_session.h"
#include "wire/link/crc32.h"

namespace tinyrig::link {
namespace {

using agent::v1::AgentMessage;
using agent::v1::HostMessage;

// Of a HostMessage with TransferData beside the data: id, tags, lengths, offset.
constexpr std::size_t kEnvelopeBytes = 13;
constexpr std::size_t kLargestPayloadBytes = 4096;
// Flash is programmed in such units.
constexpr std::size_t kFlashUnitBytes = 16;

}  // namespace

boost::asio::awaitable<absl::Status> AgentSession::upload(agent::v1::Destination destination,
                                                          std::span<const std::uint8_t> bytes, Progress progress,
                                                          bool resume) {
  absl::Status status = co_await upload_once(destination, bytes, progress, resume);
  if (absl::IsDataLoss(status) && resumed_from_bytes_ != 0 && !open_) {
    // What was resumed was something else after all: from the start.
    status = co_await upload_once(destination, bytes, progress, false);
  }
  co_return status;
}

boost::asio::awaitable<absl::Status> AgentSession::upload_once(agent::v1::Destination destination,
                                                               std::span<const std::uint8_t> bytes,
                                                               const Progress& progress, bool resume) {
  resumed_from_bytes_ = 0;
  HostMessage begin;
  begin.mutable_transfer_begin()->set_destination(destination);
  begin.mutable_transfer_begin()->set_size_bytes(static_cast<std::uint32_t>(bytes.size()));
  begin.mutable_transfer_begin()->set_crc32(crc32(bytes));
  begin.mutable_transfer_begin()->set_resume(resume);
  absl::StatusOr<AgentMessage> begun =
      co_await request(begin, AgentMessage::kTransferStatus, options_.work_silence_limit, "begin transfer");
  if (!begun.ok()) {
    co_return begun.status();
  }
  const std::uint32_t received = begun->transfer_status().received_bytes();
  if (received > bytes.size() || (received != 0 && !resume)) {
    co_return protocol_error("it claims to have more bytes than there are");
  }
  resumed_from_bytes_ = received;
  if (begun->transfer_status().complete()) {
    if (progress) {
      progress(bytes.size(), bytes.size());
    }
    co_return absl::OkStatus();
  }
  absl::Status status = co_await send_data(destination, bytes, progress);
  co_return status;
}

boost::asio::awaitable<absl::Status> AgentSession::send_data(agent::v1::Destination destination,
                                                             std::span<const std::uint8_t> bytes,
                                                             const Progress& progress) {
  const std::size_t payload = std::min<std::size_t>(board_->max_payload_bytes(), kLargestPayloadBytes);
  std::size_t part_bytes = payload - kEnvelopeBytes;
  if (destination == agent::v1::DESTINATION_MODEL_SLOT) {
    part_bytes = part_bytes / kFlashUnitBytes * kFlashUnitBytes;
  }
  open_ = true;
  messages_.clear();
  last_id_ = last_id_ >= 125 ? 1 : last_id_ + 1;  // two ids in a row: data and end
  const std::uint32_t data_id = last_id_;
  const std::uint32_t end_id = ++last_id_;
  std::string encoded;
  std::size_t offset = resumed_from_bytes_;
  while (offset < bytes.size()) {
    // An early answer is a refusal. Two messages wait, no more: progress tells what is on its way.
    while ((!endpoint_.can_send(payload) || endpoint_.unsent() >= 2) && messages_.empty()) {
      absl::Status status = co_await wait_turn(options_.work_silence_limit);
      if (!status.ok()) {
        co_return status;
      }
    }
    if (!messages_.empty()) {
      break;
    }
    const std::span<const std::uint8_t> part = bytes.subspan(offset, std::min(part_bytes, bytes.size() - offset));
    HostMessage message;
    message.set_id(data_id);
    message.mutable_transfer_data()->set_offset(static_cast<std::uint32_t>(offset));
    message.mutable_transfer_data()->set_data(part.data(), part.size());
    message.SerializeToString(&encoded);
    if (!endpoint_.send({reinterpret_cast<const std::uint8_t*>(encoded.data()), encoded.size()})) {
      co_return protocol_error("its frames are too small for a transfer");
    }
    offset += part.size();
    if (progress) {
      progress(offset, bytes.size());
    }
  }
  while (!endpoint_.can_send(payload) && messages_.empty()) {
    absl::Status status = co_await wait_turn(options_.work_silence_limit);
    if (!status.ok()) {
      co_return status;
    }
  }
  if (messages_.empty()) {
    HostMessage end;
    end.set_id(end_id);
    end.mutable_transfer_end();
    end.SerializeToString(&encoded);
    if (!endpoint_.send({reinterpret_cast<const std::uint8_t*>(encoded.data()), encoded.size()})) {
      co_return protocol_error("it takes no further message");
    }
  }
  absl::StatusOr<AgentMessage> answer = co_await next_answer(data_id, end_id, options_.work_silence_limit);
  if (!answer.ok()) {
    co_return answer.status();
  }
  absl::StatusOr<AgentMessage> last = finish(*std::move(answer), AgentMessage::kTransferStatus, "transfer");
  if (!last.ok()) {
    co_return last.status();
  }
  if (!last->transfer_status().complete()) {
    co_return protocol_error("it ended a transfer that is not whole");
  }
  co_return absl::OkStatus();
}

}  // namespace tinyrig::link
