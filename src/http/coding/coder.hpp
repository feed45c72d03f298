// One content coding: the seam behind which the compression libraries are.
#pragma once
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace bight::http::coding {

/// A streaming decoder of one coding.
class coder {
 public:
  struct step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
    boost::system::error_code error;
  };

  coder() = default;
  coder(const coder&) = delete;
  coder& operator=(const coder&) = delete;
  virtual ~coder() = default;

  /// Decodes until the input is used up or the output is full. After the end of the coded data it consumes
  /// and drops the rest.
  virtual step decode(std::string_view input, std::span<char> output) = 0;
  /// Whether the input may end here.
  virtual bool complete() const noexcept = 0;
  /// Whether bytes came after the end of the coded data.
  virtual bool trailing_garbage() const noexcept = 0;
};

using coder_ptr = std::unique_ptr<coder>;

coder_ptr make_gzip_coder();     ///< RFC 1952, any number of members.
coder_ptr make_deflate_coder();  ///< zlib (RFC 1950), or deflate alone (RFC 1951), which some servers send.
coder_ptr make_brotli_coder();   ///< RFC 7932, without large windows.
coder_ptr make_zstd_coder();     ///< RFC 8878, any number of frames, windows of at most 8 MiB (RFC 9659).

/// The decoder of a coding by its name in any case: gzip, x-gzip, deflate, br, zstd; null if it is not known.
coder_ptr make_coder(std::string_view coding);

}  // namespace bight::http::coding
