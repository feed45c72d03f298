// SHA-256 of bytes that come in pieces.
#pragma once
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace bight::http {

class sha256 {
 public:
  /// Errors: std::runtime_error if libcrypto does not provide it.
  sha256();
  void update(std::string_view bytes);
  /// In lower-case hexadecimal. Begins again.
  std::string finish();
  void reset();

 private:
  struct deleter {
    void operator()(evp_md_ctx_st* c) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, deleter> context_;
};

}  // namespace bight::http
