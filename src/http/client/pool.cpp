#include "http/client/pool.hpp"

#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/tls.hpp>
#include <boost/system/system_error.hpp>

namespace bight::http::detail {

using boost::system::system_error;

lease::lease(std::shared_ptr<pool> p, origin& o, semaphore::permit all, semaphore::permit host,
             std::shared_ptr<connection> c) noexcept
    : pool_(std::move(p)),
      origin_(&o),
      all_(std::move(all)),
      host_(std::move(host)),
      connection_(std::move(c)) {}

lease::lease(lease&& other) noexcept
    : pool_(std::move(other.pool_)),
      origin_(other.origin_),
      all_(std::move(other.all_)),
      host_(std::move(other.host_)),
      connection_(std::move(other.connection_)) {}

lease& lease::operator=(lease&& other) noexcept {
  if (this == &other) return *this;
  drop();
  pool_ = std::move(other.pool_);
  origin_ = other.origin_;
  all_ = std::move(other.all_);
  host_ = std::move(other.host_);
  connection_ = std::move(other.connection_);
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
  pool_->closed();
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
      tls_(options.tls),
      names_(std::move(names)),
      slots_(std::max<std::size_t>(options.limits.max_connections, 1)) {}

pool::~pool() { close_idle(); }

namespace {

// Scheme, host and port: one piece of the URL when there are no credentials, put together in `composed`
// otherwise.
std::string_view key_of(const url& where, std::string& composed) {
  const std::string_view href = where.href();
  if (!where.has_credentials())
    return href.substr(0, href.size() - where.request_target().size() -
                              (where.has_fragment() ? where.fragment().size() + 1 : 0));
  composed.assign(where.scheme()).append("://").append(where.host_and_port());
  return composed;
}

}  // namespace

origin* pool::find_known(std::string_view key) const noexcept {
  const auto known = origins_.find(key);
  return known == origins_.end() ? nullptr : known->second.get();
}

origin& pool::find(const url& where) {
  std::string composed;
  const auto key = key_of(where, composed);
  if (auto* const known = find_known(key)) return *known;
  auto made =
      std::make_unique<origin>(std::string{key}, std::max<std::size_t>(limits_.max_connections_per_host, 1));
  return *origins_.emplace(std::string{key}, std::move(made)).first->second;
}

void pool::forget_if_unused(origin& o) noexcept {
  if (o.users == 0 && o.idle.empty()) origins_.erase(origins_.find(o.key));
}

std::shared_ptr<connection> pool::take_idle(origin& o) {
  const auto now = clock::now();
  while (!o.idle.empty()) {
    auto c = std::move(o.idle.back());
    o.idle.pop_back();
    --idle_;
    if (now - c->idle_since() < limits_.idle_timeout && c->ready_for_request()) return c;
    c->close();
    closed();
  }
  return nullptr;
}

lease pool::try_acquire(const url& where) {
  std::string composed;
  auto* const o = find_known(key_of(where, composed));
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

awaitable<lease> pool::acquire(const url& where, bool fresh, const client_timeouts& timeouts,
                               clock::time_point deadline) {
  const auto self = shared_from_this();
  auto& o = find(where);
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
  auto host = o.slots.try_acquire();
  if (!host) host = co_await wait_for_place(o.slots, std::min(timeouts.pool, time_left(deadline)));
  auto all = slots_.try_acquire();
  if (!all) all = co_await wait_for_place(slots_, std::min(timeouts.pool, time_left(deadline)));
  auto c = fresh ? nullptr : take_idle(o);
  if (!c) c = co_await connect(where, std::min(timeouts.connect, time_left(deadline)));
  waiting.o = nullptr;  // the lease is the user now
  co_return lease{self, o, std::move(all), std::move(host), std::move(c)};
}

awaitable<semaphore::permit> pool::wait_for_place(semaphore& places, clock::duration timeout) {
  try {
    co_return co_await wait_for(places.acquire(), timeout);
  } catch (const timeout_error&) { throw timeout_error{"waiting for a free connection"}; }
}

awaitable<std::shared_ptr<connection>> pool::connect(const url& where, clock::duration timeout) {
  make_room();
  ++open_;
  struct counted {
    pool* p;
    ~counted() {
      if (p) p->closed();
    }
  } opening{this};
  net::stream s;
  try {
    s = co_await wait_for(open_stream(where), timeout);
  } catch (const timeout_error&) { throw timeout_error{"connecting"}; }
  opening.p = nullptr;
  const h1::limits limits{.head = limits_.max_head,
                          .fields = limits_.max_headers,
                          .chunk_line = h1::client_limits.chunk_line,
                          .body = h1::unlimited};
  co_return std::make_shared<connection>(std::move(s), limits);
}

awaitable<net::stream> pool::open_stream(const url& where) {
  auto s = co_await net::connect(names_, where.host_without_brackets(), where.effective_port());
  if (where.scheme() != "https") co_return s;
  if (!tls_) tls_ = net::tls_client_context::system();
  std::vector<std::string> protocols(1, "http/1.1");
  co_return co_await net::tls_connect(std::move(s), where.host_without_brackets(), *tls_,
                                      std::move(protocols));
}

// Connections that are in use never exceed the limit; idle ones of other origins give way.
void pool::make_room() noexcept {
  if (open_ < limits_.max_connections || idle_ == 0) return;
  origin* oldest = nullptr;
  for (auto& [key, o] : origins_) {
    if (o->idle.empty()) continue;
    if (!oldest || o->idle.front()->idle_since() < oldest->idle.front()->idle_since()) oldest = o.get();
  }
  oldest->idle.front()->close();
  oldest->idle.erase(oldest->idle.begin());
  --idle_;
  closed();
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
  if (!loop || limits_.idle_timeout <= limits_.idle_timeout.zero()) {
    c->close();
    return closed();
  }
  const auto now = clock::now();
  c->mark_idle(now);
  try {
    if (!reaper_ || !reaper_->usable_on(*loop)) reaper_ = std::make_unique<reaper>(*loop, *this);
    reaper_->arm(
        bight::detail::deadline_after(now, std::min<clock::duration>(limits_.idle_timeout, unwatched)));
    o.idle.push_back(c);
    ++idle_;
  } catch (const std::bad_alloc&) {
    c->close();
    closed();
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
      const bool old = now - c->idle_since() >= limits_.idle_timeout;
      if (!old && !has_ended(*c)) return false;
      c->close();
      --idle_;
      closed();
      return true;
    };
    std::erase_if(o.idle, over);
    for (const auto& c : o.idle) {
      const auto patience = std::min<clock::duration>(limits_.idle_timeout, c->armed() ? watched : unwatched);
      next_look =
          std::min(next_look, bight::detail::deadline_after(std::max(now, c->idle_since()), patience));
      next_look = std::min(next_look, bight::detail::deadline_after(c->idle_since(), limits_.idle_timeout));
    }
    forget_if_unused(o);
  }
  if (idle_ != 0) reaper_->arm(next_look);
}

void pool::close_idle() noexcept {
  for (auto next = origins_.begin(); next != origins_.end();) {
    auto& o = *next->second;
    ++next;
    for (const auto& c : o.idle) c->close();
    idle_ -= o.idle.size();
    open_ -= o.idle.size();
    o.idle.clear();
    forget_if_unused(o);
  }
}

}  // namespace bight::http::detail
