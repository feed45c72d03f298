// The bridge to Boost.Beast: its messages as bight's and the reverse, and its streams over bight's.
#pragma once
#include <bight/asio.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/core/loop.hpp>
#include <bight/http/body.hpp>
#include <bight/http/detail/beast_messages.hpp>
#include <bight/http/detail/beast_support.hpp>
#include <bight/http/handler.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/method.hpp>
#include <bight/http/request.hpp>
#include <bight/http/response.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/server_response.hpp>
#include <bight/http/url.hpp>
#include <bight/net/stream.hpp>

#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/message_generator.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace bight::http {

/// All fields in their order, repeated ones included.
/// Errors: std::length_error if a field is longer than Beast allows (64 KiB).
inline boost::beast::http::fields to_beast(headers_view fields) {
  boost::beast::http::fields out;
  detail::copy_fields(fields, out);
  return out;
}
/// Errors: errc::invalid_header.
template <class Fields>
  requires detail::beast_fields<Fields>
headers from_beast(const Fields& fields) {
  return detail::fields_from(fields);
}

/// A request that a server received, with its whole body. Bodies that have a reader can be chosen:
/// string_body, vector_body, dynamic_body, empty_body. Its version is 11. server_limits::max_body applies.
///
///     auto message = co_await http::to_beast<boost::beast::http::dynamic_body>(request);
///
/// Errors: those of server_request::read_piece and of the body; as the other to_beast.
template <class Body = boost::beast::http::string_body>
awaitable<boost::beast::http::request<Body>> to_beast(server_request& r) {
  boost::beast::http::request<Body> m;
  const auto method = r.method().name();
  const auto target = r.target();
  m.version(11);
  m.method_string({method.data(), method.size()});
  m.target({target.data(), target.size()});
  detail::copy_fields(r.headers(), m);
  auto reading = detail::read_body(r, m);
  co_await std::move(reading);
  co_return m;
}
/// A response for a server. Bodies that have a writer can be used, except buffer_body. They are sent piece by
/// piece; file_body is sent as body::file. The server replaces Transfer-Encoding; if the size of the body is
/// known, Content-Length must be that size. The reason phrase is not kept. Errors: errc::invalid_header.
template <class Body, class Fields>
server_response from_beast(boost::beast::http::response<Body, Fields> m) {
  server_response out{status{static_cast<int>(m.result_int())}};
  out.headers() = detail::fields_from(m);
  out.set_body(detail::body_from(std::move(m)));
  return out;
}
/// A response of any body, which it collects in memory. `to_head`: it answers a HEAD request and has no body.
/// Errors: those of its serializer.
inline server_response from_beast(boost::beast::http::message_generator m, bool to_head = false) {
  return from_beast(detail::collect(std::move(m), to_head));
}

/// A handler for a router or a server from a function for Beast: it takes a request<Body>, and returns a
/// response or a message_generator, or a bight::awaitable of one.
///
///     router.get("/old/{rest:path}", http::beast_handler(handle_request));
template <class Body = boost::beast::http::string_body, class F>
handler beast_handler(F f) {
  return [f = std::move(f)](server_request& r) mutable { return detail::handle_beast<Body>(f, r); };
}

/// A request for a client. The URL is the target at the origin of `origin`, unless the target is a URL.
/// Bodies: as for responses. Errors: errc::invalid_url; errc::malformed_start_line for the method;
/// errc::invalid_header.
template <class Body, class Fields>
request from_beast(boost::beast::http::request<Body, Fields> m, const url& origin) {
  const auto method = m.method_string();
  const auto target = m.target();
  request out{method::parse({method.data(), method.size()}).value(),
              detail::target_at(origin, {target.data(), target.size()}), detail::fields_from(m)};
  detail::remove_framing(out);
  out.set_body(detail::body_from(std::move(m)));
  return out;
}
/// A response that a client received, with its whole body. If the client has decoded the body,
/// Content-Encoding is removed and Content-Length adapted. Errors: those of response::read_piece and of the
/// body; as the other to_beast.
template <class Body = boost::beast::http::string_body>
awaitable<boost::beast::http::response<Body>> to_beast(response& r) {
  boost::beast::http::response<Body> m;
  m.version(11);
  m.result(static_cast<unsigned>(r.status().code()));
  detail::copy_fields(r.headers(), m);
  auto reading = detail::read_body(r, m);
  const auto size = co_await std::move(reading);
  if (size != r.received()) detail::mark_decoded(m, size);
  co_return m;
}

/// A net::stream as an AsyncReadStream and AsyncWriteStream of Asio, for Beast's http and websocket functions
/// and for other code over Asio streams: the same over TCP, TLS and memory.
///
///     boost::beast::websocket::stream<http::beast_stream> socket{std::move(stream)};
///     co_await socket.async_accept(asio::deferred);
///
/// A cancelled read has consumed nothing; after a cancelled write, further writes fail with
/// net::errc::stream_broken. Concurrency: loop thread only; one read and one write at a time. Lifetime: it
/// may be destroyed while operations are in progress; they complete with operation_aborted. In virtual time,
/// the clock runs at its real speed while a coroutine awaits an operation of Asio.
class beast_stream {
 public:
  using executor_type = boost::asio::io_context::executor_type;

