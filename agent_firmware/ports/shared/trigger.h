// What is high while the board measures, for instruments: a pin, or a line of its own (line_trigger.h). A port names
// one as `Trigger` in its board_config.h.
#pragma once

namespace tinyrig::port {

struct NoTrigger {
  static constexpr bool kPresent = false;
  static void init() {}
  static void raise() {}
  static void lower() {}
};

}  // namespace tinyrig::port
