#include <bight/core/detail/pool_core.hpp>

#include <bight/core/backoff.hpp>
#include <bight/core/detail/loop_core.hpp>
#include <bight/core/error.hpp>
#include <bight/core/log.hpp>
#include <stdexcept>
#include <string>

namespace bight::detail {

void throw_pool_closed() {
  throw boost::system::system_error(make_error_code(errc::pool_closed), "bight: pool::acquire");
}

void throw_pool_exhausted(std::size_t max_waiters) {
  throw boost::system::system_error(
      make_error_code(errc::limit_exceeded),
      "bight: pool::acquire: " + std::to_string(max_waiters) + " tasks are waiting already (max_waiters)");
}

bool can_spawn() noexcept { return this_loop && !this_loop->closing; }

void log_failed_reset(const char* why) {
  log(log_level::info, std::string{"bight: pool: an object could not be reset and is destroyed: "} + why);
}

void require_pool_options(const pool_options& options) {
  if (options.max_size == 0) throw std::invalid_argument("bight: pool: max_size is zero");
  if (options.min_idle > options.max_size)
    throw std::invalid_argument("bight: pool: min_idle is greater than max_size");
  if (!(options.lifetime_jitter >= 0 && options.lifetime_jitter <= 1))
    throw std::invalid_argument("bight: pool: lifetime_jitter is not between 0 and 1");
}

clock::duration jittered(clock::duration lifetime, double jitter) {
  if (lifetime == forever || jitter == 0) return lifetime;
  const double share = jitter * random_share();
  return lifetime - to_duration(std::chrono::duration<double, clock::period>{
                        static_cast<double>(lifetime.count()) * share});
}

}  // namespace bight::detail
