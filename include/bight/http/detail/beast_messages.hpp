// How Beast's messages are converted.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/http/body.hpp>
#include <bight/http/detail/beast_support.hpp>
#include <bight/http/detail/to_handler.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/method.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/server_response.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string_type.hpp>
#include <boost/beast/http/basic_file_body.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/message_generator.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/type_traits.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace bight::http {

// Defined in <bight/http/beast.hpp>.
template <class Body>
awaitable<boost::beast::http::request<Body>> to_beast(server_request& r);
template <class Body, class Fields>
server_response from_beast(boost::beast::http::response<Body, Fields> m);
server_response from_beast(boost::beast::http::message_generator m, bool to_head);

namespace detail {

template <class F>
concept beast_fields = requires { typename F::allocator_type; } &&
                       std::same_as<F, boost::beast::http::basic_fields<typename F::allocator_type>>;

inline void throw_if(const boost::system::error_code& error, const char* what) {
  if (error) throw boost::system::system_error(error, what);
}

inline std::string_view to_std(boost::beast::string_view s) noexcept { return {s.data(), s.size()}; }

template <class Fields>
void copy_fields(headers_view from, Fields& to) {
  for (const auto& f : from)
    to.insert(boost::beast::string_view{f.name.data(), f.name.size()},
              boost::beast::string_view{f.value.data(), f.value.size()});
}

template <class Fields>
headers fields_from(const Fields& from) {
  headers out;
  for (const auto& f : from) out.append(to_std(f.name_string()), to_std(f.value()));
  return out;
}

/// Feeds what `from` has to read to the body of `to`. Returns the number of bytes. A string_body would
/// reserve a declared size: it is not told.
template <class Source, class Message>
awaitable<std::uint64_t> read_body(Source& from, Message& to) {
  boost::system::error_code error;
  typename Message::body_type::reader reader{to.base(), to.body()};
  reader.init({}, error);
  throw_if(error, "body");
  std::uint64_t all = 0;
  auto piece = co_await from.read_piece();
  while (!piece.empty()) {
    all += piece.size();
    while (!piece.empty()) {
      const auto n = reader.put(boost::asio::const_buffer{piece.data(), piece.size()}, error);
      throw_if(error, "body");
      piece.remove_prefix(n);
    }
    piece = co_await from.read_piece();
  }
  reader.finish(error);
  throw_if(error, "body");
  co_return all;
}

template <class Message>
awaitable<void> write_body(std::shared_ptr<Message> m, body_writer& out) {
  boost::system::error_code error;
  typename Message::body_type::writer writer{m->base(), m->body()};
  writer.init(error);
  throw_if(error, "body");
  bool more = true;
  while (more) {
    const auto part = writer.get(error);
    throw_if(error, "body");
    if (!part) break;
    more = part->second;
    const auto end = boost::asio::buffer_sequence_end(part->first);
    for (auto b = boost::asio::buffer_sequence_begin(part->first); b != end; ++b) {
      const boost::asio::const_buffer one = *b;
      co_await out.write(std::string_view{static_cast<const char*>(one.data()), one.size()});
    }
  }
}

template <class Body>
inline constexpr bool is_string_body = false;
template <class Traits, class Allocator>
inline constexpr bool is_string_body<boost::beast::http::basic_string_body<char, Traits, Allocator>> = true;
template <class Body>
inline constexpr bool is_file_body = false;
template <class File>
inline constexpr bool is_file_body<boost::beast::http::basic_file_body<File>> = requires(File& f) {
  { f.native_handle() } -> std::convertible_to<int>;
};

template <bool IsRequest, class Body, class Fields>
body body_from(boost::beast::http::message<IsRequest, Body, Fields>&& m) {
  static_assert(
      boost::beast::http::is_body_writer<Body>::value && !std::same_as<Body, boost::beast::http::buffer_body>,
      "from_beast needs a body with a writer that provides all of it: not buffer_body");
  if constexpr (std::same_as<Body, boost::beast::http::empty_body>) {
    return {};
  } else if constexpr (is_string_body<Body>) {
    if (m.body().empty()) return {};
    return body{std::string{m.body().data(), m.body().size()}};
  } else if constexpr (is_file_body<Body>) {
    return rest_of_file(m.body().file().native_handle(), m.body().size());
  } else {
    using message = boost::beast::http::message<IsRequest, Body, Fields>;
    std::optional<std::uint64_t> size;
    if constexpr (requires { Body::size(m.body()); }) size = Body::size(m.body());
    auto held = std::make_shared<message>(std::move(m));
    return body::produce([held](body_writer& out) { return write_body(held, out); }, size);
  }
}

/// The response that `m` would write.
inline boost::beast::http::response<boost::beast::http::string_body> collect(
    boost::beast::http::message_generator m, bool to_head) {
  boost::system::error_code error;
  std::string all;
  while (!m.is_done()) {
    const auto buffers = m.prepare(error);
    throw_if(error, "message_generator");
    std::size_t n = 0;
    for (const auto& b : buffers) {
      all.append(static_cast<const char*>(b.data()), b.size());
      n += b.size();
    }
    m.consume(n);
  }
  boost::beast::http::response_parser<boost::beast::http::string_body> parser;
  parser.eager(true);
  parser.skip(to_head);
  parser.header_limit(std::numeric_limits<std::uint32_t>::max());
  parser.body_limit(boost::none);
  std::string_view rest = all;
  while (!rest.empty() && !parser.is_done()) {
    const auto n = parser.put(boost::asio::const_buffer{rest.data(), rest.size()}, error);
    throw_if(error, "message_generator");
    rest.remove_prefix(n);
  }
  if (!parser.is_done()) parser.put_eof(error);
  throw_if(error, "message_generator");
  return parser.release();
}

/// Says that `size` bytes are what a content coding was removed from.
template <class Message>
void mark_decoded(Message& m, std::uint64_t size) {
  m.erase(boost::beast::http::field::content_encoding);
  if (m.has_content_length()) m.content_length(size);
}

template <class Answer>
server_response response_of(Answer&& m, bool to_head) {
  if constexpr (std::same_as<std::remove_cvref_t<Answer>, boost::beast::http::message_generator>)
    return from_beast(std::move(m), to_head);
  else
    return from_beast(std::move(m));
}

template <class Body, class F>
awaitable<server_response> handle_beast(F& f, server_request& r) {
  const bool to_head = r.method() == method::head;
  auto converting = to_beast<Body>(r);
  auto message = co_await std::move(converting);
  using result = std::invoke_result_t<F&, boost::beast::http::request<Body>>;
  if constexpr (bight::detail::awaitable_type<result>) {
    auto work = std::invoke(f, std::move(message));
    auto answer = co_await std::move(work);
    co_return response_of(std::move(answer), to_head);
  } else {
    co_return response_of(std::invoke(f, std::move(message)), to_head);
  }
}

}  // namespace detail
}  // namespace bight::http
