// The encoders of content codings: the seam behind which the compression libraries are.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bight::http::coding {

/// What comes out of an encoder.
enum class encode_mode : std::uint8_t {
  more,   ///< What the encoder does not keep for better compression.
  flush,  ///< Everything so far, so that the receiver can decode it.
  end,    ///< Everything, and the end of the coded data. Nothing may follow.
};

/// A streaming encoder of one coding.
class encoder {
 public:
  encoder() = default;
  encoder(const encoder&) = delete;
  encoder& operator=(const encoder&) = delete;
  virtual ~encoder() = default;

  /// Encodes all of `input` and appends to `out`. Errors: std::bad_alloc.
  virtual void encode(std::string_view input, encode_mode mode, std::string& out) = 0;
};

using encoder_ptr = std::unique_ptr<encoder>;

// Windows of at most 256 KiB, so that many streams at once fit into memory.
encoder_ptr make_gzip_encoder(int level);    ///< 1 to 9.
encoder_ptr make_brotli_encoder(int level);  ///< 0 to 11.
encoder_ptr make_zstd_encoder(int level);    ///< 1 to 19.

}  // namespace bight::http::coding
