// Looks after the daemon's TLS files while it runs, and says in the log what becomes of them.
#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/tls/current_identity.h"

namespace tinyrig::daemon {

/// One thread at a time.
class CertificateKeeper {
 public:
  /// The clock outlives it.
  CertificateKeeper(std::shared_ptr<tls::CurrentIdentity> identity, const Clock& clock);

  /// Takes changed files into use. What is not good is said once, and once more if it is something else; so is a
  /// certificate that soon ends.
  void look();

 private:
  void look_at_end();

  const std::shared_ptr<tls::CurrentIdentity> identity_;
  const Clock& clock_;
  std::string said_;        // the problem that the log has last; empty: none
  absl::Time end_told_of_;  // of the certificate whose end the log has
};

}  // namespace tinyrig::daemon
