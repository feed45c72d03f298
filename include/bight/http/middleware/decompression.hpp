// decompression: compressed request bodies.
#pragma once
#include <bight/http/handler.hpp>
#include <cstdint>

namespace bight::http {

/// Options of decompression. Trivially copyable.
struct decompression_options {
  /// Maximum size of a decoded body in bytes; 413 beyond it. server_request::max_body overrides it.
  std::uint64_t max_size = 16U << 20U;
  /// Maximum number of bytes out per byte in, once 1 MiB has come out; 413 beyond it.
  std::uint32_t max_ratio = 200;
};

/// Decodes request bodies with a Content-Encoding of gzip, deflate, br or zstd while they are read. Handlers
/// see neither Content-Encoding nor Content-Length then. Responds with 415 and Accept-Encoding to other
/// codings and to several at once, with 400 to malformed data, and with 413 to bodies beyond a limit, if the
/// error leaves the handler.
middleware decompression(const decompression_options& options = {});

}  // namespace bight::http
