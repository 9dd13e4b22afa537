// A CA of a test's own, and what it issues, in memory and as files.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/time/clock.h"
#include "server/tls/lab_ca.h"
#include "server/tls/server_identity.h"

namespace tinyrig::testing_support {

inline void write_file(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

class Lab {
 public:
  explicit Lab(const std::string& name = "a lab", absl::Time now = absl::Now()) : now_(now) {
    auto ca = tls::make_ca(name, now);
    EXPECT_TRUE(ca.ok()) << ca.status();
    if (ca.ok()) ca_ = *std::move(ca);
  }

  const tls::CertificateAndKey& ca() const { return ca_; }
  tls::CertificateAndKey server(const std::vector<std::string>& hosts = {"127.0.0.1", "localhost"},
                                absl::Duration lifetime = tls::kLongestLifetime) const {
    auto issued = tls::issue_server(ca_, hosts, lifetime, now_);
    EXPECT_TRUE(issued.ok()) << issued.status();
    return issued.ok() ? *std::move(issued) : tls::CertificateAndKey();
  }
  tls::CertificateAndKey client(const std::string& name = "ci") const {
    auto issued = tls::issue_client(ca_, name, tls::kLongestLifetime, now_);
    EXPECT_TRUE(issued.ok()) << issued.status();
    return issued.ok() ? *std::move(issued) : tls::CertificateAndKey();
  }

 private:
  const absl::Time now_;
  tls::CertificateAndKey ca_;
};

/// As NAME.crt and NAME.key, which its owner alone may read. Replaces what is there.
inline tls::ServerFiles write_pair(const std::filesystem::path& folder, const std::string& name,
                                   const tls::CertificateAndKey& pair) {
  const tls::ServerFiles files{folder / (name + ".crt"), folder / (name + ".key"), {}};
  write_file(files.certificate, pair.certificate_pem);
  write_file(files.key, pair.key_pem);
  std::filesystem::permissions(files.key, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return files;
}

}  // namespace tinyrig::testing_support
