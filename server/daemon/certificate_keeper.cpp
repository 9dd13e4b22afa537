#include "server/daemon/certificate_keeper.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "server/base/error.h"

namespace tinyrig::daemon {
namespace {

constexpr absl::Duration kSoon = absl::Hours(24 * 14);

std::string day(absl::Time time) { return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone()); }

}  // namespace

CertificateKeeper::CertificateKeeper(std::shared_ptr<tls::CurrentIdentity> identity, const Clock& clock)
    : identity_(std::move(identity)), clock_(clock) {}

void CertificateKeeper::look() {
  const absl::StatusOr<bool> changed = identity_->look();
  if (!changed.ok()) {
    std::string problem(changed.status().message());
    if (problem != said_) {
      spdlog::warn("TLS: {}; the old certificate stays in use. {}", problem, hint_of(changed.status()));
    }
    said_ = std::move(problem);
  } else {
    said_.clear();
    const tls::CertificateFacts& facts = identity_->get()->facts();
    if (*changed) spdlog::info("TLS: new connections get {}, valid until {}", facts.subject, day(facts.not_after));
  }
  look_at_end();
}

void CertificateKeeper::look_at_end() {
  const absl::Time end = identity_->get()->facts().not_after;
  if (end - clock_.now() > kSoon || end == end_told_of_) return;
  end_told_of_ = end;
  spdlog::warn("TLS: the certificate ends on {}; put a new one into its files, they are read without a restart",
               day(end));
}

}  // namespace tinyrig::daemon
