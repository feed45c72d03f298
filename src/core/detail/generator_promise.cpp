#include <bight/core/detail/generator_promise.hpp>

#include <bight/core/log.hpp>
#include <stdexcept>

namespace bight::detail {

void throw_second_next() {
  throw std::logic_error("bight: generator::next: another task waits for the next item");
}

void die_of_destroyed_generator() noexcept {
  try {
    log(log_level::error, "bight: a generator is destroyed while a task waits in its next()");
  } catch (...) {  // the message is lost, the end is not
  }
  std::terminate();
}

}  // namespace bight::detail
