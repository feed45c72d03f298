#include <bight/pg/pool.hpp>

#include "pg/connect/connector.hpp"
#include "pg/session/query_call.hpp"

namespace bight::pg {
namespace {

using detail::connection_access;
using detail::connector;

awaitable<connection> make(std::shared_ptr<connector> from) {
  auto s = co_await from->connect();
  co_return connection(std::move(s));
}

// Used a moment ago, it is not looked at: the next call would notice as soon.
pool_verdict inspect(const connection& c, clock::duration idle, clock::duration check_after) {
  auto& s = *connection_access::session_of(c);
  constexpr auto moment = std::chrono::milliseconds{50};
  if (s.broken()) return pool_verdict::destroy;
  if (idle < moment || (idle < check_after && s.looks_alive())) return pool_verdict::keep;
  return s.broken() ? pool_verdict::destroy : pool_verdict::examine;
}

awaitable<bool> answers(connection& c, clock::duration limit) {
  const query ping = query("").name("(pool check)").timeout(limit);
  co_await detail::run_script(connection_access::session_of(c), ping);
  co_return true;
}

pool_verdict after_use(const connection& c, reset_level level) noexcept {
  auto& s = *connection_access::session_of(c);
  if (s.broken() || s.busy()) return pool_verdict::destroy;
  const bool clean = !s.unsettled() && s.protocol().transaction() == 'I' && level != reset_level::full;
  return clean ? pool_verdict::keep : pool_verdict::examine;
}

awaitable<bool> reset(connection& c, reset_level level) {
  const auto s = connection_access::session_of(c);
  if (s->unsettled()) co_await s->drained();
  if (s->broken()) co_return false;
  if (s->protocol().transaction() != 'I') {
    if (level == reset_level::none) co_return false;
    const query q{"rollback"};
    co_await detail::run_script(s, q);
    s->level(0);
    s->next_transaction();
  }
  if (level == reset_level::full) {
    const query q{
        "select pg_advisory_unlock_all(); close all; unlisten *; set session authorization default; reset "
        "all; discard temp; discard sequences"};
    co_await detail::run_script(s, q);
  }
  co_return s->protocol().transaction() == 'I' && !s->broken();
}

}  // namespace

pool::pool(options where, pool_options how)
    : connections_(how.limits,
                   [from = std::make_shared<connector>(std::move(where))] { return make(from); }) {
  connections_
      .inspect(
          [after = how.check_after](connection& c, clock::duration idle) { return inspect(c, idle, after); })
      .check([limit = how.limits.reset_timeout](connection& c) { return answers(c, limit); })
      .on_release([level = how.reset](connection& c) { return after_use(c, level); })
      .reset([level = how.reset](connection& c) { return reset(c, level); })
      .on_terminate([](connection& c) { connection_access::session_of(c)->break_off(); });
  if (how.on_connect) connections_.on_create(std::move(how.on_connect));
  if (how.on_acquire) connections_.on_acquire(std::move(how.on_acquire));
}

awaitable<completion> pool::execute(query q) {
  auto c = co_await acquire();
  auto work = c->execute(std::move(q));
  co_return co_await std::move(work);
}

}  // namespace bight::pg
