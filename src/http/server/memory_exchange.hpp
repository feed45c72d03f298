// A request that came over no connection: for tests of handlers.
#pragma once
#include <string>
#include <string_view>

#include "http/server/exchange.hpp"

namespace bight::http::detail {

class memory_exchange final : public server_exchange {
 public:
  memory_exchange(http::method m, std::string target, http::headers fields, http::body content);

  const request_head& head() const noexcept override { return head_; }
  std::optional<std::uint64_t> body_size() const noexcept override { return body_.size(); }
  void limit_body(std::uint64_t bytes) noexcept override { limit_ = bytes; }
  awaitable<std::string_view> read_body() override;
  headers_view trailers() const noexcept override { return {}; }
  awaitable<void> inform(status, const headers&) override { co_return; }
  void cancel_on_disconnect() override {}
  void close_connection() noexcept override {}
  net::endpoint remote_endpoint() const override { return {}; }
  net::connection_info connection() const override { return {}; }
  bool stopping() const noexcept override { return false; }
  void on_stop(unique_function<void()>) override {}

 private:
  std::string target_;
  http::headers headers_;
  http::body body_;
  request_head head_;
  std::uint64_t limit_ = 16U << 20U;
  std::string text_;  // what a stream gave
  bool read_ = false;
};

}  // namespace bight::http::detail
