#include "api/signature.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <array>
#include <cstddef>
#include <new>
#include <stdexcept>
#include <utility>

namespace bight::api::detail {
namespace {

constexpr std::size_t min_secret = 32;
constexpr int min_rsa_bits = 2048;
constexpr std::size_t half = 32;  // of a signature on P-256

template <auto Free>
struct freed {
  template <class T>
  void operator()(T* p) const noexcept {
    Free(p);
  }
};
using bio_ptr = std::unique_ptr<BIO, freed<BIO_free_all>>;
using context_ptr = std::unique_ptr<EVP_MD_CTX, freed<EVP_MD_CTX_free>>;
using ecdsa_ptr = std::unique_ptr<ECDSA_SIG, freed<ECDSA_SIG_free>>;

const unsigned char* bytes(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// No password is ever asked for on the terminal.
int no_password(char*, int, int, void*) { return 0; }

std::shared_ptr<void> public_key(std::string_view pem, const char* what) {
  const bio_ptr in{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  if (!in) throw std::bad_alloc{};
  EVP_PKEY* const key = PEM_read_bio_PUBKEY(in.get(), nullptr, no_password, nullptr);
  ERR_clear_error();
  if (!key) throw std::invalid_argument{std::string{"bight: "} + what + ": not a public key in PEM"};
  return {key, [](void* p) { EVP_PKEY_free(static_cast<EVP_PKEY*>(p)); }};
}

EVP_PKEY* pkey(const std::shared_ptr<void>& key) noexcept { return static_cast<EVP_PKEY*>(key.get()); }

std::string hmac(std::string_view secret, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned n = 0;
  if (!HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes(text), text.size(),
            out.data(), &n))
    throw std::runtime_error{"bight: jwt: libcrypto cannot compute an HMAC"};
  return {reinterpret_cast<const char*>(out.data()), n};
}

bool verified(EVP_PKEY* key, std::string_view text, const unsigned char* signature, std::size_t size) {
  const context_ptr context{EVP_MD_CTX_new()};
  if (!context) throw std::bad_alloc{};
  const bool good = EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
                    EVP_DigestVerify(context.get(), signature, size, bytes(text), text.size()) == 1;
  ERR_clear_error();
  return good;
}

// A token has the two numbers (RFC 7518 3.4), libcrypto wants them in DER.
std::string in_der(std::string_view signature) {
  const ecdsa_ptr s{ECDSA_SIG_new()};
  BIGNUM* const first = BN_bin2bn(bytes(signature), static_cast<int>(half), nullptr);
  BIGNUM* const second = BN_bin2bn(bytes(signature) + half, static_cast<int>(half), nullptr);
  if (!s || !first || !second || ECDSA_SIG_set0(s.get(), first, second) != 1) throw std::bad_alloc{};
  unsigned char* out = nullptr;
  const int n = i2d_ECDSA_SIG(s.get(), &out);
  if (n <= 0) throw std::bad_alloc{};
  std::string text(reinterpret_cast<const char*>(out), static_cast<std::size_t>(n));
  OPENSSL_free(out);
  return text;
}

}  // namespace

signature_key signature_key::hs256(std::string secret) {
  if (secret.size() < min_secret)
    throw std::invalid_argument{"bight: jwt_key::hs256: the secret has " + std::to_string(secret.size()) +
                                " bytes, less than 32"};
  return {"HS256", std::move(secret), nullptr};
}

signature_key signature_key::rs256(std::string_view pem) {
  auto key = public_key(pem, "jwt_key::rs256");
  if (EVP_PKEY_is_a(pkey(key), "RSA") != 1 || EVP_PKEY_get_bits(pkey(key)) < min_rsa_bits)
    throw std::invalid_argument{"bight: jwt_key::rs256: not an RSA key of 2048 bits or more"};
  return {"RS256", {}, std::move(key)};
}

signature_key signature_key::es256(std::string_view pem) {
  auto key = public_key(pem, "jwt_key::es256");
  std::array<char, 64> group{};
  std::size_t n = 0;
  if (EVP_PKEY_is_a(pkey(key), "EC") != 1 ||
      EVP_PKEY_get_group_name(pkey(key), group.data(), group.size(), &n) != 1 ||
      std::string_view(group.data(), n) != "prime256v1") {
    ERR_clear_error();
    throw std::invalid_argument{"bight: jwt_key::es256: not a key on P-256"};
  }
  return {"ES256", {}, std::move(key)};
}

bool signature_key::verify(std::string_view text, std::string_view signature) const {
  if (algorithm_ == "HS256") {
    const auto expected = hmac(secret_, text);
    return signature.size() == expected.size() &&
           CRYPTO_memcmp(signature.data(), expected.data(), expected.size()) == 0;
  }
  if (algorithm_ == "RS256") return verified(pkey(key_), text, bytes(signature), signature.size());
  if (signature.size() != 2 * half) return false;
  const auto der = in_der(signature);
  return verified(pkey(key_), text, bytes(der), der.size());
}

std::string signature_key::sign(std::string_view text) const {
  if (key_) throw std::invalid_argument{"bight: issue_jwt: a public key signs nothing"};
  return hmac(secret_, text);
}

}  // namespace bight::api::detail
