#include <bight/testing/steps.hpp>

#include <gtest/gtest.h>
#include <bight/core/exception_group.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_local.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "testing/detail/step_counter.hpp"

namespace bight::testing {

using boost::system::error_code;
using counter_ptr = std::shared_ptr<detail::step_counter>;

namespace {

// An endless body would be tried for ever.
constexpr std::size_t most_steps = 100'000;

task_local<counter_ptr>& current_counter() {
  static task_local<counter_ptr> counter;
  return counter;
}

std::string describe_step(std::size_t n, const std::vector<std::string>& names) {
  if (n == 0) return "no step failed: BIGHT_STEP=0";
  const auto name = n <= names.size() ? " (" + names[n - 1] + ")" : std::string{};
  return "failed at step " + std::to_string(n) + name + ": BIGHT_STEP=" + std::to_string(n);
}

awaitable<void> run_counted(const std::function<awaitable<void>()>& body, counter_ptr counter) {
  current_counter().set(counter);
  auto work = body();
  co_await std::move(work);
}

// One run, in which step `n` fails. `names`: of the steps, as far as they are known. Returns those that it
// had.
std::vector<std::string> run_with(std::size_t n, const std::function<awaitable<void>()>& body,
                                  const std::function<awaitable<void>()>& invariant, const error_code& error,
                                  const std::vector<std::string>& names) {
  const ::testing::ScopedTrace trace(__FILE__, __LINE__, describe_step(n, names));
  const auto counter = std::make_shared<detail::step_counter>(n, error);
  const auto once = [&]() -> awaitable<void> {
    auto work = spawn(run_counted, std::cref(body), counter);
    co_await work.wait();
    counter->end();
    const auto failure = work.exception();
    if (n == 0 && failure) ADD_FAILURE() << "the body ended with: " << describe(failure);
    auto check = invariant();
    co_await std::move(check);
  };
  try {
    run_virtual(once);
  } catch (...) { ADD_FAILURE() << "the run ended with: " << describe(std::current_exception()); }
  return counter->names();
}

}  // namespace

std::optional<error_code> detail::step_counter::next(std::string_view name) {
  if (over_) return std::nullopt;
  if (names_.size() == most_steps)
    throw std::length_error("bight: fail_at_every_step: the body has more than " +
                            std::to_string(most_steps) + " steps");
  names_.emplace_back(name);
  if (names_.size() != fails_) return std::nullopt;
  return error_;
}

std::optional<error_code> detail::next_step(std::string_view name) {
  const auto* const counter = current_counter().find();
  return counter ? (*counter)->next(name) : std::nullopt;
}

void check_step(std::string_view name) {
  if (const auto error = detail::next_step(name))
    throw boost::system::system_error(*error, std::string{name});
}

std::size_t fail_at_every_step(const std::function<awaitable<void>()>& body,
                               const std::function<awaitable<void>()>& invariant, const error_code& error) {
  if (const char* const only = std::getenv("BIGHT_STEP")) {
    run_with(std::strtoull(only, nullptr, 10), body, invariant, error, {});
    return 1;
  }
  // Until it fails, a run does what the run without a failure does.
  const auto names = run_with(0, body, invariant, error, {});
  std::size_t tried = 0;
  while (!::testing::Test::HasFailure()) {
    const auto steps = run_with(tried + 1, body, invariant, error, names);
    if (steps.size() <= tried) break;  // it ended before its turn
    ++tried;
  }
  return tried;
}

}  // namespace bight::testing
