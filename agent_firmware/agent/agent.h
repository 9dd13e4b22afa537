// The agent: link, commands, text dialect, model and measuring, put together over one port and one runtime. Make one
// with static storage and run() it; docs/porting.md shows the few lines.
#pragma once

#include "agent_firmware/agent/board_link.h"
#include "agent_firmware/agent/commands.h"
#include "agent_firmware/agent/mlperf_dialect.h"
#include "agent_firmware/agent/model.h"

namespace tinyrig::agent {

struct Options {
  // The port's begin_measuring() masks interrupts.
  bool masks_interrupts = true;
  // The port's set_baud() works.
  bool sets_baud = true;
  // Inference is stretched to a stated length (host agents in scale tests): never a result.
  bool paced = false;
  // One inference; other than runtime::run() only when paced, and in tests of boards that fail.
  Model::RunModel run = runtime::run;
};

class Agent {
 public:
  explicit Agent(const Options& options);

  // After port::init(). Announces itself, then serves for ever.
  [[noreturn]] void run();

 private:
  static void describe(void* self, HelloReply& reply);
  static void take_command(void* self, char* command);

  Options options_;
  Model model_;
  MlperfDialect mlperf_;
  BoardLink link_;
  Commands commands_;
};

}  // namespace tinyrig::agent
