#include "server/dut/prepare_agent.h"

#include <chrono>
#include <utility>

#include "server/base/error.h"
#include "server/link/agent_session.h"
#include "server/mlperf/text.h"
#include "server/model/pack.h"

namespace tinyrig::dut {
namespace {

constexpr std::chrono::milliseconds kHelloLimit{10'000};

absl::StatusOr<model::PackedModel> pack_for(const agent::v1::HelloReply& board, std::span<const std::uint8_t> tflite,
                                            const std::string& model_id) {
  for (const agent::v1::Runtime& runtime : board.runtimes()) {
    if (runtime.model_format() != agent::v1::MODEL_FORMAT_PACKED) continue;
    model::PackOptions options;
    options.model_id = model_id;
    return model::pack_tflite(tflite, static_cast<packed::Core>(runtime.core()), options);
  }
  return make_error(absl::StatusCode::kFailedPrecondition, "NOT_RUNNABLE",
                    "the board's agent has no runtime that takes packed models, which carry the benchmark's id");
}

}  // namespace

boost::asio::awaitable<absl::StatusOr<PreparedAgent>> prepare_agent(
    std::unique_ptr<link::Transport> transport, std::span<const std::uint8_t> tflite, std::string model_id,
    std::function<void(std::uint64_t done, std::uint64_t total)> progress) {
  link::AgentSession session(std::move(transport));
  const absl::StatusOr<agent::v1::HelloReply> board = co_await session.hello(kHelloLimit);
  if (!board.ok()) co_return board.status();
  const absl::StatusOr<model::PackedModel> model = pack_for(*board, tflite, model_id);
  if (!model.ok()) co_return model.status();
  const std::span<const std::uint8_t> image(reinterpret_cast<const std::uint8_t*>(model->image.data()),
                                            model->image.size());
  PreparedAgent prepared;
  prepared.board_type = board->board_type();
  prepared.image_bytes = image.size();
  const bool writes_slot = (board->capabilities() & agent::v1::CAPABILITY_WRITE_SLOT) != 0;
  prepared.in_slot = writes_slot && image.size() <= board->model_slot_bytes();
  const std::uint64_t ram_needed = (prepared.in_slot ? 0 : image.size()) + model->arena_bytes;
  if (ram_needed > board->model_ram_bytes()) {
    co_return make_error(
        absl::StatusCode::kResourceExhausted, "MODEL_TOO_LARGE",
        mlperf::concat("the model takes ", ram_needed, " bytes of RAM, the board has ", board->model_ram_bytes()),
        "tinyrig inspect MODEL --for TYPE says what a model takes, without a board.");
  }
  const auto destination = prepared.in_slot ? agent::v1::DESTINATION_MODEL_SLOT : agent::v1::DESTINATION_MODEL_RAM;
  const absl::Status uploaded = co_await session.upload(destination, image, std::move(progress), true);
  if (!uploaded.ok()) co_return uploaded;
  const absl::StatusOr<agent::v1::ModelInfo> loaded = co_await session.load_model(destination);
  if (!loaded.ok()) co_return loaded.status();
  const absl::Status reset = co_await session.reset();
  if (!reset.ok()) co_return reset;
  co_return prepared;
}

}  // namespace tinyrig::dut
