#include "server/daemon/ports_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "server/base/error.h"

namespace tinyrig::daemon {
namespace {

TEST(PortsFile, HoldsBothPortsAndLeavesNothingElse) {
  std::string pattern = (std::filesystem::temp_directory_path() / "tinyrig-ports-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  ASSERT_TRUE(write_ports_file(folder / "ports", 1, 65535).ok());
  ASSERT_TRUE(write_ports_file(folder / "ports", 50051, 8080).ok()) << "an old one is replaced";
  std::ifstream file(folder / "ports");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(text, "grpc=50051\nhttp=8080\n");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  std::filesystem::remove_all(folder);
}

TEST(PortsFile, NobodyAskedForOne) { EXPECT_TRUE(write_ports_file("", 1, 2).ok()); }

TEST(PortsFile, SaysWhereItCannotBeWritten) {
  const absl::Status status = write_ports_file("/nowhere/at/all/ports", 1, 2);
  EXPECT_EQ(reason_of(status), "PORTS_FILE_UNWRITABLE");
  EXPECT_NE(status.message().find("/nowhere/at/all/ports"), absl::string_view::npos);
  EXPECT_FALSE(hint_of(status).empty());
}

}  // namespace
}  // namespace tinyrig::daemon
