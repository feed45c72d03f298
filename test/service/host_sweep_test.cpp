// service_host and job, cancelled and shut down at every await, under many schedules.
#include <bight/service/host.hpp>

#include <bight/core/event.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/spawn_options.hpp>
#include <bight/core/task_group.hpp>
#include <bight/service/job.hpp>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <utility>

#include <gtest/gtest.h>

#include "support/log_capture.hpp"
#include "support/sweep.hpp"

namespace bight::host_sweep_test {

using namespace std::chrono_literals;
using test::frame_state;
using test::in_frame;
using test::turns;

class worker {
 public:
  explicit worker(frame_state& s) : state_(&s) {}
  awaitable<void> start() {
    const in_frame here{*state_};
    co_await turns(1);
  }
  awaitable<void> run() {
    const in_frame here{*state_};
    if (runs_++ == 0) throw std::runtime_error("the first run fails");
    co_await over_.wait();
    co_await turns(2);
  }
  awaitable<void> stop() {
    const in_frame here{*state_};
    co_await turns(1);
    over_.set();
  }

 private:
  frame_state* state_;
  int runs_ = 0;
  event over_;
};

awaitable<void> run_a_host(frame_state& s) {
  service_host_options options;
  options.handle_signals = false;
  service_host host{std::move(options)};
  worker first{s};
  host.add("worker", std::ref(first)).restart();
  host.add("idle",
           [&s]() -> awaitable<void> {
             const in_frame here{s};
             co_await sleep(1h);
           })
      .depends_on("worker");
  host.add("once",
           [&s]() -> awaitable<void> {
             const in_frame here{s};
             co_await turns(2);
           })
      .one_shot();
  auto tick = [&s]() -> awaitable<void> {
    const in_frame here{s};
    co_await turns(1);
  };
  host.add("ticks", every(1s, tick)).depends_on("once");
  auto stops = [&host]() -> awaitable<void> {
    co_await sleep(5s);
    host.stop();
  };
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    group.spawn(named("stops", stops));
    co_await host.run();
  });
}

TEST(sweep_service, host) {
  const test::log_capture log;
  test::sweep(run_a_host, test::nothing_lives);
}

}  // namespace bight::host_sweep_test
