#include "server/base/sha256.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <cstddef>
#include <fstream>
#include <memory>
#include <span>
#include <vector>

#include "server/base/error.h"

namespace tinyrig {
namespace {

constexpr std::size_t kPieceBytes = 1 << 20;

std::string hex_of(std::span<const unsigned char> digest) {
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += "0123456789abcdef"[byte >> 4U];
    hex += "0123456789abcdef"[byte & 0xFU];
  }
  return hex;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return hex_of(digest);
}

absl::StatusOr<std::string> sha256_hex_of_file(const std::filesystem::path& file) {
  const auto unreadable = [&](const char* what) {
    return make_error(absl::StatusCode::kInternal, "FILE_UNREADABLE", file.string() + ": " + what,
                      "Check that it exists and may be read.");
  };
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return unreadable("cannot be opened");
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (context == nullptr || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) {
    return unreadable("no SHA-256 in OpenSSL");
  }
  std::vector<char> piece(kPieceBytes);
  while (stream.read(piece.data(), static_cast<std::streamsize>(piece.size())), stream.gcount() > 0) {
    EVP_DigestUpdate(context.get(), piece.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (stream.bad()) return unreadable("cannot be read to its end");
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
  return hex_of(digest);
}

}  // namespace tinyrig
