// Middleware that changes what a request shows.
#pragma once
#include <utility>

#include "http/server/exchange.hpp"

namespace bight::http::detail {

/// Passes everything on to another exchange, which it must not outlive.
class exchange_decorator : public server_exchange {
 public:
  explicit exchange_decorator(server_exchange& inner) noexcept : inner_(&inner) {}

  const request_head& head() const noexcept override { return inner_->head(); }
  std::optional<std::uint64_t> body_size() const noexcept override { return inner_->body_size(); }
  void limit_body(std::uint64_t bytes) noexcept override { inner_->limit_body(bytes); }
  awaitable<std::string_view> read_body() override { return inner_->read_body(); }
  headers_view trailers() const noexcept override { return inner_->trailers(); }
  awaitable<void> inform(status code, const headers& fields) override { return inner_->inform(code, fields); }
  void cancel_on_disconnect() override { inner_->cancel_on_disconnect(); }
  void close_connection() noexcept override { inner_->close_connection(); }
  net::endpoint remote_endpoint() const override { return inner_->remote_endpoint(); }
  net::connection_info connection() const override { return inner_->connection(); }
  bool stopping() const noexcept override { return inner_->stopping(); }
  void on_stop(unique_function<void()> stopped) override { inner_->on_stop(std::move(stopped)); }
  std::string_view protocol() const noexcept override { return inner_->protocol(); }
  server_response error_response() override { return inner_->error_response(); }

 protected:
  server_exchange& inner() const noexcept { return *inner_; }

 private:
  server_exchange* inner_;
};

}  // namespace bight::http::detail
