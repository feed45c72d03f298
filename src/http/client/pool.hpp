// The connections of a client, by origin.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/loop_guest.hpp>
#include <bight/core/semaphore.hpp>
#include <bight/http/client.hpp>
#include <bight/http/url.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/client/connection.hpp"

namespace bight::http::detail {

class pool;

/// What is left until `deadline`; `forever` if it is none.
inline clock::duration time_left(clock::time_point deadline) noexcept {
  return deadline == clock::time_point::max() ? forever : deadline - clock::now();
}

/// Connections to one scheme, host and port.
struct origin {
  origin(std::string k, std::size_t limit) : key(std::move(k)), slots(limit) {}
  std::string key;
  semaphore slots;
  std::vector<std::shared_ptr<connection>> idle;  // the one used last is used next
  std::size_t users = 0;                          // leases and waiters: do not forget it
};

/// A connection out of the pool, with its place. Gives back what is left when destroyed.
class lease {
 public:
  lease() = default;
  lease(std::shared_ptr<pool> p, origin& o, semaphore::permit all, semaphore::permit host,
        std::shared_ptr<connection> c) noexcept;
  lease(lease&& other) noexcept;
  lease& operator=(lease&& other) noexcept;
  ~lease() { drop(); }

  const std::shared_ptr<connection>& shared() const noexcept { return connection_; }
  connection* operator->() const noexcept { return connection_.get(); }
  connection& operator*() const noexcept { return *connection_; }
  explicit operator bool() const noexcept { return connection_ != nullptr; }
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
};

class pool final : public std::enable_shared_from_this<pool> {
 public:
  pool(const client_options& options, net::resolver names);
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool();

  /// An idle connection to the origin of `where`, if there is one and nobody has to wait for it.
  lease try_acquire(const url& where);
  /// A connection to the origin of `where`: an idle one unless `fresh`, or a new one, when its turn has come.
  awaitable<lease> acquire(const url& where, bool fresh, const client_timeouts& timeouts,
                           clock::time_point deadline);
  void close_idle() noexcept;
  std::size_t open() const noexcept { return open_; }
  std::size_t idle() const noexcept { return idle_; }

 private:
  friend class lease;
  class reaper;
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
  };

  origin* find_known(std::string_view key) const noexcept;
  origin& find(const url& where);
  void forget_if_unused(origin& o) noexcept;
  std::shared_ptr<connection> take_idle(origin& o);
  static awaitable<semaphore::permit> wait_for_place(semaphore& places, clock::duration timeout);
  awaitable<std::shared_ptr<connection>> connect(const url& where, clock::duration timeout);
  awaitable<net::stream> open_stream(const url& where);
  void put_idle(origin& o, std::shared_ptr<connection> c) noexcept;
  void make_room() noexcept;
  void reap() noexcept;
  void closed() noexcept { --open_; }

  client_limits limits_;
  std::optional<net::tls_client_context> tls_;
  net::resolver names_;
  semaphore slots_;
  std::unordered_map<std::string, std::unique_ptr<origin>, text_hash, std::equal_to<>> origins_;
  std::unique_ptr<reaper> reaper_;
  std::size_t open_ = 0;
  std::size_t idle_ = 0;
};

}  // namespace bight::http::detail
