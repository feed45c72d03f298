// pool_options, pool_verdict, pool_stats: limits, decisions and statistics of a pool.
#pragma once
#include <bight/core/clock.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace bight {

/// Limits of a pool. Trivially copyable.
struct pool_options {
  /// The maximum number of objects, including those being created.
  std::size_t max_size = 10;
  /// The number of idle objects that `maintain` keeps ready.
  std::size_t min_idle = 0;
  /// The maximum number of waiting `acquire` calls; further ones fail with errc::limit_exceeded.
  std::size_t max_waiters = std::numeric_limits<std::size_t>::max();
  /// Objects that have been idle for longer are destroyed. `forever`: never.
  clock::duration idle_timeout = std::chrono::minutes{10};
  /// Objects that are older are not reused. `forever`: no limit.
  clock::duration max_lifetime = std::chrono::hours{1};
  /// The share of max_lifetime, 0 to 1, of which a random part is subtracted per object, so that they do not
  /// expire at the same time.
  double lifetime_jitter = 0.1;
  /// Objects are destroyed after so many uses.
  std::uint64_t max_uses = std::numeric_limits<std::uint64_t>::max();
  /// The time limit of `acquire`, including waiting, checking and creation.
  clock::duration acquire_timeout = std::chrono::seconds{30};
  /// The time limit of a reset; then the object is destroyed.
  clock::duration reset_timeout = std::chrono::seconds{10};
  /// The interval at which `maintain` runs.
  clock::duration maintenance_interval = std::chrono::seconds{30};
};

/// What a hook of a pool decides about an object.
enum class pool_verdict : std::uint8_t {
  keep,     ///< It can be used as it is.
  examine,  ///< A coroutine, `check` or `reset`, is to decide. Without one it is destroyed.
  destroy,
};

/// Current state and lifetime counters of a pool.
struct pool_stats {
  std::size_t in_use = 0;     ///< Leases, and objects that are being reset.
  std::size_t idle = 0;       ///< Idle objects.
  std::size_t waiting = 0;    ///< Waiting `acquire` calls.
  std::size_t making = 0;     ///< Factory calls in progress.
  std::size_t resetting = 0;  ///< Resets in progress.
  std::uint64_t made = 0;
  std::uint64_t failed = 0;     ///< Factory calls that failed or were cancelled.
  std::uint64_t reused = 0;     ///< Leases of existing objects.
  std::uint64_t destroyed = 0;  ///< Destroyed objects.
  std::uint64_t timeouts = 0;   ///< `acquire` calls that timed out.
};

}  // namespace bight
