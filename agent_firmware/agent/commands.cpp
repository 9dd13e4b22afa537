#include "agent_firmware/agent/commands.h"

#include <cstring>

#include "agent_firmware/agent/answers.h"
#include "agent_firmware/agent/memory.h"
#include "agent_firmware/agent/port.h"
#include "wire/fnv1a.h"

namespace tinyrig::agent {
namespace {

// Of OutputData and InferDone beside their data: id, tags, lengths, numbers.
constexpr std::size_t kEnvelopeBytes = 32;
constexpr std::size_t kDataPerMessage = kMessageBytes - kEnvelopeBytes;
constexpr std::size_t kMaxHashes = kDataPerMessage / sizeof(std::uint32_t);

// A length-delimited field of a message, still encoded.
bool read_block(pb_istream_t& stream, std::span<const std::uint8_t> whole, std::span<const std::uint8_t>& block) {
  std::uint32_t size = 0;
  if (!pb_decode_varint32(&stream, &size) || size > stream.bytes_left) {
    return false;
  }
  block = whole.subspan(whole.size() - stream.bytes_left, size);
  return pb_read(&stream, nullptr, size);
}

// TransferData is read in place: it is most of what ever comes, and nanopb would copy it.
bool find_transfer_data(std::span<const std::uint8_t> message, std::uint32_t& id, std::span<const std::uint8_t>& body) {
  pb_istream_t stream = pb_istream_from_buffer(message.data(), message.size());
  bool found = false;
  pb_wire_type_t type;
  std::uint32_t tag = 0;
  bool end = false;
  while (pb_decode_tag(&stream, &type, &tag, &end)) {
    if (tag == tinyrig_agent_v1_HostMessage_id_tag && type == PB_WT_VARINT) {
      if (!pb_decode_varint32(&stream, &id)) {
        return false;
      }
    } else if (tag == tinyrig_agent_v1_HostMessage_transfer_data_tag && type == PB_WT_STRING) {
      found = read_block(stream, message, body);
      if (!found) {
        return false;
      }
    } else {
      return false;
    }
  }
  return end && found;
}

bool encode_output(pb_ostream_t* stream, const pb_field_t* field, void* const* arg) {
  const auto& bytes = *static_cast<const std::span<const std::byte>*>(*arg);
  return pb_encode_tag_for_field(stream, field) &&
         pb_encode_string(stream, reinterpret_cast<const pb_byte_t*>(bytes.data()), bytes.size());
}

bool encode_hashes(pb_ostream_t* stream, const pb_field_t* field, void* const* arg) {
  const auto& hashes = *static_cast<const std::span<const std::uint32_t>*>(*arg);
  if (hashes.empty()) {
    return true;
  }
  if (!pb_encode_tag(stream, PB_WT_STRING, field->tag) || !pb_encode_varint(stream, hashes.size_bytes())) {
    return false;
  }
  for (const std::uint32_t hash : hashes) {
    if (!pb_encode_fixed32(stream, &hash)) {
      return false;
    }
  }
  return true;
}

void hash_output(void* context, std::uint16_t index) {
  const std::span<const std::byte> output = runtime::operator_output(index);
  static_cast<std::uint32_t*>(context)[index] = output.empty() ? 0 : wire::fnv1a_32(output);
}

}  // namespace

void Commands::handle(std::span<const std::uint8_t> bytes) {
  std::uint32_t id = 0;
  std::span<const std::uint8_t> body;
  if (find_transfer_data(bytes, id, body)) {
    transfer_data(id, body);
    return;
  }
  HostMessage message;
  std::memset(&message, 0, sizeof message);
  pb_istream_t stream = pb_istream_from_buffer(bytes.data(), bytes.size());
  if (!pb_decode(&stream, tinyrig_agent_v1_HostMessage_fields, &message)) {
    answer(message.id, {kBadRequest, 0, "not a HostMessage"});
    return;
  }
  dispatch(message);
}

void Commands::dispatch(const HostMessage& message) {
  const std::uint32_t id = message.id;
  switch (message.which_body) {
    case tinyrig_agent_v1_HostMessage_ping_tag:
      return ping(id, message.body.ping);
    case tinyrig_agent_v1_HostMessage_set_baud_tag:
      return set_baud(id, message.body.set_baud.baud);
    case tinyrig_agent_v1_HostMessage_transfer_begin_tag:
      return answer_transfer(id, transfer_.begin(message.body.transfer_begin));
    case tinyrig_agent_v1_HostMessage_transfer_end_tag:
      return answer_transfer(id, transfer_.end());
    case tinyrig_agent_v1_HostMessage_load_model_tag:
      return load_model(id, message.body.load_model.from);
    case tinyrig_agent_v1_HostMessage_set_input_tag:
      return set_input(id, message.body.set_input);
    case tinyrig_agent_v1_HostMessage_infer_tag:
      return infer(id, message.body.infer.hash_operators);
    case tinyrig_agent_v1_HostMessage_measure_energy_tag:
      return measuring_.energy(id, message.body.measure_energy);
    case tinyrig_agent_v1_HostMessage_measure_latency_tag:
      return measuring_.latency(id, message.body.measure_latency);
    case tinyrig_agent_v1_HostMessage_measure_profile_tag:
      return measuring_.profile(id, message.body.measure_profile);
    case tinyrig_agent_v1_HostMessage_read_output_tag:
      return read_output(id);
    case tinyrig_agent_v1_HostMessage_get_memory_tag:
      return get_memory(id);
    case tinyrig_agent_v1_HostMessage_get_crash_tag:
      return get_crash(id);
    case tinyrig_agent_v1_HostMessage_calibrate_tag:
      return calibrate(id, message.body.calibrate.loops);
    case tinyrig_agent_v1_HostMessage_raw_sink_tag:
      return raw_sink(id, message.body.raw_sink.bytes);
    case tinyrig_agent_v1_HostMessage_reset_tag:
      return reset();
    default:
      return answer(id, {kUnsupported, message.which_body, "this agent does not know the request"});
  }
}

void Commands::transfer_data(std::uint32_t id, std::span<const std::uint8_t> body) {
  pb_istream_t stream = pb_istream_from_buffer(body.data(), body.size());
  std::uint32_t offset = 0;
  std::span<const std::uint8_t> data;
  pb_wire_type_t type;
  std::uint32_t tag = 0;
  bool end = false;
  bool valid = true;
  while (valid && pb_decode_tag(&stream, &type, &tag, &end)) {
    if (tag == tinyrig_agent_v1_TransferData_offset_tag && type == PB_WT_VARINT) {
      valid = pb_decode_varint32(&stream, &offset);
    } else if (tag == tinyrig_agent_v1_TransferData_data_tag && type == PB_WT_STRING) {
      valid = read_block(stream, body, data);
    } else {
      valid = pb_skip_field(&stream, type);
    }
  }
  const Failure failure = valid && end ? transfer_.data(offset, data) : Failure{kBadRequest, 0, "not a TransferData"};
  if (!failure.ok()) {
    answer(id, failure);
  }
}

void Commands::answer_transfer(std::uint32_t id, const Failure& failure) {
  if (!failure.ok()) {
    answer(id, failure);
    return;
  }
  AgentMessage message = answer_to(id);
  message.which_body = tinyrig_agent_v1_AgentMessage_transfer_status_tag;
  message.body.transfer_status = transfer_.status();
  link_.send(message);
}

void Commands::ping(std::uint32_t id, const tinyrig_agent_v1_Ping& ping) {
  AgentMessage message = answer_to(id);
  message.which_body = tinyrig_agent_v1_AgentMessage_pong_tag;
  message.body.pong.data.size = ping.data.size;
  std::memcpy(message.body.pong.data.bytes, ping.data.bytes, ping.data.size);
  link_.send(message);
}

void Commands::set_baud(std::uint32_t id, std::uint32_t baud) {
  // Answered at the old speed; the host acknowledges at the new one.
  answer(id, {});
  port::flush();
  if (!port::set_baud(baud)) {
    answer(id, {kUnsupported, baud, "the port cannot run at this speed"});
  }
}

void Commands::load_model(std::uint32_t id, Destination from) {
  Failure failure;
  if (from == kModelSlot && transfer_.slot_model_bytes() != 0) {
    failure = model_.load_from_slot(transfer_.slot_model_bytes());
  } else if (from == kModelSlot) {
    failure = {kNoModel, 0, "no whole model in the slot; transfer one first"};
  } else if (from == kModelRam && transfer_.ram_model_bytes() != 0) {
    failure = model_.load_from_ram(transfer_.ram_model_bytes());
  } else if (from == kModelRam) {
    failure = {kNoModel, 0, "no whole model in RAM; transfer one first"};
  } else {
    failure = {kBadRequest, from, "load from RAM or from the slot"};
  }
  if (failure.code != kBadRequest && failure.code != kNoModel) {
    transfer_.on_load(from == kModelSlot);
  }
  if (!failure.ok()) {
    answer(id, failure);
    return;
  }
  paint_stack(port::stack());
  AgentMessage message = answer_to(id);
  message.which_body = tinyrig_agent_v1_AgentMessage_model_info_tag;
  message.body.model_info = model_.info();
  link_.send(message);
}

void Commands::set_input(std::uint32_t id, const tinyrig_agent_v1_SetInput& request) {
  switch (request.which_source) {
    case tinyrig_agent_v1_SetInput_seed_tag:
      return answer(id, model_.set_input_seed(request.source.seed));
    case tinyrig_agent_v1_SetInput_transferred_tag:
      return answer(id, transfer_.has_input() ? model_.set_input_transferred()
                                              : Failure{kBadRequest, 0, "transfer the input first"});
    default:
      return answer(id, {kBadRequest, 0, "an input needs a source"});
  }
}

void Commands::infer(std::uint32_t id, bool hash_operators) {
  if (!model_.loaded()) {
    return answer(id, {kNoModel, 0, "load a model first"});
  }
  if (!model_.has_input()) {
    return answer(id, {kBadRequest, 0, "set an input first"});
  }
  const std::size_t operators = model_.operator_count();
  const std::span<std::uint64_t> memory = Model::samples();
  if (hash_operators && (operators > kMaxHashes || operators * sizeof(std::uint32_t) > memory.size_bytes())) {
    return answer(id, {kUnsupported, static_cast<std::int64_t>(operators), "too many operators to hash on this board"});
  }
  auto* const hashes = reinterpret_cast<std::uint32_t*>(memory.data());
  const runtime::OperatorHook hook{.after = &hash_output, .context = hashes};
  if (hash_operators) {
    std::memset(hashes, 0, operators * sizeof(std::uint32_t));
  }
  model_.fill_inputs();
  if (model_.run(hash_operators ? &hook : nullptr) != runtime::Error::kOk) {
    return answer(id, {kOperatorFailed, 0, "an operator failed in the inference"});
  }
  AgentMessage message = answer_to(id);
  message.which_body = tinyrig_agent_v1_AgentMessage_infer_done_tag;
  message.body.infer_done.output_fnv1a32 = model_.output_fnv1a32();
  std::span<const std::uint32_t> view(hashes, hash_operators ? operators : 0);
  message.body.infer_done.operator_fnv1a32.funcs.encode = &encode_hashes;
  message.body.infer_done.operator_fnv1a32.arg = &view;
  link_.send(message);
}

void Commands::read_output(std::uint32_t id) {
  if (!model_.loaded()) {
    return answer(id, {kNoModel, 0, "load a model first"});
  }
  std::uint32_t offset = 0;
  for (std::size_t i = 0; i < runtime::output_count(); ++i) {
    std::span<const std::byte> rest = runtime::output(i);
    while (!rest.empty()) {
      std::span<const std::byte> part = rest.first(rest.size() < kDataPerMessage ? rest.size() : kDataPerMessage);
      AgentMessage message = answer_to(id);
      message.which_body = tinyrig_agent_v1_AgentMessage_output_data_tag;
      message.body.output_data.offset = offset;
      message.body.output_data.data.funcs.encode = &encode_output;
      message.body.output_data.data.arg = &part;
      if (!link_.send(message)) {
        return;
      }
      offset += static_cast<std::uint32_t>(part.size());
      rest = rest.subspan(part.size());
    }
  }
  answer(id, {});
}

void Commands::get_memory(std::uint32_t id) {
  AgentMessage message = answer_to(id);
  message.which_body = tinyrig_agent_v1_AgentMessage_memory_report_tag;
  message.body.memory_report = {
      .arena_bytes = model_.loaded() ? model_.info().arena_bytes : 0,
      .arena_used_bytes = static_cast<std::uint32_t>(runtime::arena_used_bytes()),
      .stack_bytes = static_cast<std::uint32_t>(port::stack().size()),
      .stack_high_water_bytes = static_cast<std::uint32_t>(stack_high_water(port::stack())),
      .static_ram_bytes = static_cast<std::uint32_t>(port::static_ram_bytes()),
      .agent_flash_bytes = static_cast<std::uint32_t>(port::flash_bytes()),
  };
  link_.send(message);
}

void Commands::get_crash(std::uint32_t id) {
  AgentMessage message = answer_to(id);
  message.which_body = tinyrig_agent_v1_AgentMessage_crash_report_tag;
  message.body.crash_report = {};
  if (const port::Crash* crash = port::crash(); crash != nullptr) {
    message.body.crash_report = {
        .known = true,
        .cause = crash->cause,
        .pc = crash->pc,
        .lr = crash->lr,
        .sp = crash->sp,
        .fault_status = crash->fault_status,
        .address = crash->address,
    };
  }
  link_.send(message);
}

void Commands::calibrate(std::uint32_t id, std::uint32_t loops) {
  link_.settle();
  port::begin_measuring();
  const std::uint64_t before = port::ticks();
  const std::uint32_t instructions = port::calibration_loop(loops);
  const std::uint64_t ticks = port::ticks() - before;
  port::end_measuring();
  AgentMessage message = answer_to(id);
  message.which_body = tinyrig_agent_v1_AgentMessage_calibration_report_tag;
  message.body.calibration_report = {.ticks = ticks, .instructions_per_loop = instructions};
  link_.send(message);
}

void Commands::raw_sink(std::uint32_t id, std::uint32_t bytes) {
  link_.flush();
  std::uint8_t buffer[64];
  std::uint32_t left = bytes;
  while (left != 0) {
    const std::size_t most = left < sizeof buffer ? left : sizeof buffer;
    const std::size_t count = link_.read_raw({buffer, most});
    left -= static_cast<std::uint32_t>(count);
    if (count == 0 && left > port::receive_capacity()) {
      port::wait_for_frame();  // large batches, as frames come
    } else if (count == 0) {
      port::wait();
    }
  }
  answer(id, {});
}

void Commands::reset() {
  link_.flush();  // the acknowledgement
  port::flush();
  port::reset();
}

void Commands::answer(std::uint32_t id, const Failure& failure) { link_.send(status_answer(id, failure)); }

}  // namespace tinyrig::agent
