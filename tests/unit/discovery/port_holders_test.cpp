// Who has a port, by what /proc says.
#include "server/discovery/port_holders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "absl/strings/str_format.h"
#include "tests/support/discovery/fake_machine.h"

namespace tinyrig::discovery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PortHoldersTest : public ::testing::Test {
 protected:
  PortHoldersTest() {
    machine_.write(port(), "");
    process(30, "ModemManager");
    process(4, "minicom");
    process(500, "tinyrigd");
  }
  void process(int pid, const std::string& name) {
    machine_.write(proc() / std::to_string(pid) / "comm", name + "\n");
    std::filesystem::create_directories(proc() / std::to_string(pid) / "fd");
  }
  void opens(int pid, const std::filesystem::path& what) {
    std::filesystem::create_symlink(what, proc() / std::to_string(pid) / "fd" / "7");
  }
  void locks(int pid) {
    struct stat info {};
    ASSERT_EQ(::stat(port().c_str(), &info), 0);
    machine_.write(proc() / "locks", absl::StrFormat("1: POSIX  ADVISORY  WRITE 4 00:01:1 0 EOF\n"
                                                     "2: FLOCK  ADVISORY  WRITE %d %02x:%02x:%d 0 EOF\n",
                                                     pid, major(info.st_dev), minor(info.st_dev), info.st_ino));
  }
  std::filesystem::path proc() const { return machine_.places().proc; }
  std::filesystem::path port() const { return machine_.dev("ttyACM0"); }
  std::vector<std::string> holders(const std::filesystem::path& of) const {
    std::vector<std::string> texts;
    for (const Holder& holder : port_holders(proc(), of)) texts.push_back(holder.text());
    return texts;
  }

  test::FakeMachine machine_;
};

TEST_F(PortHoldersTest, ThoseThatHaveItOpen) {
  EXPECT_THAT(holders(port()), IsEmpty());
  opens(30, port());
  opens(4, port());
  opens(500, machine_.dev("ttyACM1"));
  EXPECT_THAT(holders(port()), ElementsAre("minicom (4)", "ModemManager (30)"));
  std::filesystem::create_symlink(port(), machine_.dev("by-id"));
  EXPECT_THAT(holders(machine_.dev("by-id")), ElementsAre("minicom (4)", "ModemManager (30)"));
}

TEST_F(PortHoldersTest, WhoLockedItIsTheOne) {
  opens(4, port());
  locks(500);
  EXPECT_THAT(holders(port()), ElementsAre("tinyrigd (500)"));
}

TEST_F(PortHoldersTest, ALockOfAnotherNamespaceHasNoProcess) {
  opens(4, port());
  locks(0);
  EXPECT_THAT(holders(port()), ElementsAre("minicom (4)"));
}

TEST_F(PortHoldersTest, NamesAreCleaned) {
  process(5, "a\x1b[2J");
  opens(5, port());
  EXPECT_THAT(holders(port()), ElementsAre("a?[2J (5)"));
}

TEST_F(PortHoldersTest, APortThatIsGoneHasNone) { EXPECT_THAT(holders("/no/such/port"), IsEmpty()); }

TEST_F(PortHoldersTest, AllProcessesByName) {
  EXPECT_THAT(process_names(proc()), ElementsAre("minicom", "ModemManager", "tinyrigd"));
}

}  // namespace
}  // namespace tinyrig::discovery
