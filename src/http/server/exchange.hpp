// What a server_request stands on: an HTTP/1 request now, an HTTP/2 stream later, and memory in tests.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/method.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/server_response.hpp>
#include <bight/http/status.hpp>
#include <bight/http/url.hpp>
#include <bight/net/address.hpp>
#include <cstdint>
#include <forward_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::http::detail {

/// The views stay valid until the response has been sent.
struct request_head {
  http::method method = http::method::get;
  std::string_view target;  // path and query
  std::string_view authority;
  headers_view headers;
};

class server_exchange {
 public:
  server_exchange() = default;
  server_exchange(const server_exchange&) = delete;
  server_exchange& operator=(const server_exchange&) = delete;
  virtual ~server_exchange() = default;

  virtual const request_head& head() const noexcept = 0;
  virtual std::optional<std::uint64_t> body_size() const noexcept = 0;
  virtual void limit_body(std::uint64_t bytes) noexcept = 0;
  virtual awaitable<std::string_view> read_body() = 0;  // empty at the end
  virtual headers_view trailers() const noexcept = 0;
  virtual awaitable<void> inform(status code, const headers& fields) = 0;
  virtual void cancel_on_disconnect() = 0;
  virtual void close_connection() noexcept = 0;
  virtual net::endpoint remote_endpoint() const = 0;
  virtual net::connection_info connection() const = 0;
  virtual bool stopping() const noexcept = 0;
  /// `stopped` is called when the server begins to stop, until the connection has ended.
  virtual void on_stop(unique_function<void()> stopped) = 0;
  virtual std::string_view protocol() const noexcept { return "HTTP/1.1"; }  // for logs
  /// The response to the exception that is being handled, for middleware that changes every response. Throws
  /// it again if it is none of the handler's, or if there is no server. Default: knows problem and
  /// request_json_error.
  virtual server_response error_response();

  /// What `request` stands on.
  static server_exchange& of(const server_request& request) noexcept { return *request.exchange_; }
  /// Puts `e` below `request`, which it must outlive.
  static void replace(server_request& request, server_exchange& e) noexcept {
    request.exchange_ = &e;
    request.head_ = &e.head();
  }

 protected:
  // A request over this exchange, and what its server needs of it.
  class request_in {
   public:
    explicit request_in(server_exchange& e) noexcept : request_(e) {}
    server_request& get() noexcept { return request_; }
    server_request_extras* extras() const noexcept { return request_.extras_.get(); }

   private:
    server_request request_;
  };
};

/// What few requests have.
struct server_request_extras {
  struct value {
    const void* tag;
    void* object;
    void (*destroy)(void*) noexcept;
  };
  server_request_extras() = default;
  server_request_extras(const server_request_extras&) = delete;
  server_request_extras& operator=(const server_request_extras&) = delete;
  ~server_request_extras() {
    for (auto v = values.rbegin(); v != values.rend(); ++v) v->destroy(v->object);
  }

  struct param {
    std::string_view name;
    std::string_view value;
  };
  std::string_view keep(std::string text) { return kept.emplace_front(std::move(text)); }

  std::vector<param> params;
  std::forward_list<std::string> kept;  // what parameters refer to, unless that is the target or the router
  std::vector<value> values;
  std::optional<query_params> query;
  std::optional<query_params> form;
  std::vector<unique_function<void(const response_record&)>> after;
  std::vector<unique_function<awaitable<void>()>> work;
};

/// What a router tells a request.
struct routing_access {
  static void set_route(server_request& r, std::string_view route) noexcept { r.route_ = route; }
  static void set_subpath(server_request& r, std::size_t from) noexcept { r.subpath_from_ = from; }
  static bool is_served(const server_request& r) noexcept { return !r.own_; }
  static server_request_extras& extras(server_request& r) { return r.extras(); }
  static std::span<const server_request_extras::param> params(const server_request& r) noexcept {
    if (!r.extras_) return {};
    return r.extras_->params;
  }
};

}  // namespace bight::http::detail
