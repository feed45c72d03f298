// Very many requests at a time, to a server in a process of its own.
#include <bight/http/client.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <bight/core/map_concurrent.hpp>
#include <bight/testing/async_test.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "support/child_process.hpp"

namespace bight::http::client_many_test {

using namespace std::chrono_literals;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t wanted = 1'000;
#else
constexpr std::size_t wanted = 10'000;
#endif

// As many as there are descriptors for.
std::size_t possible() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  constexpr std::size_t others = 100;
  return files.rlim_max > wanted + others ? wanted : static_cast<std::size_t>(files.rlim_max) / 2;
}

ASYNC_TEST(client_many, ten_thousand_slow_responses_arrive_at_the_same_time) {
  test::child_process server{{BIGHT_PROGRAM_SLOW_SITE, "2"}};
  const auto port = server.wait_for_line("port ");
  const std::size_t n = possible();
  client_options options;
  options.limits.max_connections = options.limits.max_connections_per_host = n;
  client c{std::move(options)};
  const url where{"http://127.0.0.1:" + port + "/"};
  const std::vector<int> requests(n);
  const auto start = std::chrono::steady_clock::now();
  const auto get = [&](int) -> awaitable<int> {
    auto r = co_await c.get(where);
    const auto text = co_await r.text();
    EXPECT_EQ(text, "at last");
    co_return r.status().code();
  };
  const auto codes = co_await map_concurrent(requests, n, get);
  EXPECT_TRUE(std::all_of(codes.begin(), codes.end(), [](int code) { return code == 200; }));
  EXPECT_EQ(c.metrics().connections.created, n);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 60s);
}

}  // namespace bight::http::client_many_test
