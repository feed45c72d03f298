#include "http/sse/sending.hpp"

#include <bight/core/cancel.hpp>
#include <bight/core/error.hpp>
#include <bight/core/spawn_options.hpp>
#include <bight/core/timeout.hpp>
#include <bight/core/uncancellable.hpp>
#include <exception>
#include <utility>

#include "http/sse/writer.hpp"

namespace bight::http::detail {

event_sending::event_sending(event_producer& produce, const event_stream_options& options,
                             std::string last_event_id)
    : produce_(&produce), options_(options), last_event_id_(std::move(last_event_id)) {
  if (options.retry) sse::append_retry(buffer_, *options.retry);
}

awaitable<void> event_sending::produce() {
  std::exception_ptr error;
  try {
    event_writer out{*this};
    auto work = (*produce_)(out);
    co_await std::move(work);
  } catch (...) { error = std::current_exception(); }
  ended_ = true;
  changed_.set();
  if (error) std::rethrow_exception(error);
}

awaitable<void> event_sending::wait_for_room() {
  while (!has_room()) {
    room_.clear();
    co_await room_.wait();
  }
}

awaitable<void> event_sending::write_all(body_writer& out) {
  while (true) {
    if (buffer_.empty()) {
      if (ended_) co_return;
      changed_.clear();
      const bool in_time =
          co_await move_on_after(options_.keep_alive_interval, [this] { return changed_.wait(); });
      if (!in_time) sse::append_comment(buffer_, {});
      continue;
    }
    being_sent_.clear();
    being_sent_.swap(buffer_);
    room_.set();
    co_await out.write(being_sent_);
  }
}

awaitable<void> event_sending::end_producer() {
  producer_.cancel();
  co_await producer_.wait();
}

// The producer may be inside of `send` when the server stops: what is in the buffer are whole events.
awaitable<void> event_sending::run(body_writer& out, server_exchange& exchange) {
  producer_ = spawn(named("http::event_stream", [this] { return produce(); }));
  exchange.on_stop([this] { producer_.cancel(); });
  std::exception_ptr failure;
  try {
    co_await write_all(out);
  } catch (...) { failure = std::current_exception(); }
  exchange.on_stop({});
  if (!producer_.done()) co_await uncancellable([this] { return end_producer(); });
  const auto error = producer_.exception();
  if (failure) std::rethrow_exception(failure);
  if (error && !producer_.cancelled()) std::rethrow_exception(error);
}

}  // namespace bight::http::detail
