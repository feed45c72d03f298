#include "http/client/pool.hpp"

#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/core/timeout.hpp>
#include <string>

namespace bight::http::detail {

lease::lease(std::shared_ptr<pool> p, origin& o, semaphore::permit all, semaphore::permit host,
             std::shared_ptr<connection> c, std::shared_ptr<const connect_timeline> t) noexcept
    : pool_(std::move(p)),
      origin_(&o),
      all_(std::move(all)),
      host_(std::move(host)),
      connection_(std::move(c)),
      timeline_(std::move(t)) {}

lease::lease(lease&& other) noexcept
    : pool_(std::move(other.pool_)),
      origin_(other.origin_),
      all_(std::move(other.all_)),
      host_(std::move(other.host_)),
      connection_(std::move(other.connection_)),
      timeline_(std::move(other.timeline_)) {}

lease& lease::operator=(lease&& other) noexcept {
  if (this == &other) return *this;
  drop();
  pool_ = std::move(other.pool_);
  origin_ = other.origin_;
  all_ = std::move(other.all_);
  host_ = std::move(other.host_);
  connection_ = std::move(other.connection_);
  timeline_ = std::move(other.timeline_);
  return *this;
}

void lease::give_back() noexcept {
  if (!pool_) return;
  pool_->put_idle(*origin_, std::move(connection_));
  leave();
}

void lease::drop() noexcept {
  if (!pool_) return;
  if (connection_) connection_->close();
  connection_.reset();
  pool_->closed(&pool_metrics::closed_after_use);
  leave();
}

// The places go to whoever waits for them; the origin may be gone after this.
void lease::leave() noexcept {
  host_.release();
  all_.release();
  const auto p = std::move(pool_);
  --origin_->users;
  p->forget_if_unused(*origin_);
}

// Closes idle connections when their time has come.
class pool::reaper final : private bight::detail::timer_node, private bight::detail::loop_guest {
 public:
  reaper(bight::detail::loop_core& loop, pool& p) noexcept : loop_guest(loop), pool_(&p) {}
  ~reaper() { disarm(); }
  void arm(clock::time_point at) {
    if (!home() || timer_node::armed()) return;
    home()->timers.add(*this, at);
  }
  void disarm() noexcept {
    if (home() && timer_node::armed()) home()->timers.remove(*this);
  }
  bool usable_on(const bight::detail::loop_core& loop) const noexcept { return home() == &loop; }

