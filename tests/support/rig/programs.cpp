// Where the build put everything.
#include <cstdlib>
#include <stdexcept>

#include "tests/support/rig/rig.h"

namespace tinyrig::test {

Programs programs() {
  Programs known{TINYRIG_EMU_PROGRAM,        TINYRIG_DAEMON_PROGRAM,    TINYRIG_CLI_PROGRAM,
                 TINYRIG_HOST_AGENT_PROGRAM, TINYRIG_BAD_AGENT_PROGRAM, TINYRIG_FAULTY_AGENT_PROGRAM,
                 TINYRIG_JUMPING_CLOCK,      TINYRIG_SOURCE_DIR,        TINYRIG_CATALOG_DIR,
                 TINYRIG_FIRMWARE_DIR};
  if (const char* folder = std::getenv("TINYRIG_FIRMWARE_DIR"); folder != nullptr) known.firmware = folder;
  return known;
}

ShortFolder::ShortFolder() {
  std::string pattern = "/tmp/rig.XXXXXX";  // whatever TMPDIR is: sockets need short paths
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder in /tmp");
  path_ = pattern;
}

ShortFolder::~ShortFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tinyrig::test
