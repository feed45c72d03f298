#include "http/sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <new>
#include <stdexcept>

#include "http/hex.hpp"

namespace bight::http {

void sha256::deleter::operator()(evp_md_ctx_st* c) const noexcept { ::EVP_MD_CTX_free(c); }

sha256::sha256() : context_(::EVP_MD_CTX_new()) {
  if (!context_) throw std::bad_alloc{};
  reset();
}

void sha256::reset() {
  if (::EVP_DigestInit_ex(context_.get(), ::EVP_sha256(), nullptr) != 1)
    throw std::runtime_error{"bight: libcrypto does not provide SHA-256"};
}

void sha256::update(std::string_view bytes) {
  if (::EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1)
    throw std::runtime_error{"bight: SHA-256 failed"};
}

std::string sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (::EVP_DigestFinal_ex(context_.get(), digest.data(), &size) != 1)
    throw std::runtime_error{"bight: SHA-256 failed"};
  reset();
  return to_hex({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace bight::http
