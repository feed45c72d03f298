#include <bight/testing/schedule.hpp>

#include <gtest/gtest.h>
#include <bight/core/event.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/task.hpp>
#include <cstdlib>
#include <string>

namespace bight::testing {
namespace {

run_options virtual_options() {
  run_options options;
  options.loop.clock = clock_mode::virtual_;
  options.handle_signals = false;
  return options;
}

// Does something when a task comes to its n-th await.
class nth_await final : public bight::detail::await_hook {
 public:
  nth_await(std::size_t n, std::function<void()> act) : left_(n), act_(std::move(act)) {}
  nth_await(const nth_await&) = delete;
  nth_await& operator=(const nth_await&) = delete;
  ~nth_await() = default;

  void watch(bight::detail::task_base& t) noexcept { watched_ = &t; }
  bool reached() const noexcept { return left_ == 0; }
  void at_await(bight::detail::task_base& t) noexcept override {
    if (&t != watched_ || left_ == 0 || --left_ != 0) return;
    act_();
  }

 private:
  bight::detail::task_base* watched_ = nullptr;
  std::size_t left_;
  std::function<void()> act_;
};

// An endless body would be tried for ever.
constexpr std::size_t most_awaits = 100'000;

bool too_many(std::size_t n) {
  if (n != most_awaits) return false;
  ADD_FAILURE() << "the body has more than " << most_awaits << " awaits";
  return true;
}

}  // namespace

void for_each_schedule(const std::function<awaitable<void>()>& body, std::uint64_t count) {
  std::uint64_t first = 1;
  if (const char* const only = std::getenv("BIGHT_SEED")) {
    first = std::strtoull(only, nullptr, 10);
    count = 1;
  }
  auto options = virtual_options();
  for (auto seed = first; seed != first + count; ++seed) {
    const ::testing::ScopedTrace trace(__FILE__, __LINE__, "schedule: BIGHT_SEED=" + std::to_string(seed));
    options.loop.shuffle_seed = seed;
    try {
      bight::run(options, body);
    } catch (...) { ADD_FAILURE() << "the test ended with: " << describe(std::current_exception()); }
    if (::testing::Test::HasFailure()) return;
  }
}

std::size_t cancel_at_every_await(const std::function<awaitable<void>()>& body,
                                  const std::function<awaitable<void>()>& invariant) {
  auto options = virtual_options();
  options.loop.yield_at_every_await = true;
  for (std::size_t n = 1;; ++n) {
    const ::testing::ScopedTrace trace(__FILE__, __LINE__, "cancelled at await " + std::to_string(n));
    bool reached = false;
    const auto once = [&]() -> awaitable<void> {
      auto& loop = *bight::detail::this_loop;
      auto work = spawn(body);
      nth_await hook{n, [&work] { work.cancel(); }};
      hook.watch(bight::detail::task_access::base(work));
      loop.hook = &hook;
      co_await work.wait();
      loop.hook = nullptr;
      reached = hook.reached();
      static_cast<void>(work.exception());  // an error is an end like another
      co_await invariant();
    };
    try {
      bight::run(options, once);
    } catch (...) { ADD_FAILURE() << "the run ended with: " << describe(std::current_exception()); }
    if (!reached || ::testing::Test::HasFailure() || too_many(n)) return n - 1;
  }
}

std::size_t shut_down_at_every_await(const std::function<awaitable<void>()>& body,
                                     const std::function<void()>& invariant) {
  loop_options options;
  options.clock = clock_mode::virtual_;
  options.yield_at_every_await = true;
  for (std::size_t n = 1;; ++n) {
    const ::testing::ScopedTrace trace(__FILE__, __LINE__, "the loop ended at await " + std::to_string(n));
    bool reached = false;
    try {
      event end;
      loop l{options};
      auto work = l.spawn(body);
      nth_await hook{n, [&end] { end.set(); }};
      hook.watch(bight::detail::task_access::base(work));
      bight::detail::task_access::base(work).loop().hook = &hook;
      work.add_done_callback([&end](const task<void>&) { end.set(); });
      auto until = l.spawn([&end]() -> awaitable<void> { co_await end.wait(); });
      l.run_until(until);
      reached = hook.reached();
      if (work.done()) static_cast<void>(work.exception());
      bight::detail::task_access::base(work).loop().hook = nullptr;
    } catch (...) { ADD_FAILURE() << "the run ended with: " << describe(std::current_exception()); }
    invariant();
    if (!reached || ::testing::Test::HasFailure() || too_many(n)) return n - 1;
  }
}

}  // namespace bight::testing
