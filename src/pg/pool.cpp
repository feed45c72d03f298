#include <bight/pg/pool.hpp>

#include <algorithm>
#include <bight/core/detail/loop_core.hpp>
#include <bight/core/error.hpp>
#include <bight/core/log.hpp>
#include <bight/core/spawn_options.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <boost/system/system_error.hpp>
#include <optional>
#include <string>

#include "pg/connect/connector.hpp"
#include "pg/session/query_call.hpp"

namespace bight::pg {

using boost::system::system_error;

namespace detail {

using core_pool = bight::pool<connection>;

class pool_state final : public std::enable_shared_from_this<pool_state> {
 public:
  pool_state(options where, pool_options how)
      : how_(std::move(how)), from_(std::make_shared<connector>(std::move(where))) {
    connections_.emplace(how_.limits, [this] { return make(); });
  }

  /// Errors: errc::pool_closed.
  core_pool& connections() {
    if (!connections_) bight::detail::throw_pool_closed();
    return *connections_;
  }
  bool is_closed() const noexcept { return !connections_ || connections_->is_closed(); }
  pool_stats stats() const noexcept { return connections_ ? connections_->stats() : pool_stats{}; }
  /// Waiting calls get errc::pool_closed; leases keep what they need.
  void shut_down() noexcept { connections_.reset(); }
  const pool_options& how() const noexcept { return how_; }

  awaitable<core_pool::lease> acquire() {
    while (true) {
      auto l = connections().try_acquire();
      if (!l) {
        if (connections_->stats().waiting >= how_.max_waiters) refuse();
        l = co_await connections_->acquire();
      }
      const bool good = is_fresh(*l) || co_await answers(*l);
      if (!good) {
        l.discard();
        continue;
      }
      if (how_.on_acquire) co_await how_.on_acquire(*l);
      co_return l;
    }
  }
  core_pool::lease try_acquire() {
    if (how_.on_acquire) return {};
    while (true) {
      auto l = connections().try_acquire();
      if (!l || is_fresh(*l)) return l;
      if (session_of(*l)->broken()) {
        l.discard();
        continue;
      }
      return {};
    }
  }

  /// Whether the next task may have it as it is.
  bool is_clean(const connection& c) const noexcept {
    auto& s = *session_of(c);
    return !s.busy() && !s.draining() && s.protocol().transaction() == 'I' && how_.reset != reset_level::full;
  }
  static bool is_hopeless(const connection& c) noexcept {
    const auto& s = *session_of(c);
    return s.broken() || s.busy();
  }

  /// Cleans a connection in a task of its own.
  void clean(core_pool::lease l) noexcept {
    const auto* const loop = bight::detail::this_loop;
    if (!loop || loop->closing) return l.discard();
    try {
      spawn(named("pg pool release", clean_up), shared_from_this(), std::move(l)).detach();
    } catch (...) { l.discard(); }
  }

  void terminate() noexcept {
    for (const auto& w : sessions_)
      if (const auto s = w.lock()) s->break_off();
    sessions_.clear();
  }

 private:
  static const session_ptr& session_of(const connection& c) noexcept {
    return connection_access::session_of(c);
  }

  [[noreturn]] void refuse() const {
    throw system_error(
        make_error_code(errc::pool_exhausted),
        "pg: " + std::to_string(how_.max_waiters) + " tasks wait for a connection (max_waiters)");
  }

  awaitable<connection> make() {
    auto s = co_await from_->connect();
    std::erase_if(sessions_, [](const auto& w) { return w.expired(); });
    sessions_.push_back(s);
    connection c{std::move(s)};
    if (how_.on_connect) co_await how_.on_connect(c);
    co_return c;
  }

  // Used a moment ago, it is not looked at: the next call would notice as soon.
  bool is_fresh(connection& c) {
    auto& s = *session_of(c);
    const auto idle = clock::now() - s.last_used();
    constexpr auto moment = std::chrono::milliseconds{50};
    if (idle < moment) return !s.broken();
    return idle < how_.check_after && s.looks_alive();
  }

