// Access to the running task for coroutines of the library.
#pragma once
#include <bight/core/awaiter.hpp>

namespace bight::detail {

/// `co_await` returns the running task without suspending.
class task_awaiter final : public basic_awaiter<task_awaiter> {
 public:
  task_awaiter() noexcept {}
  bool await_ready() noexcept { return true; }
  const char* waiting_for() const noexcept override { return "nothing"; }

 private:
  friend class basic_awaiter<task_awaiter>;
  bool ready() override { return true; }
  void park() override {}
  bool unpark() noexcept override { return true; }
  task_base& result() noexcept { return task(); }
};

}  // namespace bight::detail
