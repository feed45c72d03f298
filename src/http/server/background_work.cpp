#include "http/server/background_work.hpp"

#include <bight/core/cancel.hpp>
#include <bight/core/error.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/log.hpp>
#include <bight/core/spawn_options.hpp>
#include <exception>
#include <utility>

namespace bight::http::detail {
namespace {

awaitable<void> run_logged(unique_function<awaitable<void>()> work) {
  try {
    auto running = work();
    co_await std::move(running);
  } catch (const cancelled_error&) { throw; } catch (...) {
    log(log_level::error,
        "bight: http::server: work after a response failed: " + describe(std::current_exception()));
  }
}

}  // namespace

void background_work::start(unique_function<awaitable<void>()> work) {
  std::erase_if(tasks_, [](const task<void>& t) { return t.done(); });
  tasks_.push_back(spawn(named("http::server: work after a response", run_logged), std::move(work)));
}

awaitable<void> background_work::finish(bool cancel) {
  std::exception_ptr cancelled;
  const auto cancel_all = [this] {
    for (const auto& t : tasks_) t.cancel();
  };
  if (cancel) cancel_all();
  for (const auto& t : tasks_) {
    while (!t.done()) {
      try {
        co_await t.wait();
      } catch (const cancelled_error&) { cancelled = std::current_exception(); }
      if (cancelled && !t.done()) cancel_all();
    }
  }
  if (cancelled) std::rethrow_exception(cancelled);
}

}  // namespace bight::http::detail