  awaitable<bool> answers(connection& c) {
    if (session_of(c)->broken()) co_return false;
    try {
      const query ping = query("").name("(pool check)").timeout(how_.release_timeout);
      co_await run_script(session_of(c), ping);
      co_return true;
    } catch (const std::exception&) { co_return false; }
  }

  static awaitable<void> clean_up(std::shared_ptr<pool_state> self, core_pool::lease l) {
    try {
      auto work = [&] { return self->reset(*l); };
      const bool good = co_await timeout(self->how_.release_timeout, work);
      if (good)
        l.release();
      else
        l.discard();
    } catch (const std::exception& e) {
      log(log_level::info, std::string{"pg: closing a connection that could not be reset: "} + e.what());
      l.discard();
    } catch (...) {
      l.discard();
      throw;
    }
  }

  awaitable<bool> reset(connection& c) {
    const auto s = session_of(c);
    if (s->draining()) co_await s->drained();
    if (s->broken()) co_return false;
    if (s->protocol().transaction() != 'I') {
      if (how_.reset == reset_level::none) co_return false;
      const query q{"rollback"};
      co_await run_script(s, q);
      s->level(0);
    }
    if (how_.reset == reset_level::full) {
      const query q{
          "select pg_advisory_unlock_all(); close all; unlisten *; set session authorization default; reset "
          "all; "
          "discard temp; discard sequences"};
      co_await run_script(s, q);
    }
    co_return s->protocol().transaction() == 'I' && !s->broken();
  }

  pool_options how_;
  std::shared_ptr<connector> from_;
  std::vector<std::weak_ptr<session>> sessions_;
  std::optional<core_pool> connections_;
};

}  // namespace detail

pooled_connection::pooled_connection() noexcept = default;
pooled_connection::pooled_connection(std::shared_ptr<detail::pool_state> from,
                                     bight::pool<connection>::lease l) noexcept
    : pool_(std::move(from)), lease_(std::move(l)) {}
pooled_connection::pooled_connection(pooled_connection&&) noexcept = default;
pooled_connection& pooled_connection::operator=(pooled_connection&& other) noexcept {
  const pooled_connection old{std::move(*this)};
  pool_ = std::move(other.pool_);
  lease_ = std::move(other.lease_);
  return *this;
}
pooled_connection::~pooled_connection() { release(); }

void pooled_connection::release() noexcept {
  if (!lease_) return;
  if (detail::pool_state::is_hopeless(*lease_))
    lease_.discard();
  else if (pool_->is_clean(*lease_))
    lease_.release();
  else
    pool_->clean(std::move(lease_));
  pool_.reset();
}

void pooled_connection::discard() noexcept {
  lease_.discard();
  pool_.reset();
}

pool::pool(options where, pool_options how)
    : state_(std::make_shared<detail::pool_state>(std::move(where), std::move(how))) {}
pool::~pool() { state_->shut_down(); }

awaitable<pooled_connection> pool::acquire() {
  const auto s = state_;
  auto l = co_await s->acquire();
  co_return pooled_connection(s, std::move(l));
}

pooled_connection pool::try_acquire() { return {state_, state_->try_acquire()}; }

awaitable<completion> pool::execute(query q) {
  auto c = co_await acquire();
  auto work = c->execute(std::move(q));
  co_return co_await std::move(work);
}

awaitable<void> pool::maintain() {
  const auto s = state_;
  co_await s->connections().maintain();
}

awaitable<bool> pool::close(clock::duration limit) {
  const auto s = state_;
  co_return co_await s->connections().close(limit);
}

void pool::terminate() noexcept {
  state_->shut_down();
  state_->terminate();
}

bool pool::is_closed() const noexcept { return state_->is_closed(); }
pool_stats pool::stats() const noexcept { return state_->stats(); }

}  // namespace bight::pg
