// A response that came over no connection.
#pragma once
#include <bight/http/body.hpp>

#include "http/client/client_exchange.hpp"

namespace bight::http::detail {

class made_response final : public client_exchange {
 public:
  made_response(http::status code, http::body content, http::headers fields, http::url where);

  std::optional<std::string_view> next_piece() override;
  awaitable<void> receive() override;
  awaitable<void> drain(std::size_t limit) override;

 private:
  enum class state { unread, held, ended };
  http::body body_;
  std::string text_;  // a piece of a stream, or all of what a producer made
  state state_ = state::unread;
};

}  // namespace bight::http::detail
