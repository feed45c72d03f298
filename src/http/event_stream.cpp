#include <bight/http/event_stream.hpp>

#include <bight/core/detail/utf8.hpp>
#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "http/server/exchange.hpp"
#include "http/sse/sending.hpp"
#include "http/sse/writer.hpp"

namespace bight::http {

awaitable<void> event_writer::send(server_sent_event e) {
  if (!sending_->has_room()) co_await sending_->wait_for_room();
  if (const auto ec = sse::append_event(sending_->buffer(), e)) throw boost::system::system_error(ec);
  sending_->added();
}

awaitable<void> event_writer::comment(std::string text) {
  if (!sending_->has_room()) co_await sending_->wait_for_room();
  sse::append_comment(sending_->buffer(), text);
  sending_->added();
}

awaitable<void> event_writer::retry(std::chrono::milliseconds delay) {
  if (!sending_->has_room()) co_await sending_->wait_for_room();
  sse::append_retry(sending_->buffer(), delay);
  sending_->added();
}

const std::string& event_writer::last_event_id() const noexcept { return sending_->last_event_id(); }

namespace {

std::string last_event_id_of(const server_request& request) {
  const auto id = request.headers().get("Last-Event-ID");
  return id ? bight::detail::replace_malformed_utf8(*id) : std::string{};
}

}  // namespace

server_response event_stream(server_request& request, event_producer produce, event_stream_options options) {
  auto send = [&request, options, produce = std::move(produce)](body_writer& out) mutable -> awaitable<void> {
    auto& exchange = detail::server_exchange::of(request);
    if (exchange.stopping()) co_return;
    detail::event_sending sending{produce, options, last_event_id_of(request)};
    co_await sending.run(out, exchange);
  };
  request.cancel_on_disconnect();
  server_response response{status::ok, body::produce(std::move(send))};
  response.headers().set("Content-Type", "text/event-stream");
  response.headers().set("Cache-Control", "no-store");
  response.headers().set("X-Accel-Buffering", "no");
  return response;
}

}  // namespace bight::http