  /// Errors: errc::wrong_loop if no loop runs on this thread.
  explicit beast_stream(net::stream s)
      : stream_(std::make_shared<net::stream>(std::move(s))),
        executor_(io_context_of(loop::current()).get_executor()) {}
  beast_stream(beast_stream&&) noexcept = default;
  beast_stream& operator=(beast_stream&& other) noexcept {
    if (this == &other) return *this;
    close();
    stream_ = std::move(other.stream_);
    executor_ = other.executor_;
    return *this;
  }
  ~beast_stream() { close(); }

  executor_type get_executor() const noexcept { return executor_; }
  net::stream& stream() noexcept { return *stream_; }
  const net::stream& stream() const noexcept { return *stream_; }
  /// Precondition: no operation is in progress.
  net::stream release() noexcept { return std::move(*stream_); }
  /// Closes the connection immediately.
  void close() noexcept {
    if (stream_ && stream_->valid()) stream_->abort();
  }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    auto start = [this](auto then, const Buffers& all) {
      const auto into = first_of(all);
      if (into.empty()) return finish(std::move(then), {}, 0);
      launch<true>(std::move(then), [&](auto& operation) { operation.read(stream_, into); });
    };
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(std::move(start),
                                                                                            token, buffers);
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    auto start = [this](auto then, const Buffers& all) {
      std::array<std::span<const std::byte>, 16> pieces;
      const std::span used{pieces.data(), collect_pieces(all, pieces)};
      boost::system::error_code error;
      const auto sent = used.empty() ? 0 : detail::try_write_some(*stream_, used, error);
      if (used.empty() || sent != 0 || error) return finish(std::move(then), error, sent);
      launch<true>(std::move(then), [&](auto& operation) { operation.write(stream_, used.front()); });
    };
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(std::move(start),
                                                                                            token, buffers);
  }

  /// For websocket::stream: sends the end as a server, and waits for that of the peer, up to five seconds.
  template <class Handler>
  friend void async_teardown(boost::beast::role_type role, beast_stream& s, Handler&& then) {
    const bool server = role == boost::beast::role_type::server;
    std::decay_t<Handler> own(std::forward<Handler>(then));
    s.launch<false>(std::move(own), [&](auto& operation) { operation.tear_down(s.stream_, server); });
  }
  friend void beast_close_socket(beast_stream& s) { s.close(); }

 private:
  template <class Buffers>
  static std::span<std::byte> first_of(const Buffers& buffers) {
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto b = boost::asio::buffer_sequence_begin(buffers); b != end; ++b) {
      const boost::asio::mutable_buffer one = *b;
      if (one.size() != 0) return {static_cast<std::byte*>(one.data()), one.size()};
    }
    return {};
  }
  // Returns how many are not empty, as far as there is room.
  template <class Buffers>
  static std::size_t collect_pieces(const Buffers& buffers, std::span<std::span<const std::byte>> pieces) {
    std::size_t n = 0;
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto b = boost::asio::buffer_sequence_begin(buffers); b != end && n != pieces.size(); ++b) {
      const boost::asio::const_buffer one = *b;
      if (one.size() != 0) pieces[n++] = {static_cast<const std::byte*>(one.data()), one.size()};
    }
    return n;
  }

  // Calls the handler on its executor, never in place. That executor has work until then.
  template <class Handler, bool WithSize>
  class completion {
   public:
    completion(Handler&& then, const executor_type& otherwise)
        : work_(boost::asio::make_work_guard(then, otherwise)), then_(std::move(then)) {}
    void operator()(boost::system::error_code error, std::size_t size) {
      const auto executor = work_.get_executor();
      if constexpr (WithSize)
        boost::asio::post(executor, boost::asio::append(std::move(then_), error, size));
      else
        boost::asio::post(executor, boost::asio::append(std::move(then_), error));
      work_.reset();
    }

   private:
    boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler, executor_type>> work_;
    Handler then_;
  };

  template <class Handler>
  void finish(Handler&& then, boost::system::error_code error, std::size_t size) {
    completion<std::decay_t<Handler>, true>{std::move(then), executor_}(error, size);
  }
  template <bool WithSize, class Handler, class Start>
  void launch(Handler&& then, Start start) {
    auto slot = boost::asio::get_associated_cancellation_slot(then);
    const auto operation = std::make_shared<detail::beast_operation>(
        completion<std::decay_t<Handler>, WithSize>{std::move(then), executor_});
    if (slot.is_connected()) {
      slot.assign([weak = std::weak_ptr{operation}](boost::asio::cancellation_type type) {
        const auto alive = weak.lock();
        if (alive && type != boost::asio::cancellation_type::none) alive->cancel();
      });
    }
    start(*operation);
  }

  std::shared_ptr<net::stream> stream_;
  executor_type executor_;
};

}  // namespace bight::http
