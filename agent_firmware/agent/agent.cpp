#include "agent_firmware/agent/agent.h"

#include <cstring>

#include "agent_firmware/agent/memory.h"
#include "agent_firmware/agent/port.h"

namespace tinyrig::agent {
namespace {

void copy_text(char* to, std::size_t size, const char* from) {
  std::strncpy(to, from, size - 1);
  to[size - 1] = '\0';
}

tinyrig_agent_v1_ResetReason reason_of(port::ResetReason reason) {
  switch (reason) {
    case port::ResetReason::kPowerOn:
      return tinyrig_agent_v1_ResetReason_RESET_REASON_POWER_ON;
    case port::ResetReason::kSoftware:
      return tinyrig_agent_v1_ResetReason_RESET_REASON_SOFTWARE;
    case port::ResetReason::kWatchdog:
      return tinyrig_agent_v1_ResetReason_RESET_REASON_WATCHDOG;
    case port::ResetReason::kFault:
      return tinyrig_agent_v1_ResetReason_RESET_REASON_FAULT;
    case port::ResetReason::kUnknown:
      break;
  }
  return tinyrig_agent_v1_ResetReason_RESET_REASON_UNSPECIFIED;
}

void describe_runtimes(HelloReply& reply) {
  constexpr std::size_t kMost = sizeof reply.runtimes / sizeof reply.runtimes[0];
  for (const runtime::Description& description : runtime::descriptions()) {
    if (reply.runtimes_count == kMost) {
      return;
    }
    tinyrig_agent_v1_Runtime& entry = reply.runtimes[reply.runtimes_count++];
    copy_text(entry.name, sizeof entry.name, description.name);
    copy_text(entry.version, sizeof entry.version, description.version);
    entry.model_format = static_cast<tinyrig_agent_v1_ModelFormat>(description.model_format);
    entry.core = description.core;
  }
}

}  // namespace

Agent::Agent(const Options& options)
    : options_(options),
      model_(options.run),
      mlperf_(model_),
      link_(&Agent::describe, &Agent::take_command, this),
      commands_(link_, model_) {}

void Agent::run() {
  paint_stack(port::stack());
  MlperfDialect::print_banner();  // a link host skips it as text
  link_.print("");
  while (true) {
    const std::span<const std::uint8_t> message = link_.next_message();
    if (message.empty()) {
      link_.flush();
      port::wait_for_frame();
      continue;
    }
    commands_.handle(message);
    link_.flush();
  }
}

void Agent::take_command(void* context, char* command) {
  paint_stack(port::stack());
  static_cast<Agent*>(context)->mlperf_.execute(command);
}

void Agent::describe(void* context, HelloReply& reply) {
  auto& self = *static_cast<Agent*>(context);
  std::uint32_t capabilities = 0;
  if (self.options_.sets_baud) {
    capabilities |= tinyrig_agent_v1_Capability_CAPABILITY_SET_BAUD;
  }
  if (self.options_.masks_interrupts) {
    capabilities |= tinyrig_agent_v1_Capability_CAPABILITY_MASKS_INTERRUPTS;
  }
  if (self.options_.paced) {
    capabilities |= tinyrig_agent_v1_Capability_CAPABILITY_PACED_INFERENCE;
  }
  if (port::has_trigger()) {
    capabilities |= tinyrig_agent_v1_Capability_CAPABILITY_TRIGGER;
  }
  if (port::slot_writable()) {
    capabilities |= tinyrig_agent_v1_Capability_CAPABILITY_WRITE_SLOT;
  }
  if (!port::model_slot().empty()) {
    capabilities |= tinyrig_agent_v1_Capability_CAPABILITY_READ_SLOT;
  }
  reply.capabilities = capabilities;
  copy_text(reply.board_type, sizeof reply.board_type, port::board_type());
  copy_text(reply.build_id, sizeof reply.build_id, port::build_id());
  const std::span<const std::uint8_t> id = port::unit_id();
  reply.unit_id.size =
      static_cast<pb_size_t>(id.size() < sizeof reply.unit_id.bytes ? id.size() : sizeof reply.unit_id.bytes);
  std::memcpy(reply.unit_id.bytes, id.data(), reply.unit_id.size);
  reply.boot_count = port::boot_count();
  reply.reset_reason = reason_of(port::reset_reason());
  reply.ticks_per_second = port::ticks_per_second();
  reply.model_ram_bytes = static_cast<std::uint32_t>(Model::ram().size());
  reply.model_slot_bytes = static_cast<std::uint32_t>(port::model_slot().size());
  const Model::SlotImage slot = self.model_.slot_image();
  reply.slot_image_bytes = slot.bytes;
  reply.slot_image_crc32 = slot.crc32;
  reply.max_samples = static_cast<std::uint32_t>(Model::samples().size());
  reply.counts_core_cycles = port::counts_core_cycles();
  describe_runtimes(reply);
}

}  // namespace tinyrig::agent
