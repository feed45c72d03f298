// The connections of a client, by origin.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/loop_guest.hpp>
#include <bight/core/semaphore.hpp>
#include <bight/http/client.hpp>
#include <bight/http/client_metrics.hpp>
#include <bight/http/connect_timeline.hpp>
#include <bight/http/url.hpp>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/client/connection.hpp"
#include "http/client/dial.hpp"

namespace bight::http::detail {

class pool;

/// Connections to one scheme, host and port, by one way.
struct origin {
  origin(std::string k, route r, std::size_t limit) : key(std::move(k)), way(std::move(r)), slots(limit) {}
  std::string key;
  route way;
  semaphore slots;
  std::vector<std::shared_ptr<connection>> idle;  // the one used last is used next
  std::size_t users = 0;                          // leases and waiters: do not forget it
};

/// A connection out of the pool, with its place. Gives back what is left when destroyed.
class lease {
 public:
  lease() = default;
  lease(std::shared_ptr<pool> p, origin& o, semaphore::permit all, semaphore::permit host,
        std::shared_ptr<connection> c, std::shared_ptr<const connect_timeline> t = nullptr) noexcept;
  lease(lease&& other) noexcept;
  lease& operator=(lease&& other) noexcept;
  ~lease() { drop(); }

  const std::shared_ptr<connection>& shared() const noexcept { return connection_; }
  connection* operator->() const noexcept { return connection_.get(); }
  connection& operator*() const noexcept { return *connection_; }
  explicit operator bool() const noexcept { return connection_ != nullptr; }
  /// Whether requests have their target in absolute-form (RFC 9112 3.2.2), and `proxy_authorization` in
  /// Proxy-Authorization if it is not empty. Precondition: it holds a connection.
  bool absolute_form() const noexcept { return origin_->way.how == route::kind::forward; }
  std::string_view proxy_authorization() const noexcept { return origin_->way.authorization; }
  /// How the connection was obtained; null for an idle one that nobody had to wait for.
  const std::shared_ptr<const connect_timeline>& timeline() const noexcept { return timeline_; }
  /// The message is complete and the connection may carry another.
  void give_back() noexcept;
  /// Closes the connection.
  void drop() noexcept;

 private:
  void leave() noexcept;

  std::shared_ptr<pool> pool_;
  origin* origin_ = nullptr;
  semaphore::permit all_;
  semaphore::permit host_;
  std::shared_ptr<connection> connection_;
  std::shared_ptr<const connect_timeline> timeline_;
};

class pool final : public std::enable_shared_from_this<pool> {
 public:
  pool(const client_options& options, net::resolver names);
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool();

  /// An idle connection to the origin of `where`, if there is one and nobody has to wait for it.
  /// `end_to_end`: through an HTTP proxy, a tunnel also for http.
  lease try_acquire(const url& where, bool end_to_end);
  /// A connection to the origin of `where`: an idle one unless `fresh`, or a new one, when its turn has come.
  awaitable<lease> acquire(const url& where, bool end_to_end, bool fresh, const client_timeouts& timeouts,
                           clock::time_point deadline);
  void close_idle() noexcept;
  const pool_metrics& metrics() const noexcept { return metrics_; }

 private:
  friend class lease;
  class reaper;
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
  };

  /// A counter of closed connections.
  using reason = std::uint64_t pool_metrics::*;

  std::string_view key_of(const url& where, bool end_to_end, std::string& composed) const;
  origin* find_known(std::string_view key) const noexcept;
  origin& find(const url& where, bool end_to_end);
  void forget_if_unused(origin& o) noexcept;
  std::shared_ptr<connection> take_idle(origin& o);
  awaitable<void> wait_for_places(origin& o, semaphore::permit& host, semaphore::permit& all,
                                  const dial_limits& limits);
  [[noreturn]] void throw_no_place(const origin& o, const dial_limits& limits, clock::duration waited) const;
  awaitable<std::shared_ptr<connection>> connect(const url& where, const origin& o, const dial_limits& limits,
                                                 connect_timeline& timeline);
  void put_idle(origin& o, std::shared_ptr<connection> c) noexcept;
  reason why_not_kept(const connection& c, clock::time_point now) const noexcept;
  void make_room() noexcept;
  void reap() noexcept;
  void closed(reason why) noexcept {
    --metrics_.open;
    ++(metrics_.*why);
  }

  client_limits limits_;
  dialer dialer_;
  semaphore slots_;
  std::unordered_map<std::string, std::unique_ptr<origin>, text_hash, std::equal_to<>> origins_;
  std::unique_ptr<reaper> reaper_;
  pool_metrics metrics_;
};

}  // namespace bight::http::detail
