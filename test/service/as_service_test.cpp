// as_service: servers, by shape.
#include <bight/service/as_service.hpp>

#include <bight/core/event.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/service/host.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/log_capture.hpp"

namespace bight::as_service_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct fake_listener {
  explicit fake_listener(std::string n) : name(std::make_unique<std::string>(std::move(n))) {}
  std::unique_ptr<std::string> name;  // move-only
};

class fake_server {
 public:
  awaitable<void> serve(fake_listener l) {
    said.push_back("serves " + *l.name);
    co_await over_.wait();
    if (fails) throw std::runtime_error("accept failed");
    said.push_back("ends " + *l.name);
  }
  void stop(std::chrono::nanoseconds grace) {
    said.push_back("stops within " +
                   std::to_string(std::chrono::duration_cast<std::chrono::seconds>(grace).count()));
    over_.set();
  }
  void fail() {
    fails = true;
    over_.set();
    over_.clear();
  }
  std::vector<std::string> said;
  bool fails = false;

 private:
  event over_;
};

service_host_options quiet() {
  service_host_options o;
  o.handle_signals = false;
  return o;
}

template <class Open>
awaitable<void> serve_with(fake_server& server, Open open) {
  service_host host{quiet()};
  host.add("web", as_service(server, std::move(open), 7s));
  auto running = spawn([&] { return host.run(); });
  co_await sleep(1s);
  host.stop();
  co_await running;
}

ASYNC_TEST(as_service, takes_a_listener_several_or_a_function_that_opens_them) {
  const auto opens = [] { return fake_listener{"a"}; };
  const auto opens_later = []() -> awaitable<fake_listener> {
    co_await sleep(1ms);
    co_return fake_listener{"a"};
  };
  const std::vector<std::string> expected{"serves a", "stops within 7", "ends a"};
  fake_server one;
  co_await serve_with(one, fake_listener{"a"});
  EXPECT_EQ(one.said, expected);
  fake_server by_function;
  co_await serve_with(by_function, opens);
  EXPECT_EQ(by_function.said, expected);
  fake_server by_coroutine;
  co_await serve_with(by_coroutine, opens_later);
  EXPECT_EQ(by_coroutine.said, expected);

  std::vector<fake_listener> two;
  two.emplace_back("a");
  two.emplace_back("b");
  fake_server both;
  co_await serve_with(both, std::move(two));
  EXPECT_THAT(both.said, ElementsAre("serves a", "serves b", "stops within 7", "ends a", "ends b"));
}

ASYNC_TEST(as_service, a_listener_that_cannot_be_opened_is_a_failure_to_start) {
  test::log_capture log;
  fake_server server;
  auto opens = []() -> fake_listener { throw std::runtime_error("listen on [::1]:80: Permission denied"); };
  service_host host{quiet()};
  host.add("web", as_service(server, opens));
  auto running = spawn([&] { return host.run(); });
  co_await running.wait();
  EXPECT_EQ(describe(running.exception()),
            "service 'web' failed to start: listen on [::1]:80: Permission denied");
}

ASYNC_TEST(as_service, a_function_opens_again_at_each_restart_and_a_listener_cannot) {
  test::log_capture log;
  fake_server server;
  int opened = 0;
  auto opens = [&] { return fake_listener{std::to_string(++opened)}; };
  service_host host{quiet()};
  host.add("web", as_service(server, opens)).restart();
  auto running = spawn([&] { return host.run(); });
  co_await sleep(1s);
  server.fail();
  co_await sleep(1s);
  EXPECT_EQ(opened, 2);
  EXPECT_THAT(server.said, ElementsAre("serves 1", "serves 2"));
  server.fails = false;
  host.stop();
  co_await running;

  fake_server used;
  restart_options once;
  once.max_restarts = 1;
  service_host other{quiet()};
  other.add("web", as_service(used, fake_listener{"a"})).restart(once);
  running = spawn([&] { return other.run(); });
  co_await sleep(1s);
  used.fail();
  co_await running.wait();
  EXPECT_THAT(describe(running.exception()), HasSubstr("needs a function that opens a listener"));
}

}  // namespace bight::as_service_test
