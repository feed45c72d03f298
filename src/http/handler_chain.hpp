// Middleware around a handler, as `next` goes through it.
#pragma once
#include <bight/http/handler.hpp>
#include <cstddef>
#include <span>

namespace bight::http::detail {

/// Owns nothing. Must outlive the calls.
class handler_chain {
 public:
  handler_chain(std::span<middleware* const> around, handler& inner) noexcept
      : around_(around), inner_(&inner) {}
  awaitable<server_response> call(std::size_t position, server_request& request) {
    if (position == around_.size()) return (*inner_)(request);
    return (*around_[position])(request, next{*this, position + 1});
  }

 private:
  std::span<middleware* const> around_;
  handler* inner_;
};

}  // namespace bight::http::detail
