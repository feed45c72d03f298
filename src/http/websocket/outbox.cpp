#include "http/websocket/outbox.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace bight::http::ws {

bool outbox::put(net::stream& to, std::string_view head, std::string_view payload) {
  if (empty()) {
    const std::array pieces{std::as_bytes(std::span{head}), std::as_bytes(std::span{payload})};
    const auto sent = payload.empty() ? to.try_write(head) : to.try_write(pieces);
    if (sent == head.size() + payload.size()) return true;
    const auto of_head = std::min(sent, head.size());
    head.remove_prefix(of_head);
    payload.remove_prefix(sent - of_head);
  }
  drained_.clear();
  waiting_.reserve(waiting_.size() + head.size() + payload.size());
  waiting_.append(head).append(payload);
  return false;
}

awaitable<void> outbox::flush(net::stream& to) {
  while (!waiting_.empty()) {
    in_flight_ = std::exchange(waiting_, {});
    co_await to.write(std::string_view{in_flight_});
    in_flight_.clear();
  }
}

void outbox::end_flush() noexcept {
  waiting_ = in_flight_ = {};
  drained_.set();
}

}  // namespace bight::http::ws
