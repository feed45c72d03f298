// request: what a client asks for.
#pragma once
#include <bight/http/headers.hpp>
#include <bight/http/method.hpp>
#include <bight/http/url.hpp>
#include <string>
#include <utility>

namespace bight::http {

/// A request: method, URL, headers, and a body in memory. A value.
///
///     http::request r{http::method::post, http::url{"http://localhost/items"}};
///     r.headers().set("Content-Type", "application/json");
///     r.set_body(R"({"name":"bight"})");
///     auto response = co_await client.send(r);
///
/// The client adds Host, Content-Length, User-Agent, Accept and Accept-Encoding where they are not set.
class request {
 public:
  explicit request(http::url where) : url_(std::move(where)) {}
  request(http::method m, http::url where) : method_(m), url_(std::move(where)) {}

  const http::method& method() const noexcept { return method_; }
  void set_method(const http::method& m) noexcept { method_ = m; }
  const http::url& url() const noexcept { return url_; }
  void set_url(http::url where) noexcept { url_ = std::move(where); }
  const http::headers& headers() const noexcept { return headers_; }
  http::headers& headers() noexcept { return headers_; }
  const std::string& body() const noexcept { return body_; }
  void set_body(std::string body) noexcept { body_ = std::move(body); }

 private:
  http::method method_ = http::method::get;
  http::url url_;
  http::headers headers_;
  std::string body_;
};

}  // namespace bight::http
