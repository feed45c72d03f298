// service_notifier, and a service_host under a fake service manager.
#include <bight/service/notifier.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/service/host.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_systemd.hpp"
#include "support/log_capture.hpp"
#include "support/program.hpp"

namespace bight::notifier_test {

using namespace std::chrono_literals;
using test::fake_systemd;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

ASYNC_TEST(service_notifier, sends_one_datagram_each) {
  fake_systemd manager;
  service_notifier notifier{manager.address()};
  EXPECT_TRUE(notifier.connected());
  EXPECT_FALSE(notifier.watchdog());
  const bool sent = co_await notifier.send("READY=1\nSTATUS=serving");
  EXPECT_TRUE(sent);
  co_await notifier.send_reloading();
  const auto all = manager.received();
  CO_ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0], "READY=1\nSTATUS=serving");
  EXPECT_THAT(all[1], StartsWith("RELOADING=1\nMONOTONIC_USEC="));
}

ASYNC_TEST(service_notifier, knows_paths_and_abstract_names) {
  const test::scratch_folder folder;
  for (const auto& address : {folder.file("notify"), "@bight-test-" + std::to_string(::getpid())}) {
    fake_systemd manager{address};
    service_notifier notifier{address};
    const bool sent = co_await notifier.send("READY=1");
    EXPECT_TRUE(sent) << address;
    EXPECT_THAT(manager.received(), ElementsAre("READY=1"));
  }
}

ASYNC_TEST(service_notifier, without_a_manager_it_does_nothing) {
  test::log_capture log;
  service_notifier none{""};
  EXPECT_FALSE(none.connected());
  const bool sent = co_await none.send("READY=1");
  EXPECT_FALSE(sent);
  EXPECT_THAT(log.lines(), IsEmpty());
}

ASYNC_TEST(service_notifier, says_once_why_a_manager_cannot_be_reached) {
  test::log_capture log;
  service_notifier gone{"/nonexistent/notify"};
  EXPECT_FALSE(gone.connected());
  service_notifier relative{"notify"};
  EXPECT_FALSE(relative.connected());
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("/nonexistent/notify: No such file"),
                                       HasSubstr("NOTIFY_SOCKET=notify is not supported")));
  co_return;
}

ASYNC_TEST(service_notifier, waits_while_the_queue_of_the_manager_is_full) {
  test::log_capture log;
  fake_systemd manager;
  service_notifier notifier{manager.address()};
  std::size_t sent = 0;
  auto flood = spawn([&]() -> awaitable<void> {
    for (int i = 0; i != 2000; ++i) sent += co_await notifier.send("STATUS=" + std::to_string(i));
  });
  std::size_t received = 0;
  while (!flood.done()) {
    co_await sleep(10ms);
    received += manager.received().size();
  }
  EXPECT_EQ(sent, 2000U);
  EXPECT_EQ(received + manager.received().size(), 2000U);
  auto again = spawn([&]() -> awaitable<void> {
    bool more = true;
    while (more) more = co_await notifier.send("STATUS=x");
  });
  co_await again;  // gives up after 5 s
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("cannot be notified")));
}

// The environment of a process that systemd starts.
class environment {
 public:
  void set(const char* name, const std::string& value) {
    ::setenv(name, value.c_str(), 1);
    names_.emplace_back(name);
  }
  ~environment() {
    for (const auto& n : names_) ::unsetenv(n.c_str());
  }

 private:
  std::vector<std::string> names_;
};

ASYNC_TEST(service_notifier, reads_the_environment) {
  test::log_capture log;
  fake_systemd manager;
  environment variables;
  variables.set("NOTIFY_SOCKET", manager.address());
  variables.set("WATCHDOG_USEC", "2000000");
  EXPECT_EQ(service_notifier{}.watchdog(), clock::duration{2s});
  variables.set("WATCHDOG_PID", std::to_string(::getpid()));
  EXPECT_EQ(service_notifier{}.watchdog(), clock::duration{2s});
  variables.set("WATCHDOG_PID", "1");
  EXPECT_FALSE(service_notifier{}.watchdog()) << "it is meant for another process";
  variables.set("WATCHDOG_PID", std::to_string(::getpid()));
  EXPECT_THAT(log.lines(), IsEmpty());
  for (const auto* wrong : {"soon", "-1", "0", "99999999999999999999"}) {
    variables.set("WATCHDOG_USEC", wrong);
    EXPECT_FALSE(service_notifier{}.watchdog()) << wrong;
  }
  EXPECT_THAT(log.lines(), Contains("bight: WATCHDOG_USEC=soon is no number; ignored"));
  co_return;
}

service_host_options under(const fake_systemd& manager, std::optional<clock::duration> watchdog = {}) {
  service_host_options o;
  o.handle_signals = false;
  o.notifier = service_notifier{manager.address(), watchdog};
  return o;
}

