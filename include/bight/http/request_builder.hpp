// request_builder: one request of a client, described step by step and sent by awaiting it.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/auth.hpp>
#include <bight/http/body.hpp>
#include <bight/http/form.hpp>
#include <bight/http/method.hpp>
#include <bight/http/multipart.hpp>
#include <bight/http/request.hpp>
#include <bight/http/response.hpp>
#include <bight/http/url.hpp>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace bight::http {

class event_source;

namespace detail {

class client_core;

/// A value that is sent as text: a string, or a number or bool, which is written out.
class text_value {
 public:
  text_value(std::string_view text) noexcept : text_(text) {}
  text_value(const std::string& text) noexcept : text_(text) {}
  text_value(const char* text) noexcept : text_(text) {}
  template <std::same_as<bool> T>
  text_value(T v) noexcept : text_(v ? "true" : "false") {}
  template <std::integral T>
    requires(!std::same_as<T, bool> && sizeof(T) <= sizeof(long long))
  text_value(T v) noexcept {
    if constexpr (std::is_signed_v<T>)
      write(static_cast<long long>(v));
    else
      write(static_cast<unsigned long long>(v));
  }
  template <std::floating_point T>
  text_value(T v) noexcept {
    write(static_cast<double>(v));
  }
  template <class T>
    requires std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
                 std::same_as<T, char16_t> || std::same_as<T, char32_t>
  text_value(T) = delete;

  std::string_view text() const noexcept { return size_ == 0 ? text_ : std::string_view{room_, size_}; }

 private:
  void write(long long v) noexcept;
  void write(unsigned long long v) noexcept;
  void write(double v) noexcept;
  std::string_view text_;
  std::size_t size_ = 0;
  char room_[40];
};

/// What a request_builder and a sync_request collect.
class request_draft {
 public:
  request_draft(std::shared_ptr<client_core> core, const http::method& m, http::url where);
  /// `where` may be relative to the base URL of the client.
  request_draft(std::shared_ptr<client_core> core, const http::method& m, std::string_view where);

  /// Calls f(request), unless something failed before; keeps what it throws.
  template <class F>
  void attempt(F f) noexcept {
    try {
      if (!failure) f();
    } catch (...) { failure = std::current_exception(); }
  }
  void set_header(std::string_view name, std::string_view value);
  void set_headers(const http::headers& fields);
  void add_cookie(std::string_view name, std::string_view value);
  void set_total_timeout(std::chrono::nanoseconds total);
  /// Throws what was kept.
  http::request finish();

  std::shared_ptr<client_core> core;
  http::request request;
  query_params query;
  query_params form;
  std::exception_ptr failure;
};

}  // namespace detail

/// The setters of request_builder and sync_request. Each replaces what it set before, unless its description
/// says "adds". On a temporary they return the object by value, for chains.
template <class Self>
class request_setters {
 public:
  /// Adds `name=value` to the query of the URL, encoded as a form does. Numbers are written in decimal, bool
  /// as `true` or `false`.
  Self& query(std::string_view name, detail::text_value value) & {
    return attempt([&](auto& d) { d.query.append(name, value.text()); });
  }
  Self query(std::string_view name, detail::text_value value) && { return std::move(query(name, value)); }
  /// Adds all pairs.
  Self& query(const query_params& pairs) & {
    return attempt([&](auto& d) {
      for (const auto& [name, value] : pairs) d.query.append(name, value);
    });
  }
  Self query(const query_params& pairs) && { return std::move(query(pairs)); }

