// The codec of permessage-deflate (RFC 7692 section 7.2).
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bight::http::ws {

struct end_inflate_context;
struct end_deflate_context;
using inflate_context = std::unique_ptr<struct z_inflate_holder, end_inflate_context>;
using deflate_context = std::unique_ptr<struct z_deflate_holder, end_deflate_context>;
struct end_inflate_context {
  void operator()(z_inflate_holder* context) const noexcept;
};
struct end_deflate_context {
  void operator()(z_deflate_holder* context) const noexcept;
};

/// Decompresses the messages of one direction of a connection. Without context takeover it has a context only
/// in the middle of a message, and connections of a thread share a few.
class inflater {
 public:
  enum class result : std::uint8_t { ok, malformed, too_large };

  explicit inflater(bool takeover) noexcept : takeover_(takeover) {}

  /// Appends what `piece` of a message decompresses to. `last`: the message ends behind it. Stops once `out`
  /// is larger than `max`. Errors: std::bad_alloc.
  result inflate(std::string_view piece, bool last, std::string& out, std::uint64_t max);

 private:
  result run(std::string_view piece, std::string& out, std::uint64_t max);

  inflate_context context_;
  bool takeover_;
};

struct deflate_settings {
  int level = 1;
  int memory_level = 8;
  int window_bits = 15;  ///< 9 to 15.
  bool takeover = false;

  friend bool operator==(const deflate_settings&, const deflate_settings&) = default;
};

/// Compresses the messages of one direction of a connection; contexts as for inflater.
class deflater {
 public:
  explicit deflater(const deflate_settings& settings) noexcept : settings_(settings) {}

  /// Appends a message, compressed, without the empty block at its end. Errors: std::bad_alloc.
  void deflate(std::string_view message, std::string& out);
  const deflate_settings& settings() const noexcept { return settings_; }

 private:
  deflate_context context_;
  deflate_settings settings_;
};

}  // namespace bight::http::ws
