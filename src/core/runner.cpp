#include <bight/core/runner.hpp>

#include <bight/core/error.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/log.hpp>
#include <exception>
#include <utility>

namespace bight {

void runner::require_open() const {
  if (closed_)
    throw boost::system::system_error(make_error_code(errc::loop_closed), "bight: runner::run after close");
}

void runner::close() noexcept {
  if (std::exchange(closed_, true)) return;
  try {
    runner_.end();
  } catch (...) { log(log_level::error, "bight: runner::close: " + describe(std::current_exception())); }
}

}  // namespace bight
