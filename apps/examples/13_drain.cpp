// Graceful shutdown: the first Ctrl-C stops the input and drains the queue, the second one quits.
#include <bight/core.hpp>
#include <csignal>
#include <iostream>
#include <vector>

using namespace std::chrono_literals;

struct shop {
  bight::queue<int> orders{100};
  int taken = 0;
  int delivered = 0;
};

// Takes orders, 30 at most.
bight::awaitable<void> take_orders(shop& s) {
  while (s.taken != 30) {
    co_await s.orders.put(++s.taken);
    co_await bight::sleep(10ms);
  }
}

bight::awaitable<void> deliver(shop& s) {
  while (true) {
    const auto order = co_await s.orders.get();
    if (!order) co_return;  // shut down and drained
    co_await bight::sleep(20ms);
    ++s.delivered;
  }
}

bight::awaitable<int> open_shop() {
  bight::signals stop{SIGINT, SIGTERM};  // `run` leaves them to this object
  shop s;
  co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
    std::vector<bight::task<void>> couriers;
    for (int i = 0; i != 3; ++i) couriers.push_back(group.spawn(deliver, std::ref(s)));
    std::cout << "open; Ctrl-C closes" << std::endl;
    co_await bight::race(take_orders(s), stop.next());
    s.orders.shutdown();  // the couriers drain the queue and end
    co_await bight::race(bight::wait(couriers), stop.next());
    group.cancel();  // the second signal: drop the rest
  });
  std::cout << "closed: " << s.delivered << " of " << s.taken << " orders delivered" << std::endl;
  co_return s.delivered == s.taken ? 0 : 1;
}

int main() { return bight::run_main(open_shop); }
