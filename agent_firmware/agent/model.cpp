#include "agent_firmware/agent/model.h"

#include <cstddef>
#include <cstring>

#include "agent_firmware/agent/config.h"
#include "agent_firmware/agent/port.h"
#include "wire/fnv1a.h"
#include "wire/golden_input.h"
#include "wire/link/crc32.h"

namespace tinyrig::agent {
namespace {

constexpr std::size_t align_up(std::size_t bytes) { return (bytes + 15) / 16 * 16; }

// Enough of a packed model's header to know the size; everything else is for the runtime to check.
bool read_header(std::span<const std::byte> bytes, packed::Header& header) {
  if (bytes.size() < sizeof header) {
    return false;
  }
  std::memcpy(&header, bytes.data(), sizeof header);
  return header.magic == packed::kMagic && header.image_bytes >= sizeof header && header.image_bytes <= bytes.size();
}

Model::SlotImage stated_image(std::span<const std::byte> bytes) {
  packed::Header header;
  if (!read_header(bytes, header)) {
    return {};
  }
  return {header.image_bytes, header.crc32};
}

Model::SlotImage checked_image(std::span<const std::byte> bytes) {
  constexpr std::size_t kCheckedFrom = offsetof(packed::Header, crc32) + sizeof(packed::Header::crc32);
  const Model::SlotImage image = stated_image(bytes);
  const bool sound =
      image.bytes != 0 && link::crc32(bytes.subspan(kCheckedFrom, image.bytes - kCheckedFrom)) == image.crc32;
  return sound ? image : Model::SlotImage{};
}

Failure failure_of(runtime::Error error, const runtime::LoadReport& report) {
  const auto because = [&report](const char* usual) { return report.text != nullptr ? report.text : usual; };
  switch (error) {
    case runtime::Error::kOk:
      return {};
    case runtime::Error::kNotForThisCore:
      return {kNotForThisBoard, 0, because("packed for another core or with a newer format")};
    case runtime::Error::kArenaTooSmall:
      return {kArenaTooSmall, report.missing_bytes, because("the arena does not fit the model RAM")};
    case runtime::Error::kUnsupported:
      return {kModelUnsupported, 0, because("the runtime lacks an operator or type of the model")};
    default:
      return {kBadModel, 0, because("the model is damaged or invalid")};
  }
}

}  // namespace

std::span<std::byte> Model::ram() {
  const std::span<std::byte> all = port::model_ram();
  return all.first((all.size() - samples().size_bytes()) / 16 * 16);
}

std::span<std::uint64_t> Model::samples() {
  const std::span<std::byte> all = port::model_ram();
  // At most an eighth of the RAM.
  const std::size_t most = all.size() / 8 / sizeof(std::uint64_t);
  const std::size_t count = most < kSamples ? most : kSamples;
  const std::size_t offset = (all.size() - count * sizeof(std::uint64_t)) / 16 * 16;
  return {reinterpret_cast<std::uint64_t*>(all.data() + offset), count};
}

Model::SlotImage Model::slot_header() { return stated_image(port::model_slot()); }

Model::SlotImage Model::slot_image() {
  if (!slot_known_) {
    slot_ = checked_image(port::model_slot());
    slot_known_ = true;
  }
  return slot_;
}

Model::SlotImage Model::ram_image() { return checked_image(ram()); }

Failure Model::load_from_ram(std::size_t model_bytes) {
  const std::span<std::byte> all = ram();
  return load(all.first(model_bytes), all.subspan(align_up(model_bytes)), false);
}

Failure Model::load_from_slot(std::size_t model_bytes) {
  return load(port::model_slot().first(model_bytes), ram(), true);
}

Failure Model::load(std::span<const std::byte> model, std::span<std::byte> arena, bool from_slot) {
  unload();
  const Failure failure = failure_of(runtime::load(model, arena, report_), report_);
  if (failure.ok()) {
    loaded_ = true;
    from_slot_ = from_slot;
    bytes_ = model;
  }
  return failure;
}

void Model::unload() {
  runtime::unload();
  loaded_ = false;
  input_ = Input::kNone;
  report_ = {};
}

tinyrig_agent_v1_ModelInfo Model::info() const {
  packed::Header header{};
  const bool packed = packed_header(header);
  return {.arena_bytes = report_.arena_bytes,
          .operator_count = report_.operator_count,
          .input_bytes = static_cast<std::uint32_t>(input_bytes()),
          .output_bytes = static_cast<std::uint32_t>(output_bytes()),
          .image_bytes = packed ? header.image_bytes : static_cast<std::uint32_t>(bytes_.size()),
          .image_crc32 = packed ? header.crc32 : 0};
}

bool Model::packed_header(packed::Header& header) const { return read_header(bytes_, header); }

packed::Tensor Model::packed_tensor(const packed::Header& header, std::size_t index) const {
  packed::Tensor tensor;
  std::memcpy(&tensor, bytes_.data() + header.tensors_offset + index * sizeof tensor, sizeof tensor);
  return tensor;
}

std::size_t Model::input_bytes() const {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < runtime::input_count(); ++i) {
    bytes += runtime::input(i).size();
  }
  return bytes;
}

std::size_t Model::output_bytes() const {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < runtime::output_count(); ++i) {
    bytes += runtime::output(i).size();
  }
  return bytes;
}

Failure Model::input_copy(std::span<std::byte>& place) const {
  if (!loaded_) {
    return {kNoModel, 0, "load a model before its input"};
  }
  const std::span<std::byte> spare = runtime::spare_arena();
  const std::size_t bytes = input_bytes();
  if (spare.size() < bytes) {
    return {kArenaTooSmall, static_cast<std::int64_t>(bytes - spare.size()),
            "no room for a copy of the input beside the arena; use a seed"};
  }
  place = spare.last(bytes);
  return {};
}

Failure Model::set_input_seed(std::uint32_t seed) {
  if (!loaded_) {
    return {kNoModel, 0, "load a model before its input"};
  }
  seed_ = seed;
  input_ = Input::kSeed;
  return {};
}

Failure Model::set_input_transferred() {
  std::span<std::byte> place;
  const Failure failure = input_copy(place);
  if (failure.ok()) {
    input_ = Input::kTransferred;
  }
  return failure;
}

void Model::fill_inputs() {
  std::span<std::byte> copy;
  const bool transferred = input_ == Input::kTransferred && input_copy(copy).ok();
  std::uint32_t state = seed_;
  std::size_t at = 0;
  for (std::size_t i = 0; i < runtime::input_count(); ++i) {
    const std::span<std::byte> input = runtime::input(i);
    if (transferred) {
      std::memcpy(input.data(), copy.data() + at, input.size());
      at += input.size();
    } else {
      state = wire::fill_golden_input(state, input);
    }
  }
}

std::uint32_t Model::output_fnv1a32() const {
  std::uint32_t hash = wire::kFnv1aSeed;
  for (std::size_t i = 0; i < runtime::output_count(); ++i) {
    hash = wire::fnv1a_32(runtime::output(i), hash);
  }
  return hash;
}

}  // namespace tinyrig::agent
