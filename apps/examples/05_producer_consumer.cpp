// A bounded queue between producers and consumers, and a semaphore that limits concurrency.
//
//     item = await queue.get(); ...; queue.task_done()           # Python
#include <bight/core.hpp>
#include <iostream>
#include <numeric>
#include <vector>
using namespace std::chrono_literals;

constexpr int jobs = 20;

bight::awaitable<void> produce(bight::queue<int>& queue) {
  for (int i = 1; i <= jobs; ++i) co_await queue.put(i);  // waits while the queue is full
  queue.shutdown();                                       // consumers drain the queue and end
}

struct statistics {
  std::vector<int> done;
  int busy = 0;
  int most_busy = 0;
};

bight::awaitable<void> consume(bight::queue<int>& queue, bight::semaphore& limit, statistics& s) {
  while (true) {
    const auto job = co_await queue.get();  // nullopt once shut down and drained
    if (!job) co_return;
    const auto permit = co_await limit.acquire();  // released at the end of the block
    s.most_busy = std::max(s.most_busy, ++s.busy);
    co_await bight::sleep(1ms);
    --s.busy;
    s.done.push_back(*job);  // no lock: all tasks run on one thread and switch only at an await
  }
}

bight::awaitable<void> program() {
  bight::queue<int> queue{4};
  bight::semaphore limit{2};
  statistics s;
  co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
    group.spawn(produce, std::ref(queue));
    for (int i = 0; i != 5; ++i) group.spawn(consume, std::ref(queue), std::ref(limit), std::ref(s));
    co_return;
  });
  std::cout << s.done.size() << " jobs done, their sum is "
            << std::accumulate(s.done.begin(), s.done.end(), 0) << '\n'
            << "never more than " << s.most_busy << " at a time\n";
}

int main() { return bight::run_main(program); }