 private:
  void expired() noexcept override { pool_->reap(); }
  void loop_closing() noexcept override { pool_->close_idle(); }
  pool* pool_;
};

pool::pool(const client_options& options, net::resolver names)
    : limits_(options.limits),
      dialer_(options, std::move(names)),
      slots_(std::max<std::size_t>(options.limits.max_connections, 1)) {}

pool::~pool() { close_idle(); }

// Scheme, host and port: one piece of the URL when there are no credentials, put together in `composed`
// otherwise. A proxy comes before them; one that is sent the requests themselves serves all origins.
std::string_view pool::key_of(const url& where, bool end_to_end, std::string& composed) const {
  const std::string_view href = where.href();
  std::optional<url> proxy;
  if (dialer_.has_proxies()) [[unlikely]]
    proxy = dialer_.proxy_for(where);
  const auto host = where.host();
  if (!proxy && !where.has_credentials() && !host.ends_with('.')) [[likely]]
    return href.substr(0, href.size() - where.request_target().size() -
                              (where.has_fragment() ? where.fragment().size() + 1 : 0));
  if (proxy) composed.append(proxy->href()).append(" ");
  if (proxy && proxy->is_http() && where.scheme() == "http" && !end_to_end) return composed;
  composed.append(where.scheme()).append("://");
  if (host.ends_with('.')) {  // the same host with and without the dot of the root
    composed.append(host.substr(0, host.size() - 1));
    composed.append(where.host_and_port().substr(host.size()));
  } else {
    composed.append(where.host_and_port());
  }
  return composed;
}

origin* pool::find_known(std::string_view key) const noexcept {
  const auto known = origins_.find(key);
  return known == origins_.end() ? nullptr : known->second.get();
}

origin& pool::find(const url& where, bool end_to_end) {
  std::string composed;
  const auto key = key_of(where, end_to_end, composed);
  if (auto* const known = find_known(key)) return *known;
  auto made = std::make_unique<origin>(std::string{key}, dialer_.route_to(where, end_to_end),
                                       std::max<std::size_t>(limits_.max_connections_per_host, 1));
  return *origins_.emplace(std::string{key}, std::move(made)).first->second;
}

void pool::forget_if_unused(origin& o) noexcept {
  if (o.users == 0 && o.idle.empty()) origins_.erase(origins_.find(o.key));
}

// Why a connection is closed whose time is over.
pool::reason pool::why_not_kept(const connection& c, clock::time_point now) const noexcept {
  if (limits_.max_connection_uses != 0 && c.requests() >= limits_.max_connection_uses)
    return &pool_metrics::closed_uses;
  if (now >= bight::detail::deadline_after(c.created(), limits_.max_connection_age))
    return &pool_metrics::closed_age;
  return &pool_metrics::closed_idle;
}

std::shared_ptr<connection> pool::take_idle(origin& o) {
  const auto now = bight::detail::require_loop().step_time();
  while (!o.idle.empty()) {
    auto c = std::move(o.idle.back());
    o.idle.pop_back();
    --metrics_.idle;
    const bool fresh = now < c->idle_until();
    if (fresh && c->ready_for_request()) {
      ++metrics_.reused;
      return c;
    }
    c->close();
    closed(fresh ? &pool_metrics::closed_by_peer : why_not_kept(*c, now));
  }
  return nullptr;
}

lease pool::try_acquire(const url& where, bool end_to_end) {
  std::string composed;
  auto* const o = find_known(key_of(where, end_to_end, composed));
  if (!o || o->idle.empty()) return {};
  auto host = o->slots.try_acquire();
  auto all = slots_.try_acquire();
  if (!host || !all) return {};
  auto c = take_idle(*o);
  if (!c) {  // they were too old: the origin may have been kept for them alone
    host.release();
    forget_if_unused(*o);
    return {};
  }
  ++o->users;
  return {shared_from_this(), *o, std::move(all), std::move(host), std::move(c)};
}

awaitable<lease> pool::acquire(const url& where, bool end_to_end, bool fresh, const client_timeouts& timeouts,
                               clock::time_point deadline) {
  const auto self = shared_from_this();
  const dial_limits limits{timeouts, deadline};
  auto& o = find(where, end_to_end);
  struct user {
    pool& p;
    origin* o;
    ~user() {
      if (!o) return;
      --o->users;
      p.forget_if_unused(*o);
    }
  } waiting{*this, &o};
  ++o.users;
  const auto timeline = std::make_shared<connect_timeline>();
  auto host = o.slots.try_acquire();
  semaphore::permit all;
  if (host) all = slots_.try_acquire();
  if (!host || !all) {
    timeline->queue_start = clock::now();
    co_await wait_for_places(o, host, all, limits);
    timeline->queue_end = clock::now();
  }
  auto c = fresh ? nullptr : take_idle(o);
  timeline->reused = c != nullptr;
  if (!c) c = co_await connect(where, o, limits, *timeline);
  waiting.o = nullptr;  // the lease is the user now
  co_return lease{self, o, std::move(all), std::move(host), std::move(c), timeline};
}

awaitable<void> pool::wait_for_places(origin& o, semaphore::permit& host, semaphore::permit& all,
                                      const dial_limits& limits) {
  struct counted {
    explicit counted(std::size_t& n) noexcept : count(n) { ++count; }
    ~counted() { --count; }
    std::size_t& count;
  };
  const auto began = clock::now();
  deadline_control limit{std::min<clock::duration>(limits.timeouts.pool, time_left(limits.deadline))};
  const auto take_both = [&]() -> awaitable<void> {
    if (!host) host = co_await o.slots.acquire();
    if (!all) all = co_await slots_.acquire();
  };
  try {
    const counted waiting{metrics_.waiting};
    co_await timeout(limit, take_both);
    co_return;
  } catch (const timeout_error&) {
    if (!limit.expired()) throw;
  }
  throw_no_place(o, limits, clock::now() - began);
}

void pool::throw_no_place(const origin& o, const dial_limits& limits, clock::duration waited) const {
  const bool total = time_left(limits.deadline) <= clock::duration::zero() && waited < limits.timeouts.pool;
  const bool of_host = o.slots.available() == 0;
  const auto most = of_host ? limits_.max_connections_per_host : limits_.max_connections;
  const auto doing = "waiting for a free connection (limit " + std::to_string(most) +
                     (of_host ? " per host; " : " in total; ") + std::to_string(metrics_.waiting) +
                     " more waiting)";
  throw_timed_out(total ? limits.timeouts.total : waited, doing, total ? "timeouts.total" : "timeouts.pool");
}

awaitable<std::shared_ptr<connection>> pool::connect(const url& where, const origin& o,
                                                     const dial_limits& limits, connect_timeline& timeline) {
  make_room();
  ++metrics_.open;
  struct counted {
    pool* p;
    ~counted() {
      if (p) p->closed(&pool_metrics::failed);
    }
  } opening{this};
  auto s = co_await dialer_.dial(where, o.way, o.key, limits, timeline);
  const h1::limits bounds{.head = limits_.max_head,
                          .fields = limits_.max_headers,
                          .chunk_line = h1::client_limits.chunk_line,
                          .body = h1::unlimited};
  auto made = std::make_shared<connection>(std::move(s), bounds);
  opening.p = nullptr;
  ++metrics_.created;
  co_return made;
}

// Connections that are in use never exceed the limit; idle ones of other origins give way.
void pool::make_room() noexcept {
  if (metrics_.open < limits_.max_connections || metrics_.idle == 0) return;
  origin* oldest = nullptr;
  for (auto& [key, o] : origins_) {
    if (o->idle.empty()) continue;
    if (!oldest || o->idle.front()->idle_since() < oldest->idle.front()->idle_since()) oldest = o.get();
  }
  oldest->idle.front()->close();
  oldest->idle.erase(oldest->idle.begin());
  --metrics_.idle;
  closed(&pool_metrics::closed_for_room);
  forget_if_unused(*oldest);
}

// How long a connection may be idle before its read is armed, which notices that the server closes it.
constexpr std::chrono::milliseconds unwatched{100};
// How often one whose read is armed is looked at.
constexpr std::chrono::seconds watched{1};

// True if it has ended, or something has come that nobody asked for.
bool has_ended(connection& c) noexcept {
  try {
    c.watch_while_idle();
    return c.arrived();
  } catch (const std::exception&) { return true; }  // no memory
}

void pool::put_idle(origin& o, std::shared_ptr<connection> c) noexcept {
  auto* const loop = bight::detail::this_loop;
  const auto now = loop ? loop->step_time() : clock::now();
  c->mark_idle(now, limits_);
  const bool used_up = limits_.max_connection_uses != 0 && c->requests() >= limits_.max_connection_uses;
  if (!loop || used_up || c->idle_until() <= now) {
    c->close();
    return closed(why_not_kept(*c, now));
  }
  try {
    if (!reaper_ || !reaper_->usable_on(*loop)) reaper_ = std::make_unique<reaper>(*loop, *this);
    reaper_->arm(std::min(c->idle_until(), now + unwatched));
    o.idle.push_back(c);
    ++metrics_.idle;
  } catch (const std::bad_alloc&) {
    c->close();
    closed(&pool_metrics::closed_after_use);
  }
}

// Closes what has been idle too long, or has ended, and arms the reads of the rest.
void pool::reap() noexcept {
  const auto now = clock::now();
  auto next_look = clock::time_point::max();
  for (auto next = origins_.begin(); next != origins_.end();) {
    auto& o = *next->second;
    ++next;  // the origin may be forgotten
    const auto over = [&](const std::shared_ptr<connection>& c) {
      const bool old = now >= c->idle_until();
      if (!old && !has_ended(*c)) return false;
      c->close();
      --metrics_.idle;
      closed(old ? why_not_kept(*c, now) : &pool_metrics::closed_by_peer);
      return true;
    };
    std::erase_if(o.idle, over);
    for (const auto& c : o.idle) {
      const auto look = std::max(now, c->idle_since()) + (c->armed() ? clock::duration{watched} : unwatched);
      next_look = std::min({next_look, look, c->idle_until()});
    }
    forget_if_unused(o);
  }
  if (metrics_.idle != 0) reaper_->arm(next_look);
}

void pool::close_idle() noexcept {
  for (auto next = origins_.begin(); next != origins_.end();) {
    auto& o = *next->second;
    ++next;
    for (const auto& c : o.idle) {
      c->close();
      closed(&pool_metrics::closed_by_client);
    }
    metrics_.idle -= o.idle.size();
    o.idle.clear();
    forget_if_unused(o);
  }
}

}  // namespace bight::http::detail
