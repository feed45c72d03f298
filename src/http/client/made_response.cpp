#include "http/client/made_response.hpp"

#include <span>
#include <utility>

#include "http/body_access.hpp"

namespace bight::http::detail {

made_response::made_response(http::status code, http::body content, http::headers fields, http::url where)
    : body_(std::move(content)) {
  status = code;
  headers = std::move(fields);
  url = std::move(where);
  size_hint = body_.size().value_or(0);
}

std::optional<std::string_view> made_response::next_piece() {
  if (state_ == state::ended || body_.empty()) return std::string_view{};
  const auto* const text = body_.text();
  if (!text && state_ == state::unread) return std::nullopt;
  const bool last = !body_access::source(body_);
  state_ = last ? state::ended : state::unread;
  const std::string_view piece = text ? *text : text_;
  if (piece.empty()) state_ = state::ended;
  received += piece.size();
  return piece;
}

awaitable<void> made_response::receive() {
  if (auto* const source = body_access::source(body_)) {
    constexpr std::size_t size = 16 * 1024;
    text_.resize(size);
    const auto n = co_await source->read_some(std::as_writable_bytes(std::span{text_}));
    text_.resize(n);
  } else {
    text_ = co_await body_.collect();
  }
  state_ = state::held;
}

awaitable<void> made_response::drain(std::size_t) {
  state_ = state::ended;
  co_return;
}

}  // namespace bight::http::detail
