#include "server/tls/current_identity.h"

#include <gtest/gtest.h>

#include "server/base/error.h"
#include "tests/support/store/store_fixture.h"
#include "tests/support/tls/lab.h"

namespace tinyrig::tls {
namespace {

using testing_support::Lab;
using testing_support::write_file;
using testing_support::write_pair;

class CurrentIdentityTest : public ::testing::Test {
 protected:
  CurrentIdentityTest() {
    auto current = CurrentIdentity::load(files_, clock_);
    EXPECT_TRUE(current.ok()) << current.status();
    current_ = *std::move(current);
  }
  std::string look() {
    const absl::StatusOr<bool> changed = current_->look();
    if (!changed.ok()) return reason_of(changed.status());
    return *changed ? "changed" : "as it was";
  }
  bool shows(const CertificateAndKey& pair) const {
    return current_->get()->certificate_pem() == pair.certificate_pem && current_->get()->key_pem() == pair.key_pem;
  }

  const testing_support::TemporaryFolder folder_;
  ManualClock clock_{absl::Now()};
  const Lab lab_;
  const CertificateAndKey old_ = lab_.server();
  const ServerFiles files_ = write_pair(folder_.path(), "server", old_);
  std::unique_ptr<CurrentIdentity> current_;
};

TEST_F(CurrentIdentityTest, FilesThatAreNotGoodAtTheStart) {
  const auto current = CurrentIdentity::load({files_.certificate, files_.certificate, {}}, clock_);
  EXPECT_EQ(reason_of(current.status()), "TLS_KEY_EXPOSED");
}

TEST_F(CurrentIdentityTest, NothingChanges) {
  EXPECT_TRUE(shows(old_));
  const auto before = current_->get();
  EXPECT_EQ(look(), "as it was");
  EXPECT_EQ(current_->get(), before);
}

TEST_F(CurrentIdentityTest, ANewPair) {
  const auto kept = current_->get();
  const CertificateAndKey fresh = lab_.server();
  write_pair(folder_.path(), "server", fresh);
  EXPECT_EQ(look(), "changed");
  EXPECT_TRUE(shows(fresh));
  EXPECT_EQ(kept->certificate_pem(), old_.certificate_pem) << "who has the old one keeps it";
  EXPECT_EQ(look(), "as it was");
}

// Later than a tick of the file system's clock, the stamps tell whether a file has to be read.
TEST_F(CurrentIdentityTest, ANewPairAfterALongTime) {
  clock_.advance(absl::Hours(1));
  EXPECT_EQ(look(), "as it was");
  EXPECT_EQ(look(), "as it was");
  const CertificateAndKey fresh = lab_.server();
  std::filesystem::remove(files_.certificate);
  write_pair(folder_.path(), "server", fresh);
  EXPECT_EQ(look(), "changed");
  EXPECT_TRUE(shows(fresh));
}

TEST_F(CurrentIdentityTest, HalfOfANewPairIsNeverUsed) {
  const CertificateAndKey fresh = lab_.server();
  write_file(files_.certificate, fresh.certificate_pem.substr(0, 300));
  EXPECT_EQ(look(), "TLS_CERTIFICATE_INVALID");
  EXPECT_TRUE(shows(old_));
  write_file(files_.certificate, fresh.certificate_pem);
  EXPECT_EQ(look(), "TLS_KEY_MISMATCH");
  EXPECT_EQ(look(), "TLS_KEY_MISMATCH") << "it is read again until it is good";
  EXPECT_TRUE(shows(old_));
  write_file(files_.key, fresh.key_pem);
  EXPECT_EQ(look(), "changed");
  EXPECT_TRUE(shows(fresh));
}

TEST_F(CurrentIdentityTest, FilesThatAreGoneComeBack) {
  std::filesystem::remove(files_.key);
  EXPECT_EQ(look(), "TLS_FILE_UNREADABLE");
  EXPECT_TRUE(shows(old_));
  write_pair(folder_.path(), "server", old_);
  EXPECT_EQ(look(), "as it was");
  EXPECT_TRUE(shows(old_));
}

TEST_F(CurrentIdentityTest, AnExpiredPairDoesNotReplaceOne) {
  const CertificateAndKey expired = lab_.server({"127.0.0.1"}, absl::Hours(1));
  clock_.advance(absl::Hours(2));
  EXPECT_EQ(look(), "as it was");
  write_pair(folder_.path(), "server", expired);
  EXPECT_EQ(look(), "TLS_CERTIFICATE_EXPIRED");
  EXPECT_TRUE(shows(old_));
}

TEST_F(CurrentIdentityTest, ANewCaOfClientsIsAChange) {
  ServerFiles files = files_;
  files.client_ca = folder_.path() / "ca.crt";
  write_file(files.client_ca, lab_.ca().certificate_pem);
  auto current = CurrentIdentity::load(files, clock_);
  ASSERT_TRUE(current.ok()) << current.status();
  const Lab other("another lab");
  write_file(files.client_ca, other.ca().certificate_pem);
  EXPECT_EQ(*(*current)->look(), true);
  EXPECT_EQ((*current)->get()->client_ca_pem(), other.ca().certificate_pem);
}

}  // namespace
}  // namespace tinyrig::tls