  /// Sets a header field.
  Self& header(std::string_view name, detail::text_value value) & {
    return attempt([&](auto& d) { d.set_header(name, value.text()); });
  }
  Self header(std::string_view name, detail::text_value value) && { return std::move(header(name, value)); }
  /// Sets all fields of `fields`. Fields that repeat in it are all sent.
  Self& headers(const http::headers& fields) & {
    return attempt([&](auto& d) { d.set_headers(fields); });
  }
  Self headers(const http::headers& fields) && { return std::move(headers(fields)); }
  /// Adds a cookie for this request, instead of those called so in the client's jar, unless a redirect sets
  /// one.
  Self& cookie(std::string_view name, std::string_view value) & {
    return attempt([&](auto& d) { d.add_cookie(name, value); });
  }
  Self cookie(std::string_view name, std::string_view value) && { return std::move(cookie(name, value)); }

  /// The body as it is, without a Content-Type.
  Self& body(http::body content) & {
    return attempt([&](auto& d) { d.request.set_body(std::move(content)); });
  }
  Self body(http::body content) && { return std::move(body(std::move(content))); }
  /// The body with its media type.
  Self& body(http::body content, std::string_view media_type) & {
    body(std::move(content));
    return header("Content-Type", media_type);
  }
  Self body(http::body content, std::string_view media_type) && {
    return std::move(body(std::move(content), media_type));
  }
  /// A body of media type "text/plain; charset=utf-8".
  Self& text(std::string content) & { return body(std::move(content), "text/plain; charset=utf-8"); }
  Self text(std::string content) && { return std::move(text(std::move(content))); }
  /// A body of media type "application/octet-stream".
  Self& bytes(std::string content) & { return body(std::move(content), "application/octet-stream"); }
  Self bytes(std::string content) && { return std::move(bytes(std::move(content))); }
  /// Adds a field to a form (application/x-www-form-urlencoded), which is the body.
  Self& form(std::string_view name, detail::text_value value) & {
    return attempt([&](auto& d) { d.form.append(name, value.text()); });
  }
  Self form(std::string_view name, detail::text_value value) && { return std::move(form(name, value)); }
  /// Adds all pairs to the form.
  Self& form(const query_params& pairs) & {
    return attempt([&](auto& d) {
      for (const auto& [name, value] : pairs) d.form.append(name, value);
    });
  }
  Self form(const query_params& pairs) && { return std::move(form(pairs)); }
  Self& form(const http::form& fields) & { return form(fields.fields()); }
  Self form(const http::form& fields) && { return std::move(form(fields.fields())); }
  /// A form with files (multipart/form-data).
  Self& multipart(http::multipart parts) & {
    return attempt([&](auto& d) {
      d.set_header("Content-Type", parts.content_type());
      d.request.set_body(parts.take_body());
    });
  }
  Self multipart(http::multipart parts) && { return std::move(multipart(std::move(parts))); }
  /// A JSON body, made of `value` at once. Include <bight/http/json.hpp>, which defines it.
  template <class T>
  Self& json(const T& value) &;
  template <class T>
  Self json(const T& value) && {
    return std::move(json(value));
  }

  /// Credentials for the origin of the URL, instead of those of the URL, the client and netrc.
  Self& auth(any_auth who) & {
    return attempt([&](auto& d) { d.request.set_auth(std::move(who)); });
  }
  Self auth(any_auth who) && { return std::move(auth(std::move(who))); }
  /// Same for Basic authentication (RFC 7617).
  Self& basic_auth(std::string user, std::string password) & {
    return attempt([&](auto& d) {
      d.request.set_auth(http::basic_auth{std::move(user), std::move(password)});
    });
  }
  Self basic_auth(std::string user, std::string password) && {
    return std::move(basic_auth(std::move(user), std::move(password)));
  }
  /// Same for a bearer token (RFC 6750).
  Self& bearer_auth(std::string token) & {
    return attempt([&](auto& d) { d.request.set_auth(http::bearer_auth{std::move(token)}); });
  }
  Self bearer_auth(std::string token) && { return std::move(bearer_auth(std::move(token))); }
  /// Same for Digest authentication (RFC 7616).
  Self& digest_auth(std::string user, std::string password) & {
    return attempt([&](auto& d) {
      d.request.set_auth(http::digest_auth{std::move(user), std::move(password)});
    });
  }
  Self digest_auth(std::string user, std::string password) && {
    return std::move(digest_auth(std::move(user), std::move(password)));
  }

