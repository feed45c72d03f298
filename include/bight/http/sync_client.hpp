// sync_client: HTTP requests in ordinary functions.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/http/client.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/request_builder.hpp>
#include <bight/http/response.hpp>
#include <bight/http/status.hpp>
#include <bight/http/url.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::http {

namespace detail {
class sync_engine;
}

/// A response of a sync_client. Its calls block. See http::response for what each does.
class sync_response {
 public:
  http::status status() const noexcept { return response_.status(); }
  const http::headers& headers() const noexcept { return response_.headers(); }
  const http::url& url() const noexcept { return response_.url(); }
  const std::vector<redirect>& history() const noexcept { return response_.history(); }
  const http::headers& trailers() const noexcept { return response_.trailers(); }

  std::string text();
  std::string bytes();
  /// The next piece of the body; empty at its end. Lifetime: until the next call.
  std::string_view read_piece();
  std::uint64_t save_to(std::filesystem::path file);
  void raise_for_status() const { response_.raise_for_status(); }

 private:
  friend class sync_request;
  sync_response(std::shared_ptr<detail::sync_engine> engine, response r) noexcept
      : engine_(std::move(engine)), response_(std::move(r)) {}
  std::shared_ptr<detail::sync_engine> engine_;
  response response_;
};

/// A request of a sync_client, which `send` sends. The setters are those of request_builder.
class [[nodiscard("a request is sent by send()")]] sync_request : public request_setters<sync_request> {
 public:
  /// Made by `sync_client`.
  sync_request(std::shared_ptr<detail::sync_engine> engine, detail::request_draft d) noexcept
      : request_setters(std::move(d)), engine_(std::move(engine)) {}

  /// Sends the request and returns once the response head has arrived. Errors: those of client::send.
  sync_response send() &&;

 private:
  std::shared_ptr<detail::sync_engine> engine_;
};

/// A client whose calls block (httpx.Client, requests.Session): the pool, options and errors of http::client.
///
///     http::sync_client client;
///     auto page = client.get("http://localhost:8080/").query("page", 2).send();
///     page.raise_for_status();
///     std::cout << page.text();
///
/// A loop runs on the calling thread while a call lasts; connections are kept between calls. Timeouts are
/// those of the options. Signals keep their dispositions. Not for coroutines: inside a running loop every
/// call throws std::logic_error. Concurrency: one thread at a time. Copies share the pool.
class sync_client {
 public:
  sync_client();
  explicit sync_client(client_options options);

  sync_request request(const http::method& m, std::string_view url) const;
  sync_request request(const http::method& m, http::url url) const;
  // clang-format off
  sync_request get(std::string_view url) const { return request(method::get, url); }
  sync_request get(http::url url) const { return request(method::get, std::move(url)); }
  sync_request head(std::string_view url) const { return request(method::head, url); }
  sync_request head(http::url url) const { return request(method::head, std::move(url)); }
  sync_request post(std::string_view url) const { return request(method::post, url); }
  sync_request post(http::url url) const { return request(method::post, std::move(url)); }
  sync_request put(std::string_view url) const { return request(method::put, url); }
  sync_request put(http::url url) const { return request(method::put, std::move(url)); }
  sync_request patch(std::string_view url) const { return request(method::patch, url); }
  sync_request patch(http::url url) const { return request(method::patch, std::move(url)); }
  sync_request delete_(std::string_view url) const { return request(method::delete_, url); }
  sync_request delete_(http::url url) const { return request(method::delete_, std::move(url)); }
  // clang-format on

  /// The number of open connections.
  std::size_t connections() const noexcept;

 private:
  std::shared_ptr<detail::sync_engine> engine_;
};

}  // namespace bight::http
