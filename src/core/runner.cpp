#include <bight/core/runner.hpp>

#include <bight/core/exception_group.hpp>
#include <bight/core/log.hpp>
#include <exception>

namespace bight {

void runner::close() noexcept {
  try {
    runner_.end();
  } catch (...) { log(log_level::error, "bight: runner::close: " + describe(std::current_exception())); }
}

}  // namespace bight
