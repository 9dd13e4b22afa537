// The golden frames of docs/link.md: what the page says is what the code makes and takes.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "wire/link/frame.h"

namespace tinyrig::link {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes from_hex(const std::string& text) {
  Bytes bytes;
  for (std::size_t i = 0; text != "-" && i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

struct Golden {
  std::string name;
  FrameHeader header;
  Bytes payload, frame;
};

std::vector<Golden> read_page() {
  std::ifstream page(TINYRIG_DOCS "/link.md");
  std::vector<Golden> all;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) {
      inside = line == "```golden-frames";
      continue;
    }
    if (!inside) {
      continue;
    }
    std::istringstream words(line);
    Golden golden;
    words >> golden.name;
    std::map<std::string, std::string> fields;
    for (std::string word; words >> word;) {
      fields[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    }
    const auto number = [&fields](const char* name) { return static_cast<std::uint16_t>(std::stoul(fields.at(name))); };
    golden.header = {.kind = static_cast<FrameKind>(number("kind")),
                     .flags = static_cast<std::uint8_t>(number("flags")),
                     .session = number("session"),
                     .seq = number("seq"),
                     .ack = number("ack"),
                     .window = number("window")};
    golden.payload = from_hex(fields.at("payload"));
    golden.frame = from_hex(fields.at("frame"));
    all.push_back(golden);
  }
  return all;
}

TEST(GoldenFrames, AreWhatTheEncoderMakes) {
  const std::vector<Golden> all = read_page();
  ASSERT_GE(all.size(), 9U);
  for (const Golden& golden : all) {
    Bytes frame(max_encoded_bytes(golden.payload.size()));
    frame.resize(encode_frame(golden.header, golden.payload, frame.data()));
    EXPECT_EQ(frame, golden.frame) << golden.name;
  }
}

TEST(GoldenFrames, AreWhatTheDecoderTakes) {
  for (const Golden& golden : read_page()) {
    Bytes buffer(decoded_frame_bytes(300));
    FrameDecoder decoder(buffer);
    std::size_t used = 0;
    ASSERT_EQ(decoder.feed(golden.frame, used), Decoded::kFrame) << golden.name;
    EXPECT_EQ(decoder.header().kind, golden.header.kind) << golden.name;
    EXPECT_EQ(decoder.header().flags, golden.header.flags) << golden.name;
    EXPECT_EQ(decoder.header().session, golden.header.session) << golden.name;
    EXPECT_EQ(decoder.header().seq, golden.header.seq) << golden.name;
    EXPECT_EQ(decoder.header().ack, golden.header.ack) << golden.name;
    EXPECT_EQ(decoder.header().window, golden.header.window) << golden.name;
    EXPECT_EQ(Bytes(decoder.payload().begin(), decoder.payload().end()), golden.payload) << golden.name;
  }
}

}  // namespace
}  // namespace tinyrig::link
