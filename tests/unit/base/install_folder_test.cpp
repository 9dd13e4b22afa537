#include "server/base/install_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace tinyrig {
namespace {

namespace fs = std::filesystem;

class InstallFolderTest : public ::testing::Test {
 protected:
  InstallFolderTest() {
    std::string pattern = (fs::temp_directory_path() / "tinyrig-install-XXXXXX").string();
    prefix_ = fs::canonical(::mkdtemp(pattern.data()));
  }
  ~InstallFolderTest() override { fs::remove_all(prefix_); }

  fs::path program(const fs::path& folder) const {
    fs::create_directories(prefix_ / folder);
    std::ofstream(prefix_ / folder / "tinyrigd") << "x";
    return prefix_ / folder / "tinyrigd";
  }
  void make_share() const { fs::create_directories(prefix_ / "share" / "tinyrig"); }

  fs::path prefix_;
};

TEST_F(InstallFolderTest, IsBesideBin) {
  make_share();
  EXPECT_EQ(share_of(program("bin")), prefix_ / "share" / "tinyrig");
}

TEST_F(InstallFolderTest, IsWhereALinkLeads) {
  make_share();
  const fs::path real = program("bin");
  fs::create_directories(prefix_ / "elsewhere");
  fs::create_symlink(real, prefix_ / "elsewhere" / "tinyrigd");
  EXPECT_EQ(share_of(prefix_ / "elsewhere" / "tinyrigd"), prefix_ / "share" / "tinyrig");
}

TEST_F(InstallFolderTest, ABuildFolderHasNone) {
  make_share();
  EXPECT_EQ(share_of(program("build/server")), "");
  EXPECT_EQ(share_of(prefix_ / "bin" / "nothing"), "");
  EXPECT_EQ(installed_share(), "") << "this test is not installed";
}

TEST_F(InstallFolderTest, WithoutItsFilesThereIsNone) { EXPECT_EQ(share_of(program("bin")), ""); }

TEST_F(InstallFolderTest, WhatIsNotInstalledIsLeftOut) {
  make_share();
  EXPECT_EQ(if_installed(prefix_ / "share"), prefix_ / "share");
  EXPECT_EQ(if_installed(prefix_ / "share" / "agents"), "");
  EXPECT_EQ(if_installed(program("bin")), "") << "a file is no folder";
}

}  // namespace
}  // namespace tinyrig
