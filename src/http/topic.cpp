#include <bight/http/topic.hpp>

#include <bight/core/timeout.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "http/sse/sending.hpp"
#include "http/topic/item.hpp"
#include "http/websocket/access.hpp"
#include "http/websocket/close_code.hpp"
#include "http/websocket/connection.hpp"

namespace bight::http {

using item_ptr = std::shared_ptr<detail::topic_item>;

// How soon a receiver that is stuck in a write notices that it was disconnected.
constexpr std::chrono::seconds patience{1};

// Also held by `send_to`, which may outlive the topic.
class topic::state {
 public:
  explicit state(const topic_options& o) : messages_(o.max_pending, o.rule) {}

  broadcast<item_ptr>& messages() noexcept { return messages_; }
  topic_metrics metrics() const noexcept;
  void published() noexcept { ++counts_.published; }

  static awaitable<void> send_to(std::shared_ptr<state> self, std::shared_ptr<ws::connection> to);
  static awaitable<void> send_to(std::shared_ptr<state> self, event_writer& to);

 private:
  broadcast<item_ptr> messages_;
  topic_metrics counts_;
};

topic_metrics topic::state::metrics() const noexcept {
  auto all = counts_;
  all.disconnected = messages_.disconnected();
  all.receivers = messages_.subscribers();
  return all;
}

// A message is handed to the connection at once if it has sent the one before: the common case takes neither
// a coroutine nor an allocation for a receiver.
awaitable<void> topic::state::send_to(std::shared_ptr<state> self, std::shared_ptr<ws::connection> to) {
  auto mine = self->messages_.subscribe();
  while (to->is_open()) {
    std::optional<item_ptr> item;
    try {
      item = co_await mine.next();
    } catch (const lagged_error& e) {
      self->counts_.missed += e.missed();
      continue;
    }
    if (!item) break;
    try {
      const auto& message = (*item)->message();
      bool begun = to->try_send(message);
      while (!begun && !mine.disconnected())
        co_await move_on_after(patience, [&] { return ws::connection::send_shared(to, message, begun); });
      if (!begun) break;
    } catch (const websocket_closed&) { co_return; }
    ++self->counts_.sent;
  }
  if (mine.disconnected()) to->start_close(ws::code::try_again_later, "too slow");
}

awaitable<void> topic::state::send_to(std::shared_ptr<state> self, event_writer& to) {
  auto& sending = detail::event_sending::of(to);
  auto mine = self->messages_.subscribe();
  while (true) {
    std::optional<item_ptr> item;
    try {
      item = co_await mine.next();
    } catch (const lagged_error& e) {
      self->counts_.missed += e.missed();
      continue;
    }
    if (!item) co_return;
    const auto& text = (*item)->event_text();
    if (text.empty()) continue;
    while (!sending.has_room() && !mine.disconnected())
      co_await move_on_after(patience, [&] { return sending.wait_for_room(); });
    if (mine.disconnected()) co_return;
    sending.buffer() += text;
    sending.added();
    ++self->counts_.sent;
  }
}

topic::topic(topic_options options) : state_(std::make_shared<state>(options)) {}
topic::~topic() { close(); }

topic::messages::put_awaiter topic::put(item_ptr item) {
  state_->published();
  return state_->messages().put(std::move(item));
}
topic::messages::put_awaiter topic::publish(server_sent_event e) {
  return put(std::make_shared<detail::topic_item>(std::move(e)));
}
topic::messages::put_awaiter topic::publish(websocket_message m) {
  return put(std::make_shared<detail::topic_item>(std::move(m)));
}

awaitable<void> topic::send_to(websocket& ws) {
  return state::send_to(state_, websocket_access::connection(ws));
}
awaitable<void> topic::send_to(event_writer& out) { return state::send_to(state_, out); }

void topic::close() noexcept { state_->messages().close(); }
bool topic::is_closed() const noexcept { return state_->messages().is_closed(); }
std::size_t topic::receivers() const noexcept { return state_->messages().subscribers(); }
topic_metrics topic::metrics() const noexcept { return state_->metrics(); }

}  // namespace bight::http
