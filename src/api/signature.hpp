// Signatures of tokens (RFC 7518 3), each key with its one algorithm.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace bight::api::detail {

class signature_key {
 public:
  static signature_key hs256(std::string secret);
  static signature_key rs256(std::string_view pem);
  static signature_key es256(std::string_view pem);

  /// "HS256".
  std::string_view algorithm() const noexcept { return algorithm_; }
  bool verify(std::string_view text, std::string_view signature) const;
  /// Throws std::invalid_argument for public keys.
  std::string sign(std::string_view text) const;

 private:
  signature_key(std::string_view algorithm, std::string secret, std::shared_ptr<void> key)
      : algorithm_(algorithm), secret_(std::move(secret)), key_(std::move(key)) {}

  std::string_view algorithm_;
  std::string secret_;         // HS256
  std::shared_ptr<void> key_;  // the others: EVP_PKEY
};

}  // namespace bight::api::detail
