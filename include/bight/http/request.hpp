// request: an HTTP request of a client.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/http/auth.hpp>
#include <bight/http/body.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/method.hpp>
#include <bight/http/url.hpp>
#include <chrono>
#include <optional>
#include <utility>

namespace bight::http {

/// Timeouts of a client. Trivially copyable. `forever` disables a timeout.
struct client_timeouts {
  /// To obtain a connection from the pool.
  std::chrono::nanoseconds pool = std::chrono::seconds{60};
  /// For name lookup, TCP connection, proxy and TLS handshake together.
  std::chrono::nanoseconds connect = std::chrono::seconds{10};
  /// For the name lookup alone.
  std::chrono::nanoseconds dns = forever;
  /// For each TLS handshake alone.
  std::chrono::nanoseconds tls = forever;
  /// For the connection to accept 256 KiB of the request body.
  std::chrono::nanoseconds write = std::chrono::seconds{30};
  /// From the end of the request to the response head.
  std::chrono::nanoseconds first_byte = std::chrono::seconds{30};
  /// Between two pieces of the body.
  std::chrono::nanoseconds read = std::chrono::seconds{30};
  /// For the whole exchange, including redirects and the response body.
  std::chrono::nanoseconds total = std::chrono::seconds{300};
};

/// A request: method, URL, headers and a body. Move-only.
///
///     http::request r{http::method::post, http::url{"http://localhost/items"}};
///     r.headers().set("Content-Type", "application/json");
///     r.set_body(R"({"name":"bight"})");
///     auto response = co_await client.send(std::move(r));
///
/// `client::get` and its siblings build it. The client adds Host, Content-Length, User-Agent, Accept and
/// Accept-Encoding unless set.
class request {
 public:
  explicit request(http::url where) : url_(std::move(where)) {}
  request(http::method m, http::url where) : method_(m), url_(std::move(where)) {}
  request(http::method m, http::url where, http::headers fields, http::body content = {})
      : method_(m), url_(std::move(where)), headers_(std::move(fields)), body_(std::move(content)) {}

  const http::method& method() const noexcept { return method_; }
  void set_method(const http::method& m) noexcept { method_ = m; }
  const http::url& url() const noexcept { return url_; }
  void set_url(http::url where) noexcept { url_ = std::move(where); }
  http::url take_url() noexcept { return std::move(url_); }
  const http::headers& headers() const noexcept { return headers_; }
  http::headers& headers() noexcept { return headers_; }
  const http::body& body() const noexcept { return body_; }
  http::body& body() noexcept { return body_; }
  void set_body(http::body content) noexcept { body_ = std::move(content); }

  /// Returns a copy with another body.
  request with_body(http::body content) const;

  /// Timeouts of this request. Default: those of the client (client_options::timeouts).
  const std::optional<client_timeouts>& timeouts() const noexcept { return timeouts_; }
  void set_timeouts(const client_timeouts& t) noexcept { timeouts_ = t; }
  /// Credentials for the origin of the URL. Default: those in the URL, else client_options::auth, else those
  /// of client_options::netrc. An Authorization field takes precedence.
  const std::optional<any_auth>& auth() const noexcept { return auth_; }
  void set_auth(any_auth who) { auth_ = std::move(who); }
  /// The number of redirects that are followed. Default: client_limits::max_redirects.
  std::optional<int> max_redirects() const noexcept { return max_redirects_; }
  void set_max_redirects(int n) noexcept { max_redirects_ = n; }
  /// Whether content codings are removed from the response. Default: client_options::decode.
  std::optional<bool> decode() const noexcept { return decode_; }
  void set_decode(bool on) noexcept { decode_ = on; }
  /// Whether to send "Expect: 100-continue". Default: for bodies of 1 MiB and more.
  std::optional<bool> expect_continue() const noexcept { return expect_continue_; }
  void set_expect_continue(bool on) noexcept { expect_continue_ = on; }
  /// Whether client_options::retries applies. Default: to idempotent methods (RFC 9110 9.2.2).
  std::optional<bool> retry() const noexcept { return retry_; }
  void set_retry(bool on) noexcept { retry_ = on; }

  /// The time at which client_timeouts::total expires. Set by the client at the start of the call, for the
  /// transport.
  clock::time_point deadline() const noexcept { return deadline_; }
  void set_deadline(clock::time_point when) noexcept { deadline_ = when; }

 private:
  http::method method_ = http::method::get;
  http::url url_;
  http::headers headers_;
  http::body body_;
  std::optional<client_timeouts> timeouts_;
  std::optional<any_auth> auth_;
  std::optional<int> max_redirects_;
  std::optional<bool> decode_;
  std::optional<bool> expect_continue_;
  std::optional<bool> retry_;
  clock::time_point deadline_ = clock::time_point::max();
};

}  // namespace bight::http
