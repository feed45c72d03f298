// What a response stands on: an HTTP/1 exchange now, an HTTP/2 stream later, and a body in mocks.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/frame_cache.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/response.hpp>
#include <bight/http/status.hpp>
#include <bight/http/timeline.hpp>
#include <bight/http/url.hpp>
#include <bight/net/stream.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bight::http::detail {

class client_exchange : public bight::detail::cached_frame {
 public:
  client_exchange() = default;
  client_exchange(const client_exchange&) = delete;
  client_exchange& operator=(const client_exchange&) = delete;
  virtual ~client_exchange() = default;

  /// The next piece of the body, empty at the end; nothing if `receive` must be called first.
  virtual std::optional<std::string_view> next_piece() = 0;
  virtual awaitable<void> receive() = 0;
  virtual awaitable<void> drain(std::size_t limit) = 0;
  /// Takes the body into memory if all of it has arrived: its connection need not wait until it is read.
  virtual void hold_if_here() noexcept {}
  /// The connection, after the head of a response that switches protocols; invalid otherwise.
  virtual net::stream take_stream() { return {}; }

  http::status status;
  http::headers headers;
  http::headers trailers;
  http::url url;
  http::timeline timeline;
  std::vector<redirect> history;
  std::uint64_t size_hint = 0;
  std::uint64_t received = 0;
  bool deviates = false;
};

}  // namespace bight::http::detail
