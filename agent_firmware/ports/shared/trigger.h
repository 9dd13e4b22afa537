// The pin that is high while the board measures, for instruments. A port names one as `Trigger` in its
// board_config.h.
#pragma once

namespace tinyrig::port {

struct NoTrigger {
  static void init() {}
  static void raise() {}
  static void lower() {}
};

}  // namespace tinyrig::port
