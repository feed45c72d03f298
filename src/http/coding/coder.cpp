#include "http/coding/coder.hpp"

#include <bight/http/headers.hpp>

namespace bight::http::coding {

coder_ptr make_coder(std::string_view coding) {
  if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) return make_gzip_coder();
  if (equal_ignoring_case(coding, "deflate")) return make_deflate_coder();
  if (equal_ignoring_case(coding, "br")) return make_brotli_coder();
  if (equal_ignoring_case(coding, "zstd")) return make_zstd_coder();
  return nullptr;
}

}  // namespace bight::http::coding
