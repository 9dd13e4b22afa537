#include "agent_firmware/agent/mlperf_dialect.h"

#include <cstring>

#include "agent_firmware/agent/port.h"
#include "agent_firmware/agent/window.h"

namespace tinyrig::agent {
namespace {

constexpr char kBanner[] = "m-timestamp-mode-performance\r\n";
constexpr char kReady[] = "m-init-done\r\nm-ready\r\n";

constexpr char kHelp[] =
    "ULPMark for tinyML Firmware V0.0.1\r\n"
    "\r\n"
    "help         : Print this information\r\n"
    "name         : Print the name of the device\r\n"
    "timestsamp   : Generate a timetsamp\r\n"
    "db SUBCMD    : Manipulate a generic byte buffer\r\n"
    "  load N     : Allocate N bytes and set load counter\r\n"
    "  db HH[HH]* : Load 8-bit hex byte(s) until N bytes\r\n"
    "  print [N=16] [offset=0]\r\n"
    "             : Print N bytes at offset as hex\r\n"
    "infer N [W=0]: Load input, execute N inferences after W warmup loops\r\n"
    "results      : Return the result fp32 vector\r\n";

constexpr std::size_t kBytesPerLine = 8;

void print(const char* text) { TextWriter().text(text); }

void print_lap(std::uint64_t ticks) {
  const std::uint64_t per_second = port::ticks_per_second();
  const std::uint64_t us = ticks / per_second * 1'000'000 + ticks % per_second * 1'000'000 / per_second;
  TextWriter().text("m-lap-us-").number(us).end_line();
}

// Takes the next word off `rest`; null: there is none.
char* next_word(char*& rest) {
  while (*rest == ' ') {
    ++rest;
  }
  if (*rest == '\0') {
    return nullptr;
  }
  char* const word = rest;
  while (*rest != ' ' && *rest != '\0') {
    ++rest;
  }
  if (*rest != '\0') {
    *rest++ = '\0';
  }
  return word;
}

// As atoi(), but never beyond int32.
std::int32_t leading_number(const char* text) {
  const bool negative = *text == '-';
  std::int64_t value = 0;
  for (text += negative || *text == '+' ? 1 : 0; *text >= '0' && *text <= '9'; ++text) {
    value = value < INT32_MAX ? value * 10 + (*text - '0') : value;
  }
  value = value < INT32_MAX ? value : INT32_MAX;
  return static_cast<std::int32_t>(negative ? -value : value);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::int8_t quantized(float value, const packed::Tensor& tensor) {
  const float scaled = value / tensor.scale;
  constexpr float kFar = 1e6F;  // beyond every int8 and zero point
  if (!(scaled > -kFar)) {
    return -128;  // not a number, too
  }
  if (scaled > kFar) {
    return 127;
  }
  // Halves away from zero, as round() has it.
  const std::int32_t q = static_cast<std::int32_t>(scaled + (scaled < 0 ? -0.5F : 0.5F)) + tensor.zero_point;
  return static_cast<std::int8_t>(q < -128 ? -128 : q > 127 ? 127 : q);
}

// Element `index` of an output, as a number.
float element(std::span<const std::byte> bytes, const packed::Tensor& tensor, std::size_t index) {
  if (tensor.type == packed::ElementType::kInt8) {
    const int value = static_cast<std::int8_t>(bytes[index]);
    return static_cast<float>(value - tensor.zero_point) * tensor.scale;
  }
  if (tensor.type == packed::ElementType::kInt32) {
    std::int32_t value = 0;
    std::memcpy(&value, bytes.data() + index * sizeof value, sizeof value);
    return static_cast<float>(value);
  }
  float value = 0;
  std::memcpy(&value, bytes.data() + index * sizeof value, sizeof value);
  return value;
}

std::size_t element_count(std::span<const std::byte> bytes, const packed::Tensor& tensor) {
  return tensor.type == packed::ElementType::kInt8 ? bytes.size() : bytes.size() / 4;
}

}  // namespace

void MlperfDialect::print_banner() {
  print(kBanner);
  print_lap(read_ticks());
  print(kReady);
}

void MlperfDialect::execute(char* command) {
  const char* const word = next_word(command);
  const auto is = [word](const char* name) { return std::strcmp(word, name) == 0; };
  if (word == nullptr) {
    // The reference firmware crashes; a host may want to know that somebody is there.
  } else if (is("name")) {
    name();
  } else if (is("timestamp")) {
    timestamp();
  } else if (is("profile")) {
    profile();
  } else if (is("help")) {
    print(kHelp);
  } else if (is("db")) {
    download(command);
  } else if (is("infer")) {
    infer(command);
  } else if (is("results")) {
    if (ready()) {
      results();
    }
  } else {
    TextWriter().text("e-[Unknown command: ").text(word).text("]\r\n");
  }
  print("m-ready\r\n");
}

void MlperfDialect::name() { TextWriter().text("m-name-dut-[tinyrig ").text(port::board_type()).text("]\r\n"); }

void MlperfDialect::timestamp() { print_lap(read_ticks()); }

void MlperfDialect::profile() {
  print("m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\n");
  if (ready()) {
    const packed::Header model = header();
    char id[sizeof model.model_id + 1] = {};
    std::memcpy(id, model.model_id, sizeof model.model_id);
    TextWriter().text("m-model-[").text(id).text("]\r\n");
  }
}

bool MlperfDialect::ready() {
  if (model_.loaded()) {
    return true;
  }
  Failure failure = {kNoModel, 0, "transfer a packed model to the slot or the RAM first"};
  if (const Model::SlotImage slot = model_.slot_image(); slot.bytes != 0) {
    failure = model_.load_from_slot(slot.bytes);
  } else if (const Model::SlotImage ram = Model::ram_image(); ram.bytes != 0) {
    failure = model_.load_from_ram(ram.bytes);
  }
  if (failure.ok()) {
    describe_input(header());
    checked_ = false;
    announced_ = received_ = 0;
    input_set_ = false;
    return true;
  }
  TextWriter().text("e-[No model: ").text(failure.text).text("]\r\n");
  return false;
}

// Read anew rather than kept: boards with little RAM have better use for it. Of a model of another format all is 0.
packed::Header MlperfDialect::header() const {
  packed::Header header{};
  return model_.packed_header(header) ? header : packed::Header{};
}

void MlperfDialect::describe_input(const packed::Header& header) {
  const auto is = [&header](const char* id) { return std::strncmp(header.model_id, id, sizeof header.model_id) == 0; };
  input_ = Input::kAsSent;
  if (header.input_count != 1 || model_.packed_tensor(header, 0).type != packed::ElementType::kInt8) {
    return;
  }
  if (is("vww01") || is("ic01") || is("ic02")) {
    input_ = Input::kUnsigned;
  }
  // An autoencoder: as many outputs as inputs.
  const packed::Tensor output = model_.packed_tensor(header, 1);
  if (is("ad01") && header.output_count == 1 && model_.packed_tensor(header, 0).scale > 0 &&
      element_count(runtime::output(0), output) == model_.input_bytes()) {
    input_ = Input::kFloats;
  }
}

std::size_t MlperfDialect::download_bytes() const {
  return input_ == Input::kFloats ? sizeof(float) * model_.input_bytes() : model_.input_bytes();
}

// Floats lie before the model's copy of its input, which is made of them; other inputs are that copy.
std::span<std::byte> MlperfDialect::download_place() const {
  std::span<std::byte> copy;
  if (!model_.input_copy(copy).ok()) {
    return {};
  }
  if (input_ != Input::kFloats) {
    return copy;
  }
  const std::span<std::byte> spare = runtime::spare_arena();
  const std::size_t both = download_bytes() + copy.size();
  return spare.size() < both ? std::span<std::byte>{} : spare.last(both).first(download_bytes());
}

void MlperfDialect::download(char* rest) {
  const char* const word = next_word(rest);
  if (word == nullptr) {
    print("e-[Command 'db' requires a subcommand]\r\n");
  } else if (std::strcmp(word, "load") == 0) {
    load(next_word(rest));
  } else if (std::strcmp(word, "print") == 0) {
    print_download();
  } else {
    take(word);
  }
}

void MlperfDialect::load(const char* bytes) {
  if (bytes == nullptr) {
    print("e-[Command 'db load' requires the # of bytes]\r\n");
    return;
  }
  const std::int32_t count = leading_number(bytes);
  if (count <= 0) {
    print("e-[Command 'db load' must be >0 bytes]\r\n");
    return;
  }
  if (!ready()) {
    return;
  }
  const std::size_t most = download_place().size();
  if (static_cast<std::size_t>(count) > most) {
    TextWriter()
        .text("Supplied buffer size ")
        .number(static_cast<std::uint32_t>(count))
        .text(" exceeds maximum of ")
        .number(most)
        .text("\n");
    return;
  }
  announced_ = static_cast<std::size_t>(count);
  received_ = 0;
  input_set_ = false;
  TextWriter().text("m-[Expecting ").number(announced_).text(" bytes]\r\n");
}

void MlperfDialect::take(const char* digits) {
  if (std::strlen(digits) % 2 != 0) {
    print("e-[Insufficent number of hex digits]\r\n");
    return;
  }
  if (received_ == announced_ || !ready()) {
    print("e-[Command 'db' requires a 'db load' before]\r\n");
    return;
  }
  const std::span<std::byte> place = download_place();
  for (; *digits != '\0' && received_ != announced_; digits += 2) {
    const int high = hex_digit(digits[0]);
    const int low = hex_digit(digits[1]);
    if (high < 0 || low < 0) {
      const char pair[] = {digits[0], digits[1], '\0'};
      TextWriter().text("e-[Invalid hex digit '").text(pair).text("']\r\n");
      return;
    }
    place[received_++] = static_cast<std::byte>(high << 4 | low);
  }
  if (received_ == announced_) {
    print("m-load-done\r\n");
    if (announced_ == download_bytes()) {
      set_input();
    }
  }
}

// The reference ignores what help says of N and offset.
void MlperfDialect::print_download() {
  const std::span<const std::byte> place = model_.loaded() ? download_place() : std::span<const std::byte>{};
  const std::uint8_t flip = input_set_ && input_ == Input::kUnsigned ? 0x80 : 0;
  TextWriter out;
  for (std::size_t i = 0; i < announced_ && i < place.size(); ++i) {
    const bool last = i % kBytesPerLine == kBytesPerLine - 1 || i + 1 == announced_;
    out.text(i % kBytesPerLine == 0 ? "m-buffer-" : "-").hex(static_cast<std::uint8_t>(place[i]) ^ flip);
    if (last) {
      out.end_line();
    }
  }
}

// What th_load_tensor() of the reference does, once for each download.
void MlperfDialect::set_input() {
  if (input_ == Input::kUnsigned) {
    for (std::byte& byte : download_place()) {
      byte ^= std::byte{0x80};
    }
  } else if (input_ == Input::kFloats) {
    quantize_floats();
  }
  input_set_ = model_.set_input_transferred().ok();
}

void MlperfDialect::quantize_floats() {
  const std::span<const std::byte> floats = download_place();
  const packed::Tensor tensor = model_.packed_tensor(header(), 0);
  std::span<std::byte> copy;
  if (!model_.input_copy(copy).ok()) {
    return;
  }
  for (std::size_t i = 0; i < copy.size(); ++i) {
    float value = 0;
    std::memcpy(&value, floats.data() + i * sizeof value, sizeof value);
    copy[i] = static_cast<std::byte>(quantized(value, tensor));
  }
}

bool MlperfDialect::check_inference() {
  if (checked_) {
    return true;
  }
  const Window window = run_estimated(model_);
  if (window.error != runtime::Error::kOk) {
    print("e-[Inference failed]\r\n");
    return false;
  }
  if (wraps_unseen(window.end_ticks - window.start_ticks)) {
    print("e-[One inference could wrap the counter]\r\n");
    return false;
  }
  checked_ = true;
  return true;
}

void MlperfDialect::infer(char* rest) {
  const char* const count = next_word(rest);
  const char* const warmup = next_word(rest);
  // Not what help says, but what the reference does.
  const std::int32_t inferences = count != nullptr ? leading_number(count) : 1;
  const std::int32_t warmups = warmup != nullptr ? leading_number(warmup) : 10;
  if (inferences <= 0) {
    print("e-[Inference iterations must be >0]\r\n");
    return;
  }
  if (warmups < 0) {
    print("e-[Inference warmup must be >=0]\r\n");
    return;
  }
  if (!ready()) {
    return;
  }
  if (!input_set_) {
    TextWriter().text("e-[Load an input of ").number(download_bytes()).text(" bytes first]\r\n");
    return;
  }
  if (!check_inference()) {
    return;
  }
  TextWriter().text("m-warmup-start-").number(static_cast<std::uint32_t>(warmups)).end_line();
  for (std::int32_t i = 0; i < warmups; ++i) {
    run_estimated(model_);
  }
  TextWriter().text("m-warmup-done\r\nm-infer-start-").number(static_cast<std::uint32_t>(inferences)).end_line();
  // Both times are told afterwards, so that the line is silent while the board measures.
  port::flush();
  const Window window = run_back_to_back(model_, static_cast<std::uint32_t>(inferences));
  if (window.error != runtime::Error::kOk) {
    print("e-[Inference failed]\r\n");
    return;
  }
  print_lap(window.start_ticks);
  print_lap(window.end_ticks);
  print("m-infer-done\r\n");
  results();
}

void MlperfDialect::results() {
  TextWriter out;
  out.text("m-results-[");
  if (input_set_ && input_ == Input::kFloats) {
    out.thousandths(mean_squared_error());
  } else {
    const packed::Header model = header();
    bool first = true;
    for (std::size_t output = 0; output < model.output_count; ++output) {
      const packed::Tensor tensor = model_.packed_tensor(model, model.input_count + output);
      const std::span<const std::byte> bytes = runtime::output(output);
      for (std::size_t i = 0; i < element_count(bytes, tensor); ++i) {
        out.text(first ? "" : ",").thousandths(element(bytes, tensor, i));
        first = false;
      }
    }
  }
  out.text("]\r\n");
}

float MlperfDialect::mean_squared_error() const {
  const std::span<const std::byte> floats = download_place();
  const packed::Header model = header();
  const packed::Tensor tensor = model_.packed_tensor(model, model.input_count);
  const std::span<const std::byte> bytes = runtime::output(0);
  const std::size_t count = model_.input_bytes();
  float sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    float wanted = 0;
    std::memcpy(&wanted, floats.data() + i * sizeof wanted, sizeof wanted);
    const float difference = element(bytes, tensor, i) - wanted;
    sum += difference * difference;
  }
  return count == 0 ? 0 : sum / static_cast<float>(count);
}

}  // namespace tinyrig::agent
