// The agent as a device under test of MLPerf Tiny: answers byte for byte, golden outputs through the text protocol,
// and what crashes the reference firmware.
#include "agent_firmware/agent/mlperf_dialect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>

#include "tests/support/link/packed_digits.h"
#include "tests/support/model/golden_file.h"
#include "tests/unit/agent/board_client.h"
#include "wire/golden_input.h"
#include "wire/packed_model/format.h"

namespace tinyrig::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kReady[] = "m-ready\r\n";

std::string hex_of(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

std::vector<std::uint8_t> golden_input(std::uint32_t seed, std::size_t bytes) {
  std::vector<std::uint8_t> input(bytes);
  wire::fill_golden_input(seed, std::as_writable_bytes(std::span(input)));
  return input;
}

// A board that has just booted with `image` in its slot or RAM.
class Device {
 public:
  explicit Device(const std::vector<std::uint8_t>& image, v1::Destination where = kSlot,
                  MemoryBoard::Settings settings = {})
      : client_(settings) {
    if (!image.empty()) {
      EXPECT_TRUE(client_.upload(where, image).transfer_status().complete());
    }
    v1::HostMessage message;
    message.mutable_reset();
    client_.ask(message);
  }

  std::string type(const std::string& command) { return client_.board.type(command + "%"); }

  // As a runner does: 31 bytes at a time.
  std::string download(std::span<const std::uint8_t> bytes) {
    std::string answers = type("db load " + std::to_string(bytes.size()));
    for (std::size_t at = 0; at < bytes.size(); at += 31) {
      answers += type("db " + hex_of(bytes.subspan(at, std::min<std::size_t>(31, bytes.size() - at))));
    }
    return answers;
  }

  MemoryBoard& board() { return client_.board; }
  BoardClient& client() { return client_; }

 private:
  BoardClient client_;
};

std::string digits(const std::string& id) { return std::string(TINYRIG_MODELS "/") + id; }
std::vector<std::uint8_t> digits_as(const std::string& id) { return packed_file(digits("digits.tflite"), id); }

std::vector<double> results_in(const std::string& answer) {
  const std::size_t from = answer.find("m-results-[");
  EXPECT_NE(from, std::string::npos) << answer;
  std::istringstream list(answer.substr(from + 11, answer.find(']', from) - from - 11));
  std::vector<double> values;
  for (std::string value; std::getline(list, value, ',');) {
    values.push_back(std::stod(value));
  }
  return values;
}

std::uint64_t lap(const std::string& answer, int index) {
  std::size_t at = 0;
  for (int i = 0; i <= index; ++i) {
    at = answer.find("m-lap-us-", at) + 9;
  }
  return std::stoull(answer.substr(at));
}

TEST(MlperfDialect, SimpleCommands) {
  Device device(digits_as("ic01"));
  EXPECT_EQ(device.type("name"), "m-name-dut-[tinyrig memory]\r\nm-ready\r\n");
  EXPECT_EQ(device.type("profile"), "m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\nm-model-[ic01]\r\nm-ready\r\n");
  const std::string first = device.type("timestamp");
  EXPECT_THAT(first, StartsWith("m-lap-us-"));
  EXPECT_THAT(first, testing::EndsWith("\r\nm-ready\r\n"));
  EXPECT_LT(lap(first, 0), lap(device.type("timestamp"), 0));
  EXPECT_EQ(device.type("nonsense 1 2"), "e-[Unknown command: nonsense]\r\nm-ready\r\n");
  const std::string help = device.type("help");
  EXPECT_THAT(help, StartsWith("ULPMark for tinyML Firmware V0.0.1\r\n\r\nhelp         : Print this information\r\n"));
  EXPECT_EQ(std::ranges::count(help, '\n'), 13);
  EXPECT_EQ(device.type("db"), "e-[Command 'db' requires a subcommand]\r\nm-ready\r\n");
}

TEST(MlperfDialect, BannerOfAReset) {
  MemoryBoard board({});
  EXPECT_THAT(board.written([] { agent::MlperfDialect::print_banner(); }),
              testing::MatchesRegex("m-timestamp-mode-performance\r\nm-lap-us-[0-9]+\r\nm-init-done\r\nm-ready\r\n"));
}

TEST(MlperfDialect, Download) {
  Device device(digits_as("kws01"));
  EXPECT_EQ(device.type("db load"), "e-[Command 'db load' requires the # of bytes]\r\nm-ready\r\n");
  EXPECT_EQ(device.type("db load 0"), "e-[Command 'db load' must be >0 bytes]\r\nm-ready\r\n");
  EXPECT_EQ(device.type("db load -5"), "e-[Command 'db load' must be >0 bytes]\r\nm-ready\r\n");
  EXPECT_EQ(device.type("db load 65"), "Supplied buffer size 65 exceeds maximum of 64\nm-ready\r\n");
  EXPECT_EQ(device.type("db load 99999999999999999999"),
            "Supplied buffer size 2147483647 exceeds maximum of 64\nm-ready\r\n");
  EXPECT_EQ(device.type("db load 10"), "m-[Expecting 10 bytes]\r\nm-ready\r\n");
  EXPECT_EQ(device.type("db 0"), "e-[Insufficent number of hex digits]\r\nm-ready\r\n");
  EXPECT_EQ(device.type("db 0g"), "e-[Invalid hex digit '0g']\r\nm-ready\r\n");
  EXPECT_EQ(device.type("db 000102aAFf05"), kReady);
  EXPECT_EQ(device.type("db 060708091011121314"), std::string("m-load-done\r\n") + kReady);  // the rest is ignored
  EXPECT_EQ(device.type("db print"), "m-buffer-00-01-02-aa-ff-05-06-07\r\nm-buffer-08-09\r\nm-ready\r\n");
  EXPECT_EQ(device.type("infer 1 0"), "e-[Load an input of 64 bytes first]\r\nm-ready\r\n");
}

TEST(MlperfDialect, InferIsTheReferencesSequence) {
  Device device(digits_as("kws01"));
  const auto input = golden_input(1, 64);
  EXPECT_EQ(device.download(input),
            std::string("m-[Expecting 64 bytes]\r\nm-ready\r\nm-ready\r\nm-ready\r\nm-load-done\r\nm-ready\r\n"));
  const std::string answer = device.type("infer 5 2");
  EXPECT_THAT(answer, testing::MatchesRegex("m-warmup-start-2\r\nm-warmup-done\r\nm-infer-start-5\r\n"
                                            "m-lap-us-[0-9]+\r\nm-lap-us-[0-9]+\r\nm-infer-done\r\n"
                                            "m-results-\\[[0-9.,]+\\]\r\nm-ready\r\n"));
  // The counter moves by 7 each time it is read, and is read once for each inference.
  EXPECT_EQ(lap(answer, 1) - lap(answer, 0), 5U * 7);
  EXPECT_EQ(device.board().windows(), 1U);
  EXPECT_EQ(device.board().bytes_while_measuring(), 0U);
  EXPECT_THAT(device.type("infer 3"), HasSubstr("m-warmup-start-10\r\nm-warmup-done\r\nm-infer-start-3\r\n"));
  EXPECT_THAT(device.type("infer"), HasSubstr("m-infer-start-1\r\n"));
  EXPECT_EQ(device.type("infer 0"), "e-[Inference iterations must be >0]\r\nm-ready\r\n");
  EXPECT_EQ(device.type("infer -1 5"), "e-[Inference iterations must be >0]\r\nm-ready\r\n");
  EXPECT_EQ(device.type("infer 1 -1"), "e-[Inference warmup must be >=0]\r\nm-ready\r\n");
}

// The golden outputs of digits, through hexadecimal digits and three decimals.
TEST(MlperfDialect, OutputsAreThoseOfTheModel) {
  const auto golden = model::read_golden(digits("digits.json"));
  for (const char* id : {"kws01", "ic01"}) {
    Device device(digits_as(id));
    for (const model::GoldenVector& vector : golden.vectors) {
      auto input = golden_input(vector.seed, 64);
      if (id == std::string("ic01")) {  // pixels of 0 to 255
        for (std::uint8_t& byte : input) byte ^= 0x80;
      }
      device.download(input);
      for (const char* command : {"infer 1 0", "infer 2 1", "results"}) {
        const std::vector<double> results = results_in(device.type(command));
        ASSERT_EQ(results.size(), vector.output.size());
        for (std::size_t i = 0; i < results.size(); ++i) {
          EXPECT_NEAR(results[i], (vector.output[i] + 128) / 256.0, 0.0005 + 1e-9) << id << " seed " << vector.seed;
        }
      }
      const std::string first = hex_of(std::span(input).first(2));
      std::string printed = device.type("db print").substr(9, 5);
      std::ranges::transform(printed, printed.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
      EXPECT_EQ(printed, first.substr(0, 2) + "-" + first.substr(2, 2)) << "what was sent, not what was made of it";
    }
  }
}

TEST(MlperfDialect, ModelOfTheRamOutlivesAReset) {
  Device device(digits_as("kws01"), kRam);
  EXPECT_THAT(device.type("profile"), HasSubstr("m-model-[kws01]"));
}

TEST(MlperfDialect, WithoutAModel) {
  Device device({});
  EXPECT_EQ(device.type("profile"),
            "m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\n"
            "e-[No model: transfer a packed model to the slot or the RAM first]\r\nm-ready\r\n");
  for (const char* command : {"db load 5", "infer 1 0", "results"}) {
    EXPECT_THAT(device.type(command), StartsWith("e-[No model: ")) << command;
  }
  EXPECT_EQ(device.type("db print"), kReady);
}

TEST(MlperfDialect, SurvivesWhatCrashesTheReference) {
  Device device(digits_as("kws01"));
  EXPECT_EQ(device.type(""), kReady);
  EXPECT_EQ(device.type("   "), kReady);
  EXPECT_EQ(device.type("db 00112233"), "e-[Command 'db' requires a 'db load' before]\r\nm-ready\r\n");
  device.download(golden_input(1, 64));
  EXPECT_EQ(device.type("db 00112233"), "e-[Command 'db' requires a 'db load' before]\r\nm-ready\r\n");
  EXPECT_EQ(device.type(std::string(500, 'x')), "e-[Unknown command: " + std::string(80, 'x') + "]\r\nm-ready\r\n");
  EXPECT_THAT(device.type("infer 1 0"), HasSubstr("m-infer-done"));
}

TEST(MlperfDialect, AnInferenceThatCouldWrapTheCounterIsRefused) {
  Device device(digits_as("kws01"), kSlot, {.counter_period = 20, .ticks_per_read = 7});
  device.download(golden_input(1, 64));
  EXPECT_EQ(device.type("infer 1 0"), "e-[One inference could wrap the counter]\r\nm-ready\r\n");
}

TEST(MlperfDialect, OperatorsThatFail) {
  Device device(digits_as("kws01"), kSlot,
                {.run = [](const runtime::OperatorHook*) { return runtime::Error::kOperatorFailed; }});
  device.download(golden_input(1, 64));
  EXPECT_EQ(device.type("infer 1 0"), "e-[Inference failed]\r\nm-ready\r\n");
}

TEST(MlperfDialect, ModelsWithoutRoomForAnInput) {
  // The arena of vibration leaves less than its input.
  const auto image = packed_file(digits("vibration.tflite"), "");
  Device device(image, kSlot, {.ram_bytes = 24576 + 24576 / 7 + 512});
  EXPECT_THAT(device.type("db load 3072"), HasSubstr("exceeds maximum of 0\n"));
}

TEST(MlperfDialect, AHelloEndsTheText) {
  Device device(digits_as("kws01"));
  device.type("name");
  device.board().hello();
  ASSERT_TRUE(device.board().established());
  EXPECT_TRUE(device.client().load(kSlot).has_model_info());
  EXPECT_EQ(device.type("name"), "") << "the link has the line until reset";
}

TEST(MlperfDialect, ReferenceModels) {
  const char* reference = std::getenv("TINYRIG_REFERENCE_DIR");
  if (reference == nullptr) {
    GTEST_SKIP() << "TINYRIG_REFERENCE_DIR is not set";
  }
  const std::filesystem::path folder = std::filesystem::path(reference) / "models";
  const std::map<std::string, std::string> ids = {{"kws", "kws01"}, {"vww", "vww01"}, {"ic", "ic01"}, {"ad", "ad01"}};
  for (const auto& [name, id] : ids) {
    const auto image = packed_file((folder / (name + ".tflite")).string(), id);
    ASSERT_FALSE(image.empty()) << name;
    Device device(image, kSlot, {.ram_bytes = 512 * 1024, .slot_bytes = 1024 * 1024});
    EXPECT_THAT(device.type("profile"), HasSubstr("m-model-[" + id + "]"));
    packed::Header header;
    std::memcpy(&header, image.data(), sizeof header);
    packed::Tensor in, out;
    std::memcpy(&in, image.data() + header.tensors_offset, sizeof in);
    std::memcpy(&out, image.data() + header.tensors_offset + sizeof in, sizeof out);
    const model::GoldenVector vector = model::read_golden(folder / "golden" / (name + ".json")).vectors[0];
    std::vector<std::uint8_t> input = golden_input(vector.seed, in.bytes);
    std::vector<float> floats;
    if (name == "ad") {
      for (const std::uint8_t byte : input) {
        floats.push_back(static_cast<float>(static_cast<std::int8_t>(byte) - in.zero_point) * in.scale);
      }
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(floats.data());
      input.assign(bytes, bytes + floats.size() * sizeof(float));
    } else if (name != "kws") {
      for (std::uint8_t& byte : input) byte ^= 0x80;
    }
    EXPECT_THAT(device.download(input), HasSubstr("m-load-done")) << name;
    const std::vector<double> results = results_in(device.type("infer 1 0"));
    if (name == "ad") {
      ASSERT_EQ(results.size(), 1U);
      double sum = 0;
      for (std::size_t i = 0; i < floats.size(); ++i) {
        const double value = static_cast<double>(vector.output[i] - out.zero_point) * static_cast<double>(out.scale);
        sum += std::pow(value - static_cast<double>(floats[i]), 2);
      }
      const double wanted = sum / static_cast<double>(floats.size());
      EXPECT_NEAR(results[0], wanted, 0.0005 + 1e-5 * wanted);
      continue;
    }
    ASSERT_EQ(results.size(), vector.output.size()) << name;
    for (std::size_t i = 0; i < results.size(); ++i) {
      const double wanted = static_cast<double>(vector.output[i] - out.zero_point) * static_cast<double>(out.scale);
      EXPECT_NEAR(results[i], wanted, 0.0006) << name << " output " << i;
    }
  }
}

}  // namespace
}  // namespace tinyrig::test
