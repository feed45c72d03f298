// Exits with 0 if the compiler gets this right: a coroutine without local variables that awaits in a
// condition. With GCC 12 it loses its way when it is resumed: the branch is skipped, or the program crashes.
#include <coroutine>
#include <exception>

namespace {

struct task {
  struct promise_type {
    task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

struct answer {
  bool await_ready() { return true; }
  void await_suspend(std::coroutine_handle<>) {}
  bool await_resume() { return true; }
};

int reached = 0;

task run() {
  if (co_await answer{}) { ++reached; }
}

}  // namespace

int main() {
  task started = run();
  started.handle.resume();
  const bool right = reached == 1 && started.handle.done();
  started.handle.destroy();
  return right ? 0 : 1;
}
