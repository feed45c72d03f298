// Content-Encoding undone, in pieces and within limits (RFC 9110 8.4).
#pragma once
#include <array>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "http/coding/coder.hpp"

namespace bight::http::coding {

/// What a decoder accepts.
struct decode_options {
  std::uint64_t max_decoded = 64 * 1024 * 1024;  ///< Bytes that come out; more is errc::body_too_large.
  std::uint64_t ratio_after = 1024 * 1024;  ///< The ratio is looked at once that many bytes have come out.
  std::uint32_t max_ratio = 200;            ///< Bytes out per byte in; more is errc::decompression_bomb.
  std::uint32_t max_codings = 2;            ///< Codings one after the other, identity not counted.
  bool pass_unknown = false;                ///< Hand on bytes of an unknown coding undecoded; else an error.
};

/// The value for Accept-Encoding that names what this build decodes.
inline constexpr std::string_view accept_encoding = "gzip, deflate, br, zstd";

/// Decodes one body. Sans-I/O and pull-driven: each step decodes as much as the output has room for, so a
/// small input never turns into a large allocation. HEAD, 204 and 304 have a Content-Encoding and no body: do
/// not decode them.
class content_decoder {
 public:
  /// One step.
  struct step {
    std::size_t consumed = 0;         ///< Bytes of the input that are done with.
    std::size_t produced = 0;         ///< Bytes written to the output.
    boost::system::error_code error;  ///< Set: the body is bad or too large, and the decoder stays in error.
  };

  /// A decoder that hands on its input.
  content_decoder() = default;
  /// A decoder for the value of Content-Encoding; empty and "identity" hand on the input, "x-gzip" is gzip.
  /// Errors: errc::unsupported_content_coding for an unknown coding or more than max_codings of them.
  static boost::system::result<content_decoder> create(std::string_view content_encoding,
                                                       const decode_options& options = {});

  /// Decodes from `input` to `output`. Call again with the rest of the input until it is consumed and the
  /// output was not filled to the end. Precondition: output is not empty.
  step decode(std::string_view input, std::span<char> output);
  /// The body has ended. Errors: errc::truncated if a coding was not complete. A body without any byte is
  /// complete.
  boost::system::error_code finish();

  /// Decodes all of `input` and calls `sink(std::string_view)` with each piece. Returns: the error, if any.
  template <class Sink>
  boost::system::error_code feed(std::string_view input, Sink&& sink) {
    if (identity()) {
      const boost::system::error_code error = pass(input);
      if (!error && !input.empty()) sink(input);
      return error;
    }
    std::array<char, 8192> piece;
    while (true) {
      const step done = decode(input, piece);
      input.remove_prefix(done.consumed);
      if (done.produced != 0) sink(std::string_view(piece.data(), done.produced));
      if (done.error || (input.empty() && done.produced < piece.size())) return done.error;
    }
  }

  /// Whether the input is handed on as it is.
  bool identity() const noexcept { return stages_.empty(); }
  /// Whether a coding in the list was unknown and therefore nothing is decoded
  /// (decode_options::pass_unknown).
  bool unknown_coding() const noexcept { return unknown_; }
  /// Whether bytes followed the end of the coded data; they were dropped.
  bool trailing_garbage() const noexcept;
  std::uint64_t consumed() const noexcept { return consumed_; }  ///< Bytes in, all steps together.
  std::uint64_t produced() const noexcept { return produced_; }  ///< Bytes out, all steps together.

 private:
  struct stage {
    coder_ptr coder;
    std::vector<char> buffer;  // what this stage put out and the next has not read; unused in the last stage
    std::size_t begin = 0;
    std::size_t end = 0;
    std::uint64_t produced = 0;
  };

  boost::system::error_code pass(std::string_view input) noexcept;
  bool run(std::size_t index, std::string_view& input, std::span<char>& output);
  void check_limits(std::uint64_t produced) noexcept;

  std::vector<stage> stages_;  // in the order of decoding
  decode_options options_;
  boost::system::error_code error_;
  std::uint64_t consumed_ = 0;
  std::uint64_t produced_ = 0;
  bool unknown_ = false;
};

}  // namespace bight::http::coding
