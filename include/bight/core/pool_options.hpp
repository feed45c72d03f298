// pool_options, pool_stats: limits of a pool, and what it has done.
#pragma once
#include <bight/core/clock.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace bight {

/// Limits of a pool. Trivially copyable: designated initialisers are safe everywhere.
struct pool_options {
  /// How many objects exist at most, those that are being made included.
  std::size_t max_size = 10;
  /// How many `maintain` keeps ready.
  std::size_t min_idle = 0;
  /// An object that was idle for longer is destroyed. `forever`: never.
  clock::duration max_idle_time = std::chrono::minutes{10};
  /// An object that is older is not used again. `forever`: no limit.
  clock::duration max_lifetime = std::chrono::hours{1};
  /// Each object lives a random part of this share less, so that they do not all end at once: 0 to 1.
  double lifetime_jitter = 0.1;
  /// After so many uses an object is destroyed.
  std::uint64_t max_uses = std::numeric_limits<std::uint64_t>::max();
  /// How long `acquire` may take: waiting, checking and making together.
  clock::duration acquire_timeout = std::chrono::seconds{30};
  /// How often `maintain` looks.
  clock::duration maintenance_interval = std::chrono::seconds{30};
};

/// What a pool has now, and has done since it was made.
struct pool_stats {
  std::size_t in_use = 0;   ///< Leases.
  std::size_t idle = 0;     ///< Objects that are ready.
  std::size_t waiting = 0;  ///< Calls of `acquire` that wait for a place.
  std::size_t making = 0;   ///< Calls of the factory under way.
  std::uint64_t made = 0;
  std::uint64_t failed = 0;     ///< Calls of the factory that ended with an error or were cancelled.
  std::uint64_t reused = 0;     ///< Leases of objects that had been used before, or made by `maintain`.
  std::uint64_t destroyed = 0;  ///< Objects.
  std::uint64_t timeouts = 0;   ///< Calls of `acquire`.
};

}  // namespace bight
