#include "agent_firmware/agent/transfer.h"

#include <cstring>

#include "agent_firmware/agent/port.h"
#include "wire/link/crc32.h"

namespace tinyrig::agent {

Failure Transfer::begin(const tinyrig_agent_v1_TransferBegin& request) {
  if (request.size_bytes == 0) {
    return {kBadRequest, 0, "a transfer of no bytes"};
  }
  if (request.resume && resume(request)) {
    return {};
  }
  open_ = complete_ = failed_ = false;
  received_ = 0;
  const Failure failure = open_destination(request);
  if (failure.ok()) {
    take(request, 0);
  }
  return failure;
}

// True: goes on where the same transfer stopped, be it in this boot or, for the slot, in an earlier one.
bool Transfer::resume(const tinyrig_agent_v1_TransferBegin& request) {
  const bool same = destination_ == request.destination && size_ == request.size_bytes &&
                    expected_crc32_ == request.crc32 && (open_ || complete_);
  if (same && !failed_) {
    return true;
  }
  if (request.destination == kModelRam && ram_holds(request)) {
    take(request, request.size_bytes);
    return true;
  }
  if (request.destination != kModelSlot) {
    return false;
  }
  const std::span<const std::byte> slot = port::model_slot();
  const std::uint32_t header_bytes = Model::slot_header().bytes;  // 0: no packed model there
  if (request.size_bytes > slot.size() || (header_bytes != 0 && header_bytes != request.size_bytes)) {
    return false;
  }
  // What was programmed ends where erased flash begins. Only whole units count; if the guess is wrong
  // (an image that ends in 0xFF, another model of this size), end() sees it.
  std::size_t programmed = request.size_bytes;
  if (link::crc32(slot.first(programmed)) != request.crc32) {
    if (header_bytes == 0) {
      return false;  // nothing says whose part it is
    }
    while (programmed > 0 && slot[programmed - 1] == std::byte{0xFF}) {
      --programmed;
    }
    programmed = programmed / kUnitBytes * kUnitBytes;
    if (programmed == request.size_bytes || !port::slot_writable()) {
      return false;
    }
  }
  if (model_.loaded_from_slot() && programmed != request.size_bytes) {
    model_.unload();
  }
  take(request, static_cast<std::uint32_t>(programmed));
  slot_model_bytes_ = complete_ ? size_ : 0;
  crc32_ = link::crc32(slot.first(programmed));
  return true;
}

// RAM keeps its content over a reset, so each session after the first finds its model there.
bool Transfer::ram_holds(const tinyrig_agent_v1_TransferBegin& request) {
  const std::span<std::byte> ram = Model::ram();
  if (request.size_bytes > ram.size() || link::crc32(ram.first(request.size_bytes)) != request.crc32) {
    return false;
  }
  ram_model_bytes_ = request.size_bytes;
  return true;
}

void Transfer::take(const tinyrig_agent_v1_TransferBegin& request, std::uint32_t received_bytes) {
  destination_ = request.destination;
  size_ = request.size_bytes;
  expected_crc32_ = request.crc32;
  received_ = received_bytes;
  crc32_ = 0;
  failed_ = false;
  complete_ = received_ == size_;
  open_ = !complete_;
}

Failure Transfer::open_destination(const tinyrig_agent_v1_TransferBegin& request) {
  switch (request.destination) {
    case kModelRam: {
      const std::span<std::byte> ram = Model::ram();
      if (request.size_bytes > ram.size()) {
        return {kModelTooLarge, static_cast<std::int64_t>(request.size_bytes - ram.size()),
                "the image is larger than the model RAM"};
      }
      model_.unload();
      ram_model_bytes_ = 0;
      place_ = ram.first(request.size_bytes);
      return {};
    }
    case kModelSlot: {
      const std::size_t slot_bytes = port::model_slot().size();
      if (!port::slot_writable()) {
        return {kUnsupported, 0, "the agent does not write the slot of this board; flash it"};
      }
      if (request.size_bytes > slot_bytes) {
        return {kModelTooLarge, static_cast<std::int64_t>(request.size_bytes - slot_bytes),
                "the image is larger than the slot"};
      }
      if (model_.loaded_from_slot()) {
        model_.unload();
      }
      model_.slot_changed();
      slot_model_bytes_ = 0;
      return port::slot_erase(request.size_bytes) ? Failure{} : Failure{kFlashFailed, 0, "erasing the slot failed"};
    }
    case kInput: {
      const Failure failure = model_.input_copy(place_);
      if (failure.ok() && request.size_bytes != place_.size()) {
        return {kBadRequest, static_cast<std::int64_t>(place_.size()), "the model's input has another size"};
      }
      return failure;
    }
    default:
      return {kBadRequest, request.destination, "no such destination"};
  }
}

Failure Transfer::data(std::uint32_t offset, std::span<const std::uint8_t> bytes) {
  if (failed_) {
    return {};
  }
  if (!open_) {
    return fail({kOutOfOrder, 0, "data without a transfer"});
  }
  if (offset != received_) {
    return fail({kOutOfOrder, received_, "data at another offset than the next"});
  }
  if (bytes.size() > size_ - received_) {
    return fail({kBadRequest, size_, "more data than was announced"});
  }
  const Failure failure = store(bytes);
  if (!failure.ok()) {
    return fail(failure);
  }
  crc32_ = link::crc32(bytes, crc32_);
  return {};
}

Failure Transfer::store(std::span<const std::uint8_t> bytes) {
  if (destination_ != kModelSlot) {
    std::memcpy(place_.data() + received_, bytes.data(), bytes.size());
    received_ += static_cast<std::uint32_t>(bytes.size());
    return {};
  }
  std::span<const std::byte> rest = std::as_bytes(bytes);
  while (!rest.empty()) {
    const std::size_t in_unit = received_ % kUnitBytes;
    if (in_unit == 0 && rest.size() >= kUnitBytes) {
      const std::span<const std::byte> whole = rest.first(rest.size() / kUnitBytes * kUnitBytes);
      const Failure failure = program(whole);
      if (!failure.ok()) {
        return failure;
      }
      received_ += static_cast<std::uint32_t>(whole.size());
      rest = rest.subspan(whole.size());
      continue;
    }
    const std::size_t part = rest.size() < kUnitBytes - in_unit ? rest.size() : kUnitBytes - in_unit;
    std::memcpy(unit_ + in_unit, rest.data(), part);
    rest = rest.subspan(part);
    if (in_unit + part == kUnitBytes || received_ + part == size_) {
      std::memset(unit_ + in_unit + part, 0xFF, kUnitBytes - in_unit - part);
      const std::size_t unit_at = received_ - in_unit;
      if (!port::slot_program(unit_at, unit_)) {
        return {kFlashFailed, static_cast<std::int64_t>(unit_at), "programming the slot failed"};
      }
    }
    received_ += static_cast<std::uint32_t>(part);
  }
  return {};
}

Failure Transfer::program(std::span<const std::byte> bytes) {
  return port::slot_program(received_, bytes)
             ? Failure{}
             : Failure{kFlashFailed, static_cast<std::int64_t>(received_), "programming the slot failed"};
}

Failure Transfer::end() {
  if (complete_) {
    return {};
  }
  if (failed_ || !open_) {
    return {kOutOfOrder, received_, "no transfer under way"};
  }
  if (received_ != size_) {
    return {kOutOfOrder, received_, "the transfer is not whole yet"};
  }
  open_ = false;
  if (crc32_ != expected_crc32_) {
    failed_ = true;
    return {kCorrupt, crc32_, "the CRC-32 of what came is another one"};
  }
  complete_ = true;
  if (destination_ == kModelRam) {
    ram_model_bytes_ = size_;
  } else if (destination_ == kModelSlot) {
    slot_model_bytes_ = size_;
    model_.slot_changed();
  }
  return {};
}

Failure Transfer::fail(Failure failure) {
  failed_ = true;
  open_ = complete_ = false;
  return failure;
}

void Transfer::on_load(bool from_slot) {
  if (from_slot) {
    ram_model_bytes_ = 0;
  }
  if (destination_ == kInput || (from_slot && destination_ == kModelRam)) {
    open_ = complete_ = false;
  }
}

}  // namespace tinyrig::agent
