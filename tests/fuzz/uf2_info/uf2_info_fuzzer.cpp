// Any bytes as the INFO_UF2.TXT of a drive: no board id, or a short text of one line that people may be shown.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "server/base/clean_text.h"
#include "server/flash/uf2_info.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto id = tinyrig::flash::uf2_board_id({reinterpret_cast<const char*>(data), size});
  if (!id.has_value()) return 0;
  const bool fit = !id->empty() && id->size() <= 64 && id->find_first_of("\r\n") == std::string::npos;
  if (!fit || tinyrig::clean_text(*id, id->size()) != *id) std::abort();
  return 0;
}
