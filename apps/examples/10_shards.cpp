// The same program on several loops, each on a thread of its own, and calls from one to another. Nothing is
// shared: each shard owns a part of the data, and who needs it asks the owner.
#include <algorithm>
#include <bight/core.hpp>
#include <iostream>
#include <map>
#include <string>

thread_local std::map<std::string, int> counts;  // of this shard alone: no lock

bight::awaitable<int> count(std::string word) { co_return ++counts[word]; }

bight::awaitable<int> program(bight::shard me) {
  int most = 0;
  for (const std::string word : {"a", "rope", "has", "a", "bight"}) {
    const auto owner = me.peer(word.size() % me.count());
    const int n = co_await owner.submit(count, word);  // runs there, and its result comes here
    most = std::max(most, n);
  }
  co_return most;
}

int main() {
  const auto results = bight::run_sharded(2, program);
  std::cout << "two shards have seen the same word " << *std::max_element(results.begin(), results.end())
            << " times\n";
}
