#include "server/tls/lab_ca.h"

#include <gmock/gmock.h>

#include "server/base/error.h"
#include "server/tls/certificate_facts.h"
#include "server/tls/openssl.h"
#include "tests/support/tls/lab.h"

namespace tinyrig::tls {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing_support::Lab;

CertificateFacts facts(const CertificateAndKey& pair) { return *facts_of_pem(pair.certificate_pem, "a file"); }

// What OpenSSL says of a chain of two, as a client or server would ask it.
int verify(const CertificateAndKey& ca, const CertificateAndKey& leaf, const char* purpose) {
  const std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>> trusted(X509_STORE_new());
  const auto authorities = certificates_in(ca.certificate_pem);
  const auto leaves = certificates_in(leaf.certificate_pem);
  X509_STORE_add_cert(trusted.get(), authorities.at(0).get());
  const std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>> check(X509_STORE_CTX_new());
  X509_STORE_CTX_init(check.get(), trusted.get(), leaves.at(0).get(), nullptr);
  X509_STORE_CTX_set_default(check.get(), purpose);
  X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(check.get()), X509_V_FLAG_X509_STRICT);
  X509_verify_cert(check.get());
  return X509_STORE_CTX_get_error(check.get());
}

TEST(LabCa, IsOneForTenYears) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const auto ca = make_ca("the lab", now);
  ASSERT_TRUE(ca.ok()) << ca.status();
  const CertificateFacts said = facts(*ca);
  EXPECT_EQ(said.subject, "O = TinyRig lab, CN = the lab");
  EXPECT_EQ(said.issuer, said.subject);
  EXPECT_TRUE(said.is_ca);
  EXPECT_FALSE(said.for_servers);
  EXPECT_FALSE(said.for_clients);
  EXPECT_EQ(said.not_before, now - absl::Hours(1));
  EXPECT_EQ(said.not_after, now + absl::Hours(24 * 3650));
  EXPECT_EQ(said.sha256.size(), 64U);
  bool encrypted = false;
  const KeyPtr key = key_in(ca->key_pem, &encrypted);
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(EVP_PKEY_bits(key.get()), 256);
  EXPECT_TRUE(EVP_PKEY_is_a(key.get(), "EC"));
}

TEST(LabCa, ServersAndClientsAreWhatTheyAreFor) {
  const Lab lab;
  const CertificateAndKey server = lab.server({"farm.lab", "192.168.1.20", "fd00::1"});
  const CertificateFacts of_server = facts(server);
  EXPECT_EQ(of_server.subject, "O = TinyRig lab, CN = farm.lab");
  EXPECT_EQ(of_server.issuer, "O = TinyRig lab, CN = a lab");
  EXPECT_THAT(of_server.names, ElementsAre("farm.lab", "192.168.1.20", "fd00::1"));
  EXPECT_TRUE(of_server.for_servers);
  EXPECT_FALSE(of_server.for_clients || of_server.is_ca);
  const CertificateAndKey client = lab.client("ci");
  const CertificateFacts of_client = facts(client);
  EXPECT_EQ(of_client.subject, "O = TinyRig lab, CN = ci");
  EXPECT_THAT(of_client.names, IsEmpty());
  EXPECT_TRUE(of_client.for_clients);
  EXPECT_FALSE(of_client.for_servers || of_client.is_ca);

  EXPECT_EQ(verify(lab.ca(), server, "ssl_server"), X509_V_OK);
  EXPECT_EQ(verify(lab.ca(), client, "ssl_client"), X509_V_OK);
  EXPECT_EQ(verify(lab.ca(), client, "ssl_server"), X509_V_ERR_INVALID_PURPOSE);
  EXPECT_NE(verify(Lab("a lab").ca(), server, "ssl_server"), X509_V_OK) << "another CA of the same name";
  EXPECT_NE(facts(lab.server()).sha256, facts(lab.server()).sha256);
}

TEST(LabCa, LastsNoLongerThanAllowedNorThanTheCa) {
  const absl::Time now = absl::Now();
  const Lab lab("a lab", now);
  const auto day = [&](absl::Time time) { return absl::ToInt64Hours(time - now + absl::Minutes(1)) / 24; };
  EXPECT_EQ(day(facts(lab.server({"a"}, absl::Hours(24 * 9999))).not_after), 825);
  EXPECT_EQ(day(facts(lab.server({"a"}, absl::Hours(24 * 30))).not_after), 30);
  const absl::Time late = now + kCaLifetime - absl::Hours(24 * 10);
  EXPECT_EQ(facts(*issue_client(lab.ca(), "ci", kLongestLifetime, late)).not_after, facts(lab.ca()).not_after);
  EXPECT_EQ(reason_of(issue_client(lab.ca(), "ci", kLongestLifetime, now + kCaLifetime).status()),
            "TLS_CERTIFICATE_EXPIRED");
}

TEST(LabCa, NamesThatAreNone) {
  const Lab lab;
  for (const char* host : {"", "a b", "farm.lab:8080", "[::1]", "a,IP:1.2.3.4", "-a", "a-", "a..b", "a.", "*", "a.*.b",
                           "1.2.3.4/24", "@section", "f\xc3\xbc"}) {
    const auto refused = issue_server(lab.ca(), {"good.lab", host}, kLongestLifetime, absl::Now());
    EXPECT_EQ(reason_of(refused.status()), "TLS_HOST_INVALID") << host;
    EXPECT_NE(std::string(refused.status().message()).find("\"" + std::string(host) + "\""), std::string::npos);
  }
  EXPECT_EQ(reason_of(issue_server(lab.ca(), {}, kLongestLifetime, absl::Now()).status()), "TLS_HOST_INVALID");
  for (const std::string& name : {std::string(), std::string("a\nb"), std::string(65, 'a')}) {
    EXPECT_EQ(reason_of(issue_client(lab.ca(), name, kLongestLifetime, absl::Now()).status()), "TLS_NAME_INVALID");
    EXPECT_EQ(reason_of(make_ca(name, absl::Now()).status()), "TLS_NAME_INVALID");
  }
  const std::string long_host = std::string(40, 'a') + "." + std::string(40, 'b');
  EXPECT_EQ(facts(lab.server({long_host})).subject, "O = TinyRig lab");
  EXPECT_EQ(verify(lab.ca(), lab.server({long_host}), "ssl_server"), X509_V_OK);
}

TEST(LabCa, WhatIsNoCaIssuesNothing) {
  const Lab lab;
  const Lab other;
  for (const CertificateAndKey& wrong :
       {CertificateAndKey{}, lab.server(), CertificateAndKey{lab.ca().certificate_pem, other.ca().key_pem}}) {
    EXPECT_EQ(reason_of(issue_client(wrong, "ci", kLongestLifetime, absl::Now()).status()), "TLS_CA_INVALID");
  }
}

}  // namespace
}  // namespace tinyrig::tls
