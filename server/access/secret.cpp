#include "server/access/secret.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "absl/strings/escaping.h"
#include "server/base/error.h"

namespace tinyrig::access {
namespace {

constexpr std::string_view kSecretPrefix = "tinyrig_";
constexpr std::size_t kSecretDigits = 64;

}  // namespace

absl::StatusOr<std::string> random_hex(std::size_t digits) {
  std::string bytes((digits + 1) / 2, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) != 1) {
    return make_error(absl::StatusCode::kInternal, "RANDOM_FAILED", "the system gives no random numbers");
  }
  return absl::BytesToHexString(bytes).substr(0, digits);
}

absl::StatusOr<std::string> make_secret() {
  absl::StatusOr<std::string> digits = random_hex(kSecretDigits);
  if (digits.ok()) digits->insert(0, kSecretPrefix);
  return digits;
}

bool is_secret(std::string_view text) {
  if (text.size() != kSecretPrefix.size() + kSecretDigits || !text.starts_with(kSecretPrefix)) return false;
  text.remove_prefix(kSecretPrefix.size());
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace tinyrig::access
