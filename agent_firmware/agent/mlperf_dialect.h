// The text protocol of MLPerf Tiny, so that its runners can drive a board with this agent: performance personality,
// interpreter of single commands. The model is the packed one that the slot, or else the RAM, has after a reset;
// its header's id says which benchmark it is, and so what is sent for an input.
//
// Protocol and texts: api/internally_implemented.cpp of the MLPerf Tiny reference. Beyond it: a command without
// anything, data that was not announced, and inferences without an input are answered, not obeyed. docs/mlperf.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "agent_firmware/agent/model.h"
#include "agent_firmware/agent/text_writer.h"

namespace tinyrig::agent {

class MlperfDialect {
 public:
  explicit MlperfDialect(Model& model) : model_(model) {}

  // After init and reset.
  static void print_banner();
  // One command, without its '%'; answers on the port, "m-ready" last. `command` is cut into words.
  void execute(char* command);

 private:
  // How what a host sends becomes the model's input.
  enum class Input : std::uint8_t {
    kAsSent,    // bytes of the input tensor
    kUnsigned,  // bytes of 0 to 255: 128 less
    kFloats,    // float32, to be quantized; the answer is how far the output is from them
  };

  void name();
  void timestamp();
  void profile();
  void help();
  void download(char* rest);
  void load(const char* bytes);
  void take(const char* digits);
  void print_download();
  void infer(char* rest);
  void results();

  // Loads the model once; false: there is none, which was told.
  bool ready();
  packed::Header header() const;
  void describe_input(const packed::Header& header);
  // Bytes that are sent for one input, and their place beside the arena; empty: no room.
  std::size_t download_bytes() const;
  std::span<std::byte> download_place() const;
  void set_input();
  void quantize_floats();
  // False: it failed, or one inference could wrap the counter; which was told.
  bool check_inference();
  float mean_squared_error() const;

  Model& model_;
  Input input_ = Input::kAsSent;
  bool checked_ = false;  // check_inference() was done for this model
  std::size_t announced_ = 0;
  std::size_t received_ = 0;
  bool input_set_ = false;
};

}  // namespace tinyrig::agent
