// compression: response bodies in gzip, brotli or zstd.
#pragma once
#include <bight/core/unique_function.hpp>
#include <bight/http/handler.hpp>
#include <cstdint>
#include <string_view>

namespace bight::http {

/// Options of compression. Not an aggregate, so that it is safe in co_await expressions.
struct compression_options {
  compression_options() {}

  /// Smaller bodies are left alone.
  std::uint64_t min_size = 1024;
  /// Levels; 0 disables a coding.
  int gzip_level = 6;    ///< 1 to 9.
  int brotli_level = 4;  ///< 1 to 11.
  int zstd_level = 3;    ///< 1 to 19.
  /// Whether a value of Content-Type is worth compressing. If empty: text, JSON, XML, JavaScript,
  /// WebAssembly, SVG and the like.
  unique_function<bool(std::string_view content_type)> compressible;
};

/// Compresses responses with the coding that the client prefers by Accept-Encoding, and of equal ones zstd,
/// then brotli, then gzip.
///
/// Left alone are bodies that are small or not compressible, responses with Content-Encoding, Content-Range
/// or `Cache-Control: no-transform`, upgrades, and the statuses 204, 206 and 304. Compressed responses lose
/// Content-Length and Accept-Ranges, and their ETag becomes weak. `Vary: Accept-Encoding` is added where the
/// result depends on it, and to a 304 with an ETag. HEAD is answered with the headers of GET, without
/// Content-Length. Texts up to 64 KiB are compressed at once, and larger ones and files as they are sent.
/// Streams are flushed after each write, so that nothing is delayed. A stream uses up to 1 MiB of memory with
/// the default levels.
///
/// Compression of secrets together with text that an attacker chooses reveals the secrets to whoever sees the
/// size of encrypted responses (BREACH): exclude such responses with no-transform. Errors:
/// std::invalid_argument for levels out of range.
middleware compression(compression_options options = {});

}  // namespace bight::http
