// service_host: order, supervision, stop, health.
#include <bight/service/host.hpp>

#include <signal.h>
#include <unistd.h>

#include <bight/core/command.hpp>
#include <bight/core/completed_process.hpp>
#include <bight/core/event.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/queue.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/subprocess.hpp>
#include <bight/core/task.hpp>
#include <bight/core/workers.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/log_capture.hpp"

namespace bight::host_test {

using namespace std::chrono_literals;
using bight::testing::settle;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using lines = std::vector<std::string>;

service_host_options quiet() {
  service_host_options o;
  o.handle_signals = false;
  return o;
}

// A service that says what it does, and takes a second for everything.
class recorder {
 public:
  recorder(std::string name, lines& said) : name_(std::move(name)), said_(&said) {}
  std::string name() const { return name_; }
  awaitable<void> start() {
    said_->push_back(name_ + " starts");
    co_await sleep(1s);
  }
  awaitable<void> run() {
    said_->push_back(name_ + " runs");
    co_await over_->wait();
    co_await sleep(1s);
    said_->push_back(name_ + " ends");
  }
  void stop() {
    said_->push_back(name_ + " stops");
    over_->set();
  }

 private:
  std::string name_;
  lines* said_;
  std::shared_ptr<event> over_ = std::make_shared<event>();
};

// The error that the host ends with.
awaitable<std::string> failure_of(task<void> running) {
  co_await running.wait();
  co_return running.exception() ? describe(running.exception()) : "none";
}

ASYNC_TEST(service_host, starts_in_order_of_the_dependencies_and_stops_in_reverse) {
  lines said;
  service_host host{quiet()};
  host.add(recorder("web", said)).depends_on("worker", "store");
  host.add(recorder("store", said));
  host.add(recorder("worker", said)).depends_on("store");
  auto running = spawn([&] { return host.run(); });
  co_await sleep(10s);
  EXPECT_TRUE(host.ready());
  EXPECT_THAT(said, ElementsAre("store starts", "store runs", "worker starts", "worker runs", "web starts",
                                "web runs"));
  said.clear();
  const auto begin = clock::now();
  host.stop();
  co_await running;
  EXPECT_EQ(clock::now() - begin, 3s);
  EXPECT_THAT(
      said, ElementsAre("web stops", "web ends", "worker stops", "worker ends", "store stops", "store ends"));
}

ASYNC_TEST(service_host, what_does_not_depend_on_each_other_starts_and_stops_concurrently) {
  lines said;
  service_host host{quiet()};
  host.add(recorder("a", said));
  host.add(recorder("b", said));
  auto running = spawn([&] { return host.run(); });
  co_await sleep(1500ms);
  EXPECT_TRUE(host.ready());
  const auto begin = clock::now();
  host.stop();
  co_await running;
  EXPECT_EQ(clock::now() - begin, 1s);
}

ASYNC_TEST(service_host, a_stop_during_the_start_starts_nothing_more) {
  lines said;
  service_host host{quiet()};
  host.add(recorder("store", said));
  host.add(recorder("web", said)).depends_on("store");
  auto running = spawn([&] { return host.run(); });
  co_await sleep(500ms);
  host.stop();
  co_await running;
  EXPECT_THAT(said, ElementsAre("store starts"));
  const auto states = host.status();
  EXPECT_EQ(states[0].state, service_state::stopped);
  EXPECT_EQ(states[1].state, service_state::stopped);
}

ASYNC_TEST(service_host, runs_functions_objects_and_pointers) {
  struct plain {
    awaitable<void> run() {
      *runs += 1;
      co_await sleep(forever);
    }
    int* runs;
  };
  int runs = 0;
  plain by_reference{&runs};
  service_host host{quiet()};
  host.add("function", [&]() -> awaitable<void> {
    ++runs;
    co_await sleep(forever);
  });
  host.add("value", plain{&runs});
  host.add("reference", std::ref(by_reference));
  host.add("shared", std::make_shared<plain>(plain{&runs}));
  host.add("unique", std::make_unique<plain>(plain{&runs}));
  auto running = spawn([&] { return host.run(); });
  co_await settle();
  EXPECT_EQ(runs, 5);
  host.stop();  // without a member `stop`, they are cancelled
  co_await running;
}

ASYNC_TEST(service_host, a_one_shot_service_is_ready_when_it_has_completed) {
  bool migrated = false;
  service_host host{quiet()};
  host.add("migrate",
           [&]() -> awaitable<void> {
             co_await sleep(5s);
             migrated = true;
           })
      .one_shot();
  host.add("web",
           [&]() -> awaitable<void> {
             EXPECT_TRUE(migrated);
             co_await sleep(forever);
           })
      .depends_on("migrate");
  auto running = spawn([&] { return host.run(); });
  co_await sleep(4s);
  EXPECT_EQ(host.status()[1].state, service_state::waiting);
  EXPECT_FALSE(host.ready());
  co_await sleep(2s);
  EXPECT_EQ(host.status()[0].state, service_state::completed);
  EXPECT_EQ(host.status()[1].state, service_state::running);
  EXPECT_TRUE(host.ready());
  host.stop();
  co_await running;
  EXPECT_EQ(host.status()[0].state, service_state::completed);
}

ASYNC_TEST(service_host, ends_when_all_one_shot_services_have_completed) {
  service_host host{quiet()};
  host.add("a", [] { return sleep(1s); }).one_shot();
  host.add("b", [] { return sleep(2s); }).one_shot();
  const auto begin = clock::now();
  co_await host.run();
  EXPECT_EQ(clock::now() - begin, 2s);
  service_host empty{quiet()};
  co_await empty.run();
}

// ---- failures -------------------------------------------------------------------------------------------

struct fails_to_start {
  awaitable<void> start() {
    co_await sleep(1s);
    throw std::runtime_error("connection refused");
  }
  awaitable<void> run() { co_await sleep(forever); }
};

ASYNC_TEST(service_host, a_failing_start_names_the_service_and_the_reason_and_stops_the_others) {
  test::log_capture log;
  lines said;
  service_host host{quiet()};
  host.add(recorder("other", said));
  host.add("db", fails_to_start{});
  host.add(recorder("web", said)).depends_on("db");
  auto running = spawn([&] { return host.run(); });
  co_await running.wait();
  EXPECT_THAT(said, ElementsAre("other starts", "other runs", "other stops", "other ends"));
  bool caught = false;
  try {
    running.result();
  } catch (const service_error& e) {
    caught = true;
    EXPECT_STREQ(e.what(), "service 'db' failed to start: connection refused");
    EXPECT_EQ(e.code(), service_errc::start_failed);
    EXPECT_EQ(e.service(), "db");
    EXPECT_TRUE(is<std::runtime_error>(e.reason()));
  }
  EXPECT_TRUE(caught);
  EXPECT_THAT(log.lines(), Contains("bight: service 'db' failed to start: connection refused"));
}

ASYNC_TEST(service_host, a_start_beyond_its_limit_is_a_failure) {
  test::log_capture log;
  struct slow {
    awaitable<void> start() { co_await sleep(forever); }
    awaitable<void> run() { co_await sleep(forever); }
  };
  service_host host{quiet()};
  host.add("slow", slow{}).start_timeout(3s);
  const auto begin = clock::now();
  auto running = spawn([&] { return host.run(); });
  const auto text = co_await failure_of(running);
  EXPECT_THAT(text, HasSubstr("service 'slow' failed to start: it is not ready after 3 s"));
  EXPECT_EQ(clock::now() - begin, 3s);
}

ASYNC_TEST(service_host, a_run_that_returns_by_itself_is_a_failure) {
  test::log_capture log;
  service_host host{quiet()};
  host.add("short", [] { return sleep(1s); });
  auto running = spawn([&] { return host.run(); });
  const auto text = co_await failure_of(running);
  EXPECT_EQ(text, "service 'short' ended by itself");
  EXPECT_EQ(host.status()[0].state, service_state::failed);
}

ASYNC_TEST(service_host, a_cancelled_task_that_a_service_awaits_is_a_failure_and_no_cancellation) {
  test::log_capture log;
  service_host host{quiet()};
  host.add("awaits", []() -> awaitable<void> {
    auto t = spawn([] { return sleep(1h); });
    t.cancel();
    co_await t;
  });
  auto running = spawn([&] { return host.run(); });
  const auto text = co_await failure_of(running);
  EXPECT_THAT(text, HasSubstr("service 'awaits' failed: "));
}

ASYNC_TEST(service_host, a_supervised_service_that_throws_every_100_ms_never_takes_its_siblings_down) {
  test::log_capture log;
  restart_options always;
  always.max_restarts = restart_options::unlimited;
  always.delay = 0ms;
  always.max_delay = 0ms;
  int throws = 0;
  int ticks = 0;
  service_host host{quiet()};
  host.add("bad",
           [&]() -> awaitable<void> {
             co_await sleep(100ms);
             ++throws;
             throw std::runtime_error("again");
           })
      .restart(always);
  host.add("sibling", [&]() -> awaitable<void> {
    while (true) {
      co_await sleep(1s);
      ++ticks;
    }
  });
  auto running = spawn([&] { return host.run(); });
  co_await sleep(10min + 50ms);
  EXPECT_FALSE(running.done());
  EXPECT_EQ(throws, 6000);
  EXPECT_EQ(ticks, 600);
  EXPECT_EQ(host.status()[0].restarts, 6000U);
  EXPECT_EQ(host.status()[1].restarts, 0U);
  host.stop();
  co_await running;  // no error
}

ASYNC_TEST(service_host, restarts_wait_longer_each_time_and_are_forgotten_after_the_window) {
  test::log_capture log;
  restart_options options;
  options.max_restarts = 3;
  options.window = 1min;
  options.delay = 1s;
  options.max_delay = 4s;
  options.jitter = 0;
  std::vector<clock::duration> starts;
  const auto begin = clock::now();
  service_host host{quiet()};
  host.add("bad",
           [&]() -> awaitable<void> {
             starts.push_back(clock::now() - begin);
             if (starts.size() == 4) co_await sleep(2min);  // works for a while
             throw std::runtime_error("number " + std::to_string(starts.size()));
           })
      .restart(options);
  auto running = spawn([&] { return host.run(); });
  const auto text = co_await failure_of(running);
  EXPECT_THAT(starts, ElementsAre(0s, 1s, 3s, 7s, 128s, 130s, 134s));
  EXPECT_EQ(text, "service 'bad' failed, with 3 restarts within 60 s: number 7");
  EXPECT_THAT(log.lines(), Contains("bight: service 'bad' failed: number 1; it is started again in 1 s"));
}

ASYNC_TEST(service_host, a_failing_start_is_supervised_too) {
  test::log_capture log;
  int attempts = 0;
  struct late {
    void start() {
      if (++*attempts < 3) throw std::runtime_error("not yet");
    }
    awaitable<void> run() { co_await sleep(forever); }
    int* attempts;
  };
  service_host host{quiet()};
  host.add("late", late{&attempts}).restart();
  host.add("after", [] { return sleep(forever); }).depends_on("late");
  auto running = spawn([&] { return host.run(); });
  co_await sleep(10s);
  EXPECT_TRUE(host.ready());
  EXPECT_EQ(attempts, 3);
  EXPECT_EQ(host.status()[0].last_error, "not yet");
  host.stop();
  co_await running;
}

ASYNC_TEST(service_host, says_what_is_wrong_with_names_and_dependencies) {
  const auto idle = [] { return sleep(forever); };
  service_host host{quiet()};
  host.add("a", idle);
  EXPECT_THROW(host.add("a", idle), std::invalid_argument);
  EXPECT_THROW(host.add("", idle), std::invalid_argument);
  host.add("b", idle).depends_on("no such");
  auto running = spawn([&] { return host.run(); });
  auto text = co_await failure_of(running);
  EXPECT_EQ(text, "bight: service 'b' depends on 'no such', which does not exist");
  EXPECT_THROW(host.add("c", idle), std::logic_error);

  service_host round{quiet()};
  round.add("x", idle);
  round.add("a", idle).depends_on("b", "x");
  round.add("b", idle).depends_on("c");
  round.add("c", idle).depends_on("a");
  running = spawn([&] { return round.run(); });
  text = co_await failure_of(running);
  EXPECT_EQ(text, "bight: services depend on each other: a -> b -> c -> a");
}

// ---- the stop -------------------------------------------------------------------------------------------

// Works on a queue; a stop lets it empty the queue.
class queue_worker {
 public:
  explicit queue_worker(queue<std::string>& items, clock::duration each) : items_(&items), each_(each) {}
  awaitable<void> run() {
    auto handle = [this](std::string item) -> awaitable<void> {
      current_ = item;
      co_await sleep(each_);
      done.push_back(item);
    };
    co_await workers(*items_, 1, handle);
  }
  void stop() { items_->shutdown(); }
  std::string unfinished() const { return std::to_string(items_->size()) + " items after " + current_; }
  lines done;

