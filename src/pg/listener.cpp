#include <bight/pg/listener.hpp>

#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/core/log.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/timeout.hpp>
#include <bight/pg/error.hpp>
#include <boost/system/system_error.hpp>
#include <deque>
#include <utility>

#include "pg/connect/connector.hpp"
#include "pg/fail.hpp"
#include "pg/session/query_call.hpp"

namespace bight::pg {

using boost::system::system_error;

namespace {

// An error that nothing asked for ends the connection.
class unasked final : public detail::reply {
 public:
  bool take(const wire::event&) override { return true; }
};

}  // namespace

class listener::impl {
 public:
  impl(options where, listener_options how)
      : how_(how), from_(std::make_shared<detail::connector>(std::move(where))) {}
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl() { forget(); }

  awaitable<void> listen(std::string channel) {
    const auto sql = "listen " + detail::quote_name(channel);
    const bool known = std::ranges::find(channels_, channel) != channels_.end();
    if (!known) channels_.push_back(std::move(channel));
    if (alive())
      co_await run(sql);
    else
      co_await open();
  }
  awaitable<void> unlisten(std::string channel) {
    const auto sql = "unlisten " + detail::quote_name(channel);
    std::erase(channels_, channel);
    if (alive()) co_await run(sql);
  }

  awaitable<notification> next() {
    while (true) {
      if (!waiting_.empty()) {
        auto first = std::move(waiting_.front());
        waiting_.pop_front();
        co_return first;
      }
      if (!alive()) co_await open_again();
      if (waiting_.empty()) co_await receive();
    }
  }

  awaitable<void> close() {
    forget();
    const auto s = std::exchange(session_, nullptr);
    opened_ = false;
    if (s) co_await s->close();
  }

  const std::vector<std::string>& channels() const noexcept { return channels_; }
  std::uint32_t pid() const noexcept { return alive() ? session_->pid() : 0; }

 private:
  // A session that drains outlives this.
  void forget() noexcept {
    if (session_) session_->on_notification = nullptr;
  }
  bool alive() const noexcept { return session_ && !session_->broken(); }

  awaitable<void> run(std::string sql) {
    const auto s = session_;
    const query q{std::move(sql)};
    co_await detail::run_script(s, q);
  }

  awaitable<void> open() {
    forget();
    session_ = co_await from_->connect();
    session_->on_notification = [this](std::uint32_t pid, std::string_view channel,
                                       std::string_view payload) {
      auto& n = waiting_.emplace_back();
      n.server_pid = pid;
      n.channel = channel;
      n.payload = payload;
    };
    std::string sql;
    for (const auto& c : channels_) sql += "listen " + detail::quote_name(c) + ';';
    try {
      if (!channels_.empty()) co_await run(std::move(sql));
    } catch (...) {  // it does not listen to what it should
      session_->break_off();
      throw;
    }
    if (std::exchange(opened_, true)) {  // also what has come on the new connection comes behind the gap
      notification gap;
      gap.gap = true;
      waiting_.push_front(std::move(gap));
    }
  }

  awaitable<void> open_again() {
    const backoff delays{how_.min_reconnect_delay, how_.max_reconnect_delay};
    for (unsigned attempt = 1;; ++attempt) {
      std::string problem;
      try {
        co_await open();
        co_return;
      } catch (const system_error& e) {
        if (e.code() != transient && !is_of_the_system(e)) throw;
        problem = e.what();
      }
      log(log_level::warning, "pg: a listener could not connect, and will try again: " + problem);
      co_await sleep(delays.delay(attempt));
    }
  }
  static bool is_of_the_system(const system_error& e) noexcept {
    return e.code().category() == boost::system::system_category() ||
           e.code().category() == boost::system::generic_category();
  }

  // Waits for something to come, or asks whether the connection still works. A lost connection is no error:
  // `next` opens another one.
  awaitable<void> receive() {
    const auto s = session_;
    unasked answer;
    try {
      if (s->unsettled()) co_await s->drained();
      if (s->broken()) co_return;
      if (s->parse(answer)) s->break_off();
      if (!waiting_.empty() || s->broken()) co_return;
      auto reading = [&] { return s->fill(); };
      const bool came = co_await move_on_after(how_.check_after, reading);
      if (came) {
        if (s->parse(answer)) s->break_off();
        co_return;
      }
      const auto ping = query("").name("(listener check)").timeout(how_.check_timeout);
      co_await detail::run_script(s, ping);
    } catch (const std::exception& e) {
      log(log_level::info, std::string{"pg: a listener has lost its connection: "} + e.what());
      s->break_off();
    }
  }

  listener_options how_;
  std::shared_ptr<detail::connector> from_;
  detail::session_ptr session_;
  std::vector<std::string> channels_;
  std::deque<notification> waiting_;
  bool opened_ = false;  // before: a connection that follows has a gap before it
};

listener::listener(options where, listener_options how)
    : impl_(std::make_unique<impl>(std::move(where), how)) {}
listener::~listener() = default;

awaitable<void> listener::listen(std::string channel) { return impl_->listen(std::move(channel)); }
awaitable<void> listener::unlisten(std::string channel) { return impl_->unlisten(std::move(channel)); }
awaitable<notification> listener::next() { return impl_->next(); }
awaitable<void> listener::close() { return impl_->close(); }
const std::vector<std::string>& listener::channels() const noexcept { return impl_->channels(); }
std::uint32_t listener::server_pid() const noexcept { return impl_->pid(); }

}  // namespace bight::pg
