// One HTTP/1.1 connection of a client: stream, receive slab, parser.
#pragma once
#include <algorithm>
#include <bight/core/clock.hpp>
#include <bight/net/stream.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "http/h1/response_parser.hpp"

namespace bight::http::detail {

class connection {
 public:
  connection(net::stream s, const h1::limits& limits)
      : stream_(std::move(s)),
        size_(std::max<std::size_t>(usual_size, limits.head)),
        slab_(std::make_unique_for_overwrite<char[]>(size_)),
        parser_(limits) {}

  net::stream& stream() noexcept { return stream_; }
  h1::response_parser& parser() noexcept { return parser_; }

  /// What was received and not consumed.
  std::string_view pending() const noexcept { return {slab_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t n) noexcept { begin_ += n; }
  /// Where to receive more, behind what is pending, which may move to the front for that; `received` says
  /// how much it was. Precondition: the slab is not full of pending bytes.
  std::span<std::byte> room() noexcept;
  void received(std::size_t n) noexcept { end_ += n; }

  /// True if another request may be sent: nothing unasked for has come, and the peer has not closed.
  bool reusable() noexcept;
  void mark_idle(clock::time_point now) noexcept { idle_since_ = now; }
  clock::time_point idle_since() const noexcept { return idle_since_; }
  bool used_before() const noexcept { return requests_ > 1; }
  void begin_request() noexcept { ++requests_; }

 private:
  static constexpr std::size_t usual_size = 64 * 1024;

  net::stream stream_;
  std::size_t size_;
  std::unique_ptr<char[]> slab_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t requests_ = 0;
  clock::time_point idle_since_{};
  h1::response_parser parser_;
};

}  // namespace bight::http::detail
