// Any bytes as a file that a person writes: a farm file ('f' in front) or a board type ('t'). A good one or an error
// that names the file, nothing else.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "server/boards/catalog.h"
#include "server/boards/farm.h"

namespace {

constexpr char kName[] = "fuzzed.toml";

void must_name_file(const absl::Status& status, const std::string& file) {
  if (status.message().find(file) == absl::string_view::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tinyrig;
  if (size < 1) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 't') {
    const auto type = boards::parse_board_type(text, kName);
    if (!type.ok()) must_name_file(type.status(), kName);
    return 0;
  }
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / (std::to_string(::getpid()) + "-" + kName);
  std::ofstream(file, std::ios::binary) << text;
  const auto farm = boards::load_farm(file);
  std::filesystem::remove(file);
  if (!farm.ok()) must_name_file(farm.status(), kName);
  return 0;
}