ASYNC_TEST(service_manager, sees_ready_reload_and_stop) {
  fake_systemd manager;
  service_host host{under(manager)};
  host.add("slow", [] { return sleep(3s); }).one_shot();
  host.add("web", [] { return sleep(forever); });
  auto running = spawn([&] { return host.run(); });
  co_await sleep(2s);
  EXPECT_THAT(manager.received(), IsEmpty()) << "not all are ready";
  co_await sleep(2s);
  EXPECT_THAT(manager.received(), ElementsAre("READY=1\nSTATUS=running"));
  host.reload();
  co_await bight::testing::settle();
  EXPECT_THAT(manager.received(), ElementsAre(StartsWith("RELOADING=1\nMONOTONIC_USEC="), "READY=1"));
  host.stop();
  co_await running;
  EXPECT_THAT(manager.received(), ElementsAre("STOPPING=1\nSTATUS=stopping"));
}

ASYNC_TEST(service_manager, a_reload_while_starting_or_stopping_does_not_say_ready) {
  fake_systemd manager;
  service_host host{under(manager)};
  int reloads = 0;
  host.on_reload([&] { ++reloads; });
  struct slow {
    awaitable<void> start() { co_await sleep(3s); }
    awaitable<void> run() { co_await sleep(20s); }
    void stop() {}
  };
  host.add("slow", slow{});
  auto running = spawn([&] { return host.run(); });
  co_await sleep(1s);
  host.reload();
  co_await sleep(1s);
  EXPECT_EQ(reloads, 1);
  EXPECT_THAT(manager.received(), IsEmpty());
  co_await sleep(2s);
  EXPECT_THAT(manager.received(), ElementsAre("READY=1\nSTATUS=running"));
  host.stop();
  co_await sleep(1s);
  host.reload();
  co_await running;
  EXPECT_EQ(reloads, 2);
  EXPECT_THAT(manager.received(), ElementsAre("STOPPING=1\nSTATUS=stopping"));
}

ASYNC_TEST(service_manager, a_program_that_fails_to_start_is_never_ready) {
  test::log_capture log;
  fake_systemd manager;
  service_host host{under(manager)};
  host.add("bad",
           []() -> awaitable<void> {
             throw std::runtime_error("no");
             co_return;
           })
      .one_shot();
  auto running = spawn([&] { return host.run(); });
  co_await running.wait();
  EXPECT_TRUE(running.exception());
  EXPECT_THAT(manager.received(), IsEmpty());
}

ASYNC_TEST(service_manager, the_watchdog_is_fed_twice_as_often_as_it_asks_also_while_stopping) {
  fake_systemd manager;
  service_host host{under(manager, 10s)};
  struct slow_stop {
    awaitable<void> run() { co_await sleep(120s); }
    void stop() {}
  };
  host.add("slow", slow_stop{}).stop_timeout(5min);
  auto running = spawn([&] { return host.run(); });
  // Read often: the queue of a Unix datagram socket is short.
  std::vector<std::string> seen;
  auto watch_for = [&](int seconds) -> awaitable<void> {
    for (int i = 0; i != seconds; ++i) {
      co_await sleep(1s);
      for (auto& text : manager.received()) seen.push_back(std::move(text));
    }
  };
  co_await watch_for(61);
  EXPECT_EQ(std::erase(seen, "READY=1\nSTATUS=running"), 1U);
  EXPECT_THAT(seen, SizeIs(13));
  EXPECT_THAT(seen, Each("WATCHDOG=1"));
  seen.clear();
  host.stop();
  co_await watch_for(58);
  EXPECT_FALSE(running.done());
  co_await running;
  EXPECT_EQ(std::erase(seen, "STOPPING=1\nSTATUS=stopping"), 1U);
  EXPECT_THAT(seen, SizeIs(11));
}

ASYNC_TEST(service_manager, sees_that_the_watchdog_of_an_unhealthy_service_is_not_fed) {
  test::log_capture log;
  fake_systemd manager;
  service_host host{under(manager, 10s)};
  struct sick {
    awaitable<void> run() { co_await sleep(forever); }
    bool health() const { return *healthy; }
    const bool* healthy;
  };
  bool healthy = true;
  const bool other = false;
  host.add("vital", sick{&healthy}).watchdog();
  host.add("other", sick{&other});
  auto running = spawn([&] { return host.run(); });
  co_await sleep(21s);
  EXPECT_THAT(manager.received(), Contains("WATCHDOG=1").Times(5));
  healthy = false;
  co_await sleep(1min);
  EXPECT_THAT(manager.received(), IsEmpty());
  EXPECT_THAT(log.lines(), Contains(HasSubstr("the watchdog is not fed")).Times(1));
  healthy = true;
  co_await sleep(10s);
  EXPECT_THAT(manager.received(), SizeIs(2));
  host.stop();
  co_await running;
}

}  // namespace bight::notifier_test
