#include "pg/wire/digest.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>

namespace bight::pg::wire {
namespace {

constexpr std::size_t sha256_size = 32;

const unsigned char* bytes_of(std::string_view s) noexcept {
  return reinterpret_cast<const unsigned char*>(s.data());
}
unsigned char* bytes_of(std::string& s) noexcept { return reinterpret_cast<unsigned char*>(s.data()); }

std::string digest(const EVP_MD* kind, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (!kind || EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, kind, nullptr) != 1) {
    ERR_clear_error();
    return {};
  }
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto b = static_cast<unsigned char>(c);
    text += digits[b >> 4U];
    text += digits[b & 15U];
  }
  return text;
}

[[noreturn]] void throw_no_crypto() { throw std::runtime_error("bight: libcrypto provides no SHA-256"); }

}  // namespace

std::string md5_answer(std::string_view user, std::string_view password, std::string_view salt) {
  const auto first = digest(EVP_md5(), std::string{password}.append(user));
  if (first.empty()) return {};
  return "md5" + hex(digest(EVP_md5(), hex(first).append(salt)));
}

std::string sha256(std::string_view bytes) {
  auto d = digest(EVP_sha256(), bytes);
  if (d.empty()) throw_no_crypto();
  return d;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string out(sha256_size, '\0');
  unsigned size = 0;
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(),
            bytes_of(out), &size))
    throw_no_crypto();
  return out;
}

std::string pbkdf2_sha256(std::string_view password, std::string_view salt, unsigned iterations) {
  std::string out(sha256_size, '\0');
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt),
                        static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(),
                        static_cast<int>(out.size()), bytes_of(out)) != 1)
    throw_no_crypto();
  return out;
}

bool same_bytes(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int n = EVP_EncodeBlock(bytes_of(text), bytes_of(bytes), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(n));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.find_first_of(" \t\r\n-") != text.npos) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int n = EVP_DecodeBlock(bytes_of(bytes), bytes_of(text), static_cast<int>(text.size()));
  if (n < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(n));
  if (text.ends_with("==") && bytes.size() >= 2)
    bytes.resize(bytes.size() - 2);
  else if (text.ends_with('=') && !bytes.empty())
    bytes.pop_back();
  return bytes;
}

std::string random_nonce() {
  std::string bytes(18, '\0');
  if (RAND_bytes(bytes_of(bytes), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("bight: libcrypto provides no random numbers");
  return to_base64(bytes);
}

// The hash of the signature of the certificate; SHA-256 instead of MD5 and SHA-1.
std::string end_point_binding(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> in{
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free};
  const std::unique_ptr<X509, decltype(&X509_free)> certificate{
      PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr), &X509_free};
  int kind = NID_undef;
  if (!certificate || X509_get_signature_info(certificate.get(), &kind, nullptr, nullptr, nullptr) != 1) {
    ERR_clear_error();
    return {};
  }
  if (kind == NID_md5 || kind == NID_sha1) kind = NID_sha256;
  const EVP_MD* const md = EVP_get_digestbynid(kind);
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (!md || X509_digest(certificate.get(), md, out.data(), &size) != 1) {
    ERR_clear_error();
    return {};
  }
  return {reinterpret_cast<const char*>(out.data()), size};
}

}  // namespace bight::pg::wire
