// Exits with 0 if the compiler gets this right: temporaries of a closure and of an aggregate type in an
// expression that awaits are destroyed once each. GCC 12 copies their bits and destroys them twice.
#include <coroutine>
#include <exception>

namespace {

int alive = 0;

struct counted {
  counted() { ++alive; }
  counted(const counted&) { ++alive; }
  ~counted() { --alive; }
};

struct aggregate {
  counted member;
};

struct task {
  struct promise_type {
    task get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

struct nothing {
  bool await_ready() { return true; }
  void await_suspend(std::coroutine_handle<>) {}
  void await_resume() {}
};

template <class T>
nothing take(T) {
  return {};
}

task run() {
  counted value;
  co_await take([value] {});
  co_await take(aggregate{counted{}});
}

}  // namespace

int main() {
  run();
  return alive == 0 ? 0 : 1;
}