  /// client_timeouts::total for this request.
  Self& timeout(std::chrono::nanoseconds total) & {
    return attempt([&](auto& d) { d.set_total_timeout(total); });
  }
  Self timeout(std::chrono::nanoseconds total) && { return std::move(timeout(total)); }
  Self& timeouts(const client_timeouts& t) & {
    return attempt([&](auto& d) { d.request.set_timeouts(t); });
  }
  Self timeouts(const client_timeouts& t) && { return std::move(timeouts(t)); }
  /// The number of redirects that are followed; 0 returns the first one as the response.
  Self& max_redirects(int n) & {
    return attempt([&](auto& d) { d.request.set_max_redirects(n); });
  }
  Self max_redirects(int n) && { return std::move(max_redirects(n)); }
  /// The maximum size of the decoded body of the response, instead of client_limits::max_body.
  Self& max_body(std::uint64_t bytes) & {
    return attempt([&](auto& d) { d.request.set_max_body(bytes); });
  }
  Self max_body(std::uint64_t bytes) && { return std::move(max_body(bytes)); }
  /// Whether content codings are removed (default), or the body is returned as it was sent.
  Self& decode(bool on) & {
    return attempt([&](auto& d) { d.request.set_decode(on); });
  }
  Self decode(bool on) && { return std::move(decode(on)); }
  /// Whether to send "Expect: 100-continue" and wait up to one second before the body (RFC 9110 10.1.1).
  /// Default: for bodies of 1 MiB and more.
  Self& expect_continue(bool on) & {
    return attempt([&](auto& d) { d.request.set_expect_continue(on); });
  }
  Self expect_continue(bool on) && { return std::move(expect_continue(on)); }
  /// Whether client_options::retries applies. Default: to idempotent methods.
  Self& retry(bool on) & {
    return attempt([&](auto& d) { d.request.set_retry(on); });
  }
  Self retry(bool on) && { return std::move(retry(on)); }

  /// Returns the request without sending it. Errors: what was wrong with a setter's argument.
  [[nodiscard]] request build() && { return draft_.finish(); }

 protected:
  explicit request_setters(detail::request_draft d) noexcept : draft_(std::move(d)) {}
  request_setters(request_setters&&) noexcept = default;
  request_setters& operator=(request_setters&&) noexcept = default;
  ~request_setters() = default;

  detail::request_draft draft_;

 private:
  template <class F>
  Self& attempt(F f) noexcept {
    draft_.attempt([&] { f(draft_); });
    return static_cast<Self&>(*this);
  }
};

/// A request that is sent when it is awaited. Returned by `client::get` and its siblings.
///
///     auto page = co_await client.get("https://example.org/search").query("q", "loop").query("page", 2);
///     auto made = co_await client.post(url).header("X-Trace", id).json(item).timeout(5s);
///     auto both = co_await bight::gather(client.get(url), client.head(url));
///     auto soon = co_await bight::wait_for(client.get(url), 2s);
///
/// Also built in steps; awaiting consumes it:
///
///     auto request = client.put(url);
///     request.header("X-Trace", id);
///     auto response = co_await std::move(request);
///
/// Errors: those of client::send, thrown by the await; invalid URLs, header fields and values are reported
/// there as well. Cancellation: closes the connection of the request.
class [[nodiscard("a request is sent when it is awaited")]] request_builder
    : public request_setters<request_builder> {
 public:
  /// Made by `client`.
  explicit request_builder(detail::request_draft d) noexcept : request_setters(std::move(d)) {}

  /// Sends the request; what awaiting the builder does.
  [[nodiscard]] awaitable<response> send() &&;
  awaitable<response> as_awaitable() && { return std::move(*this).send(); }
  operator awaitable<response>() && { return std::move(*this).send(); }

 private:
  friend class event_source;
};

}  // namespace bight::http