 private:
  queue<std::string>* items_;
  clock::duration each_;
  std::string current_;
};

ASYNC_TEST(service_host, a_stop_lets_a_worker_finish_what_is_queued) {
  queue<std::string> items;
  for (const auto* text : {"a", "b", "c"}) items.try_put(text);
  queue_worker worker{items, 2s};
  service_host host{quiet()};
  host.add("worker", std::ref(worker));
  auto running = spawn([&] { return host.run(); });
  co_await sleep(1s);
  host.stop();
  co_await running;
  EXPECT_THAT(worker.done, ElementsAre("a", "b", "c"));
}

ASYNC_TEST(service_host, a_stop_beyond_its_limit_is_reported_with_what_is_left_and_the_task_tree) {
  test::log_capture log;
  queue<std::string> items;
  for (const auto* text : {"a", "b", "c"}) items.try_put(text);
  queue_worker worker{items, 1h};
  service_host host{quiet()};
  host.add("worker", std::ref(worker)).stop_timeout(10s);
  auto running = spawn([&] { return host.run(); });
  co_await sleep(1s);
  const auto begin = clock::now();
  host.stop();
  const auto text = co_await failure_of(running);
  EXPECT_EQ(clock::now() - begin, 10s);
  EXPECT_EQ(text, "service 'worker' did not stop in time, within 10 s; unfinished: 2 items after a");
  EXPECT_THAT(log.lines(), Contains(AllOf(HasSubstr("did not stop in time"),
                                          HasSubstr("its tasks:\n  worker waits for"), HasSubstr("sleep"))));
}

ASYNC_TEST(service_host, a_service_that_ignores_its_cancellation_is_reported_again) {
  test::log_capture log;
  service_host host{quiet()};
  host.add("stubborn",
           []() -> awaitable<void> {
             const auto end = clock::now() + 25s;
             while (clock::now() < end) {
               try {
                 co_await sleep(end - clock::now());
               } catch (const cancelled_error&) {}
             }
           })
      .stop_timeout(2s);
  auto running = spawn([&] { return host.run(); });
  co_await settle();
  host.stop();
  const auto text = co_await failure_of(running);
  EXPECT_THAT(text, HasSubstr("service 'stubborn' did not stop in time"));
  EXPECT_THAT(log.lines(),
              Contains(HasSubstr("'stubborn' has been cancelled and still runs; its tasks:\n")).Times(2));
}

ASYNC_TEST(service_host, a_failure_while_stopping_is_reported) {
  test::log_capture log;
  struct bad_end {
    awaitable<void> run() {
      co_await over->wait();
      throw std::runtime_error("cannot save");
    }
    void stop() { over->set(); }
    event* over;
  };
  event over;
  service_host host{quiet()};
  host.add("saves", bad_end{&over});
  auto running = spawn([&] { return host.run(); });
  co_await settle();
  host.stop();
  const auto text = co_await failure_of(running);
  EXPECT_EQ(text, "service 'saves' failed while stopping: cannot save");
}

ASYNC_TEST(service_host, a_stop_that_throws_cancels_the_service) {
  test::log_capture log;
  struct no_stop {
    awaitable<void> run() { co_await sleep(forever); }
    awaitable<void> stop() {
      co_await sleep(1s);
      throw std::runtime_error("no connection");
    }
  };
  service_host host{quiet()};
  host.add("remote", no_stop{});
  auto running = spawn([&] { return host.run(); });
  co_await settle();
  host.stop();
  co_await running;
  EXPECT_THAT(log.lines(),
              Contains(HasSubstr("service 'remote' is cancelled, since its stop failed: no connection")));
}

ASYNC_TEST(service_host, a_stop_ends_the_wait_for_a_restart) {
  test::log_capture log;
  restart_options slow;
  slow.delay = 1h;
  slow.max_delay = 1h;
  service_host host{quiet()};
  host.add("bad",
           []() -> awaitable<void> {
             throw std::runtime_error("again");
             co_return;
           })
      .restart(slow);
  auto running = spawn([&] { return host.run(); });
  co_await sleep(1s);
  EXPECT_EQ(host.status()[0].state, service_state::restarting);
  const auto begin = clock::now();
  host.stop();
  co_await running;
  EXPECT_EQ(clock::now(), begin);
}

ASYNC_TEST(service_host, a_cancelled_host_cancels_all_services_and_waits) {
  int cleaned = 0;
  auto cleans = [&]() -> awaitable<void> {
    std::exception_ptr cancelled;
    try {
      co_await sleep(forever);
    } catch (const cancelled_error&) { cancelled = std::current_exception(); }
    co_await sleep(1s);
    ++cleaned;
    std::rethrow_exception(cancelled);
  };
  service_host host{quiet()};
  host.add("a", cleans);
  host.add("b", cleans).depends_on("a");
  auto running = spawn([&] { return host.run(); });
  co_await settle();
  running.cancel();
  co_await running.wait();
  EXPECT_TRUE(running.cancelled());
  EXPECT_EQ(cleaned, 2);
}

TEST(service_host, ends_with_its_loop) {
  loop l;
  service_host host{quiet()};
  host.add("idle", [] { return sleep(1h); });
  auto running = l.spawn([&] { return host.run(); });
  auto a_moment = l.spawn([] { return sleep(1ms); });
  l.run_until(a_moment);
  running.detach();
}

// ---- signals ---------------------------------------------------------------------------------------------

ASYNC_TEST(service_host, sigterm_stops_and_sighup_reloads) {
  lines said;
  struct reloads {
    awaitable<void> run() { co_await sleep(forever); }
    awaitable<void> reload() {
      co_await sleep(1s);
      said->push_back(name + " reloads");
    }
    std::string name;
    lines* said;
  };
  service_host host;
  host.add("second", reloads{"second", &said}).depends_on("first");
  host.add("first", reloads{"first", &said});
  host.on_reload([&] { said.push_back("configuration"); });
  host.on_ready([&] { said.push_back("ready"); });
  auto running = spawn([&] { return host.run(); });
  co_await settle();
  EXPECT_TRUE(host.ready());
  ::kill(::getpid(), SIGHUP);
  while (said.size() < 4) co_await sleep(1ms);
  EXPECT_THAT(said, ElementsAre("ready", "configuration", "first reloads", "second reloads"));
  ::kill(::getpid(), SIGTERM);
  while (!running.done()) co_await sleep(1ms);  // a signal alone is no reason to wait
  co_await running;
}

ASYNC_TEST(service_host, a_failing_reload_is_logged_and_changes_nothing) {
  test::log_capture log;
  struct bad {
    awaitable<void> run() { co_await sleep(forever); }
    void reload() { throw std::runtime_error("app.toml:3: no such key"); }
  };
  service_host host{quiet()};
  host.add("bad", bad{});
  auto running = spawn([&] { return host.run(); });
  co_await settle();
  host.reload();
  co_await settle();
  EXPECT_THAT(log.lines(), Contains("bight: service 'bad' could not be reloaded: app.toml:3: no such key"));
  EXPECT_TRUE(host.ready());
  host.stop();
  co_await running;
}

// ---- health and introspection -----------------------------------------------------------------------------

ASYNC_TEST(service_host, checks_the_health_of_all) {
  struct with_health {
    awaitable<void> run() { co_await sleep(forever); }
    health_status health() const { return *problem; }
    const std::string* problem;
  };
  struct slow_health {
    awaitable<void> run() { co_await sleep(forever); }
    awaitable<bool> health() {
      co_await sleep(1h);
      co_return true;
    }
  };
  struct bad_health {
    awaitable<void> run() { co_await sleep(forever); }
    bool health() { throw std::runtime_error("cannot tell"); }
  };
  std::string problem;
  service_host host{quiet()};
  host.add("worker", with_health{&problem});
  host.add("slow", slow_health{});
  host.add("bad", bad_health{});
  host.add("plain", [] { return sleep(forever); });
  auto all = co_await host.check();
  EXPECT_EQ(all[0].health.reason(), "waiting");
  auto running = spawn([&] { return host.run(); });
  co_await settle();
  const auto begin = clock::now();
  all = co_await host.check();
  EXPECT_EQ(clock::now() - begin, 5s);
  EXPECT_TRUE(all[0].health.healthy());
  EXPECT_THAT(all[1].health.reason(), HasSubstr("time"));
  EXPECT_EQ(all[2].health.reason(), "cannot tell");
  EXPECT_TRUE(all[3].health.healthy());
  problem = "queue full";
  all = co_await host.check();
  EXPECT_EQ(all[0].health.reason(), "queue full");
  host.stop();
  co_await running;
}

ASYNC_TEST(service_host, shows_the_tasks_of_each_service) {
  service_host host{quiet()};
  host.add("mailer", [] { return sleep(1h); });
  host.add("once", [] { return sleep(1s); }).one_shot();
  auto running = spawn([&] { return host.run(); });
  co_await sleep(2s);
  const auto text = host.dump_tasks();
  EXPECT_THAT(text, HasSubstr("mailer: running\n  mailer waits for sleep"));
  EXPECT_THAT(text, HasSubstr("once: completed\n"));
  EXPECT_THAT(text, Not(HasSubstr("signals of the host")));
  host.stop();
  co_await running;
}

ASYNC_TEST(service_host, hands_out_passed_descriptors_by_name_at_each_start) {
  const std::string script =
      "export LISTEN_PID=$$ LISTEN_FDS=3 LISTEN_FDNAMES=web:jobs:web; exec \"$0\" \"$1\" 3</dev/null "
      "4</dev/null "
      "5</dev/null";
  command web("sh", "-c", script, BIGHT_PROGRAM_HOST_DESCRIPTORS, "web");
  const auto two = co_await run_process(std::move(web));
  EXPECT_EQ(two.output, "2 web open web open\n2 web open web open\n");
  command other("sh", "-c", script, BIGHT_PROGRAM_HOST_DESCRIPTORS, "admin");
  const auto none = co_await run_process(std::move(other));
  EXPECT_EQ(none.output, "0\n0\n");
}

}  // namespace bight::host_test
