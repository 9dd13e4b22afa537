#include "server/tls/server_identity.h"

#include <gmock/gmock.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "server/base/error.h"
#include "tests/support/store/store_fixture.h"
#include "tests/support/tls/lab.h"

namespace tinyrig::tls {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing_support::Lab;
using testing_support::write_file;
using testing_support::write_pair;

class ServerIdentityTest : public ::testing::Test {
 protected:
  // Refused for `reason`, in words that name `what`.
  void expect_refused(const ServerFiles& files, const std::string& reason, const std::string& what) const {
    const auto identity = ServerIdentity::load(files, now_);
    EXPECT_EQ(identity.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(reason_of(identity.status()), reason) << identity.status();
    EXPECT_THAT(std::string(identity.status().message()), HasSubstr(what));
    EXPECT_NE(hint_of(identity.status()), "");
  }

  const testing_support::TemporaryFolder folder_;
  absl::Time now_ = absl::Now();
  const Lab lab_;
};

TEST_F(ServerIdentityTest, APairThatFits) {
  const CertificateAndKey pair = lab_.server({"farm.lab", "*.boards.lab", "127.0.0.1", "::1"});
  const auto identity = ServerIdentity::load(write_pair(folder_.path(), "server", pair), now_);
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ((*identity)->certificate_pem(), pair.certificate_pem);
  EXPECT_EQ((*identity)->key_pem(), pair.key_pem);
  EXPECT_EQ((*identity)->client_ca_pem(), "");
  EXPECT_THAT((*identity)->facts().names, ElementsAre("farm.lab", "*.boards.lab", "127.0.0.1", "::1"));
  for (const char* name : {"farm.lab", "FARM.lab", "a.boards.lab", "127.0.0.1", "::1"}) {
    EXPECT_TRUE((*identity)->names(name)) << name;
  }
  for (const char* name : {"", "lab", "boards.lab", "a.b.boards.lab", "127.0.0.2", "evil.example"}) {
    EXPECT_FALSE((*identity)->names(name)) << name;
  }
}

TEST_F(ServerIdentityTest, FilesThatAreMissingOrEmptyOrHuge) {
  const ServerFiles good = write_pair(folder_.path(), "server", lab_.server());
  const std::filesystem::path missing = folder_.path() / "missing.pem";
  expect_refused({missing, good.key, {}}, "TLS_FILE_UNREADABLE", missing.string() + ": No such file");
  expect_refused({good.certificate, missing, {}}, "TLS_FILE_UNREADABLE", missing.string());
  expect_refused({good.certificate, good.key, missing}, "TLS_FILE_UNREADABLE", missing.string());
  expect_refused({folder_.path(), good.key, {}}, "TLS_FILE_UNREADABLE", folder_.path().string());
  const std::filesystem::path empty = folder_.path() / "empty.pem";
  write_file(empty, "");
  expect_refused({empty, good.key, {}}, "TLS_CERTIFICATE_INVALID", empty.string());
  expect_refused({good.certificate, good.key, empty}, "TLS_CLIENT_CA_INVALID", empty.string());
  write_file(empty, std::string(1024 * 1024 + 1, '\n'));
  expect_refused({empty, good.key, {}}, "TLS_FILE_UNREADABLE", "larger than 1 MiB");
}

TEST_F(ServerIdentityTest, ACertificateThatWasCutOff) {
  const CertificateAndKey pair = lab_.server();
  const ServerFiles files = write_pair(folder_.path(), "server", pair);
  write_file(files.certificate, pair.certificate_pem.substr(0, pair.certificate_pem.size() / 2));
  expect_refused(files, "TLS_CERTIFICATE_INVALID", files.certificate.string());
  write_file(files.certificate, pair.certificate_pem + pair.certificate_pem.substr(0, 200));
  expect_refused(files, "TLS_CERTIFICATE_INVALID", files.certificate.string());
}

TEST_F(ServerIdentityTest, AKeyOfAnotherCertificate) {
  const ServerFiles one = write_pair(folder_.path(), "one", lab_.server());
  const ServerFiles two = write_pair(folder_.path(), "two", lab_.server());
  expect_refused({one.certificate, two.key, {}}, "TLS_KEY_MISMATCH", two.key.string());
  expect_refused({one.certificate, one.certificate, {}}, "TLS_KEY_EXPOSED", one.certificate.string());
}

TEST_F(ServerIdentityTest, AKeyThatIsNoneOrWantsAPassphrase) {
  const ServerFiles files = write_pair(folder_.path(), "server", lab_.server());
  write_file(files.key, "no key");
  expect_refused(files, "TLS_KEY_INVALID", files.key.string() + " holds no private key");
  const KeyPtr key(EVP_EC_gen("P-256"));
  const BioPtr text(BIO_new(BIO_s_mem()));
  std::string passphrase = "secret";
  ASSERT_EQ(PEM_write_bio_PKCS8PrivateKey(text.get(), key.get(), EVP_aes_256_cbc(), passphrase.data(),
                                          static_cast<int>(passphrase.size()), nullptr, nullptr),
            1);
  write_file(files.key, text_in(text.get()));
  expect_refused(files, "TLS_KEY_INVALID", files.key.string() + " wants a passphrase");
}

TEST_F(ServerIdentityTest, AKeyThatOthersMayRead) {
  using std::filesystem::perms;
  const ServerFiles files = write_pair(folder_.path(), "server", lab_.server());
  std::filesystem::permissions(files.key, perms::owner_read | perms::owner_write | perms::group_read);
  EXPECT_TRUE(ServerIdentity::load(files, now_).ok()) << "a group may be the daemon's alone";
  for (const perms exposed : {perms::others_read, perms::others_write, perms::group_write}) {
    std::filesystem::permissions(files.key, perms::owner_read | perms::owner_write | exposed);
    expect_refused(files, "TLS_KEY_EXPOSED", files.key.string() + " (mode 06");
  }
}

TEST_F(ServerIdentityTest, OutsideOfItsTime) {
  const ServerFiles files = write_pair(folder_.path(), "server", lab_.server({"farm.lab"}, absl::Hours(1)));
  now_ += absl::Hours(2);
  expect_refused(files, "TLS_CERTIFICATE_EXPIRED", files.certificate.string() + " has expired at 2");
  now_ -= absl::Hours(4);
  expect_refused(files, "TLS_CERTIFICATE_NOT_YET_VALID", files.certificate.string() + " is valid from 2");
}

TEST_F(ServerIdentityTest, ACertificateOfAnotherKind) {
  const ServerFiles client = write_pair(folder_.path(), "client", lab_.client());
  expect_refused(client, "TLS_CERTIFICATE_NOT_FOR_SERVERS", client.certificate.string());
  const ServerFiles ca = write_pair(folder_.path(), "ca", lab_.ca());
  expect_refused(ca, "TLS_CERTIFICATE_NOT_FOR_SERVERS", ca.certificate.string());
}

TEST_F(ServerIdentityTest, CasOfClients) {
  ServerFiles files = write_pair(folder_.path(), "server", lab_.server());
  files.client_ca = folder_.path() / "clients.pem";
  const std::string both = lab_.ca().certificate_pem + Lab("another").ca().certificate_pem;
  write_file(files.client_ca, both);
  const auto identity = ServerIdentity::load(files, now_);
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ((*identity)->client_ca_pem(), both);
  write_file(files.client_ca, lab_.ca().certificate_pem + lab_.client().certificate_pem);
  expect_refused(files, "TLS_CLIENT_CA_INVALID", files.client_ca.string());
  write_file(files.client_ca, Lab("old", now_ - kCaLifetime - absl::Hours(1)).ca().certificate_pem);
  expect_refused(files, "TLS_CLIENT_CA_INVALID", files.client_ca.string());
}

TEST_F(ServerIdentityTest, AWeakKeyIsRefusedInOpenSslsWords) {
  const KeyPtr key(EVP_RSA_gen(1024));
  const CertificatePtr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  ASSERT_GT(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
  const BioPtr certificate_text(BIO_new(BIO_s_mem()));
  const BioPtr key_text(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(certificate_text.get(), certificate.get());
  PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  expect_refused(write_pair(folder_.path(), "weak", {text_in(certificate_text.get()), text_in(key_text.get())}),
                 "TLS_REFUSED", "too small");
}

}  // namespace
}  // namespace tinyrig::tls
