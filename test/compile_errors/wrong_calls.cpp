// Calls that do not compile, and what the compiler says about them: a comment that begins with a tilde is
// part of the error of the line behind it. See check.py.
#include <bight/core.hpp>
#include <chrono>

using namespace std::chrono_literals;

bight::awaitable<int> f(int value) { co_return value; }
bight::awaitable<void> g() { co_return; }
bight::awaitable<void> adds_to(int& sum) {
  ++sum;
  co_return;
}

bight::awaitable<void> spawns() {
  int sum = 0;
  // ~ pass the function and its arguments, as in spawn(f, x), not a call, as in spawn(f(x))
  auto t = bight::spawn(f(1));
  co_await t;
  // ~ arguments are copied, but the function takes a reference to one: pass std::ref(x)
  auto u = bight::spawn(adds_to, sum);
  co_await u;
}

bight::awaitable<void> spawns_into_groups() {
  const auto body = [](bight::task_group& group) -> bight::awaitable<void> {
    long sum = 0;
    // ~ pass the function and its arguments
    group.spawn(g());
    // ~ pass std::ref(x)
    group.spawn([](long& total) { return f(++total); }, sum);
    co_return;
  };
  co_await bight::task_group::run(body);
}

void spawns_on_a_loop(bight::loop& l, double sum) {
  const auto adds = [](double& total) -> bight::awaitable<void> {
    total += 1;
    co_return;
  };
  // ~ pass the function and its arguments
  l.spawn(adds(sum), 7).detach();
  // ~ pass std::ref(x)
  l.spawn(adds, sum).detach();
}

bight::awaitable<void> limits() {
  // ~ timeout takes a function: timeout(limit, [&] { return f(x); }); wait_for(f(x), limit) takes a call
  co_await bight::timeout(1s, f(1));
  bight::deadline_control control{1s};
  // ~ move_on_after takes a function
  co_await bight::move_on_after(control, f(1));
  // ~ with_deadline takes a function
  co_await bight::with_deadline(1s, f(1));
}

void runs() {
  struct none {};
  const auto program = [](none) -> bight::awaitable<void> { co_return; };
  const auto adds = [](short& total) -> bight::awaitable<void> {
    ++total;
    co_return;
  };
  // ~ pass the function and its arguments
  bight::run(program(none{}), none{});
  // ~ pass the function and its arguments
  bight::run(bight::run_options{}, program(none{}), 1, none{});
  // ~ pass the function and its arguments
  bight::run_main(program(none{}), 2L, none{});
  short sum = 0;
  // ~ pass std::ref(x)
  bight::run(adds, sum);
}

bight::awaitable<void> awaits() {
  bight::lock lock;
  bight::event event;
  bight::queue<int> queue;
  // ~ not awaitable itself: co_await x.acquire(), and keep what it gives
  co_await lock;
  // ~ not awaitable itself: co_await x.wait()
  co_await event;
  // ~ not awaitable itself: co_await x.get()
  co_await queue;
  // ~ a function is not awaitable itself: co_await f()
  co_await g;
  // ~ this type is not awaitable here
  co_await 7;
}
