// Owners of OpenSSL's objects, its errors in words, and PEM read into objects. For the files of this folder alone.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

namespace tinyrig::tls {

template <auto kFree>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, FreeWith<X509_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;

/// The first error of this thread's queue, for people; empties the queue.
std::string openssl_error();

/// Every certificate of a PEM text, in its order; empty when there is none or one is broken.
std::vector<CertificatePtr> certificates_in(const std::string& pem);

/// The private key of a PEM text; null when there is none, or it wants a passphrase (`encrypted` says so).
KeyPtr key_in(const std::string& pem, bool* encrypted);

/// All that was written to a memory BIO.
std::string text_in(BIO* memory);

}  // namespace tinyrig::tls
