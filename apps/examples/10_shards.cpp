// One program on several loops with a thread each, and calls between them. Nothing is shared: each shard owns
// a part of the data, and the others ask the owner.
#include <algorithm>
#include <bight/core.hpp>
#include <iostream>
#include <map>
#include <string>

thread_local std::map<std::string, int> counts;  // one per shard: no lock

bight::awaitable<int> count(std::string word) { co_return ++counts[word]; }

bight::awaitable<int> program(bight::shard me) {
  int most = 0;
  for (const std::string word : {"a", "rope", "has", "a", "bight"}) {
    const auto owner = me.peer(word.size() % me.count());
    const int n = co_await owner.submit(count, word);  // runs on the loop of the owner
    most = std::max(most, n);
  }
  co_return most;
}

int main() {
  const auto results = bight::run_sharded(2, program);
  std::cout << "two shards have seen the same word " << *std::max_element(results.begin(), results.end())
            << " times\n";
}
