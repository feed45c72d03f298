// fail_at_every_step: each step fails once, and what does not stand that is found.
#include <bight/testing/steps.hpp>

#include <algorithm>
#include <bight/core/as_result.hpp>
#include <bight/core/event.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/error.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <bight/testing/faults.hpp>
#include <boost/system/system_error.hpp>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "support/failures.hpp"
#include "support/sockets.hpp"

namespace bight::testing::steps_test {

using namespace std::chrono_literals;
using boost::system::system_error;
using test::failures_of;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace sys = boost::system::errc;

awaitable<void> nothing() { co_return; }

// BIGHT_STEP, for the life of this.
class only_step {
 public:
  explicit only_step(const char* n) { ::setenv("BIGHT_STEP", n, 1); }
  only_step(const only_step&) = delete;
  only_step& operator=(const only_step&) = delete;
  ~only_step() { ::unsetenv("BIGHT_STEP"); }
};

TEST(fail_at_every_step, fails_each_step_once) {
  std::vector<std::string> runs;
  const auto body = [&]() -> awaitable<void> {
    runs.emplace_back();
    for (const char* const name : {"open", "save", "close"}) {
      check_step(name);
      runs.back() += name[0];
      co_await yield();
    }
  };
  const auto note = [&]() -> awaitable<void> {
    runs.back() += '.';
    co_return;
  };
  EXPECT_EQ(fail_at_every_step(body, note), 3U);
  EXPECT_THAT(runs, ElementsAre("osc.", ".", "o.", "os.", "osc."));
}

TEST(fail_at_every_step, throws_the_error_that_was_asked_for_and_names_the_step) {
  std::vector<boost::system::error_code> seen;
  std::string text;
  const auto body = [&]() -> awaitable<void> {
    try {
      check_step("save");
    } catch (const system_error& e) {
      seen.push_back(e.code());
      text = e.what();
    }
    co_return;
  };
  EXPECT_EQ(fail_at_every_step(body, nothing), 1U);
  EXPECT_EQ(fail_at_every_step(body, nothing, make_error_code(sys::no_space_on_device)), 1U);
  EXPECT_THAT(seen, ElementsAre(sys::connection_reset, sys::no_space_on_device));
  EXPECT_THAT(text, HasSubstr("save"));
}

TEST(fail_at_every_step, goes_on_after_a_failure_that_was_handled) {
  std::vector<int> saved;
  const auto body = [&]() -> awaitable<void> {
    saved.push_back(0);
    for (int i = 0; i != 3; ++i) {
      const auto save = []() -> awaitable<void> {
        check_step("save");
        co_return;
      };
      const auto done = co_await as_result(save());
      if (done) ++saved.back();
    }
  };
  EXPECT_EQ(fail_at_every_step(body, nothing), 3U);
  EXPECT_THAT(saved, ElementsAre(3, 2, 2, 2, 3));
}

TEST(fail_at_every_step, counts_in_tasks_that_the_body_spawns) {
  const auto body = []() -> awaitable<void> {
    co_await task_group::run([](task_group& group) -> awaitable<void> {
      for (int i = 0; i != 2; ++i)
        group
            .spawn([]() -> awaitable<void> {
              check_step("child");
              co_return;
            })
            .detach();
      co_return;
    });
  };
  EXPECT_EQ(fail_at_every_step(body, nothing), 2U);
}

TEST(fail_at_every_step, the_invariant_has_no_steps) {
  int checked = 0;
  const auto body = []() -> awaitable<void> {
    check_step("one");
    // It goes on when the body has ended.
    spawn([]() -> awaitable<void> {
      co_await sleep(1s);
      check_step("too late");
    }).detach();
    co_return;
  };
  const auto invariant = [&]() -> awaitable<void> {
    co_await sleep(2s);
    check_step("in the invariant");
    ++checked;
  };
  EXPECT_EQ(fail_at_every_step(body, invariant), 1U);
  EXPECT_EQ(checked, 3);
}

TEST(fail_at_every_step, tells_number_and_name_of_the_step) {
  int whole = 0;
  const auto failures = failures_of([&] {
    fail_at_every_step(
        [&]() -> awaitable<void> {
          whole = 0;
          check_step("read");
          ++whole;
          check_step("write");
          --whole;
          co_return;
        },
        [&]() -> awaitable<void> {
          EXPECT_EQ(whole, 0);
          co_return;
        });
  });
  EXPECT_THAT(failures, ElementsAre(AllOf(HasSubstr("failed at step 2 (write)"), HasSubstr("BIGHT_STEP=2"))));
}

TEST(fail_at_every_step, reports_a_run_that_hangs_with_who_waits) {
  const auto failures = failures_of([] {
    fail_at_every_step(
        []() -> awaitable<void> {
          event answered;
          try {
            check_step("ask");
            answered.set();
          } catch (const system_error&) {}  // and nobody ever sets it
          co_await answered.wait();
        },
        nothing);
  });
  EXPECT_THAT(failures,
              ElementsAre(AllOf(HasSubstr("step 1 (ask)"), HasSubstr("deadlock"), HasSubstr("event::wait"))));
}

TEST(fail_at_every_step, the_run_without_a_failure_must_succeed) {
  const auto failures = failures_of([] {
    fail_at_every_step(
        []() -> awaitable<void> {
          co_await yield();
          throw std::runtime_error("as ever");
        },
        nothing);
  });
  EXPECT_THAT(failures, Contains(AllOf(HasSubstr("BIGHT_STEP=0"), HasSubstr("as ever"))));
}

TEST(fail_at_every_step, runs_one_alone_when_asked) {
  std::vector<int> runs;
  const auto body = [&]() -> awaitable<void> {
    runs.push_back(0);
    for (int i = 0; i != 5; ++i) {
      check_step("step");
      ++runs.back();
    }
    co_return;
  };
  {
    const only_step four{"4"};
    fail_at_every_step(body, nothing);
  }
  EXPECT_THAT(runs, ElementsAre(3));
}

TEST(fail_at_every_step, says_when_a_body_has_no_end) {
  const only_step none{"0"};
  const auto failures = failures_of([] {
    fail_at_every_step(
        []() -> awaitable<void> {
          while (true) {
            check_step("again");
            co_await yield();
          }
        },
        nothing);
  });
  EXPECT_THAT(failures, Contains(HasSubstr("more than 100000 steps")));
}

ASYNC_TEST(check_step, does_nothing_by_itself) {
  check_step("nobody counts");
  co_return;
}
TEST(check_step, does_nothing_outside_of_a_task) { check_step("nobody counts"); }

TEST(fail_at_every_step, counts_reads_and_writes_of_faulty_streams) {
  std::optional<std::pair<net::stream, net::stream>> ends;
  std::vector<std::string> got;
  const auto body = [&]() -> awaitable<void> {
    auto [a, b] = net::memory_pipe();
    ends.emplace(with_faults(std::move(a)), std::move(b));
    got.emplace_back("-");
    co_await ends->first.write("ping");                        // 1
    const auto ping = co_await test::read_once(ends->second);  // not faulty
    co_await ends->second.write(ping);
    got.back() = co_await test::read_once(ends->first);                        // 2
    static_cast<void>(ends->first.try_write(std::as_bytes(std::span{ping})));  // 3
  };
  // The peer of a stream on which a step failed is not left waiting.
  const auto lost = [&]() -> awaitable<void> {
    const auto rest = co_await as_result(test::read_once(ends->second));
    EXPECT_TRUE(got.size() == 1 || got.size() == 5 || rest.error() == sys::connection_reset);
    ends.reset();
  };
  EXPECT_EQ(fail_at_every_step(body, lost), 3U);
  EXPECT_THAT(got, ElementsAre("ping", "-", "-", "ping", "ping"));
}

TEST(fail_at_every_step, counts_look_ups_connects_and_accepts) {
  std::vector<std::string> ends;
  const auto serve = [](net::listener l) -> awaitable<void> {
    auto s = co_await l.accept();
    const auto text = co_await test::read_once(s);
    co_await s.write(text);
  };
  const auto body = [&]() -> awaitable<void> {
    const fake_network network;
    const auto inside = network.use();
    const net::endpoint anywhere{net::ip_address{}, 80};
    net::listener l{anywhere};
    auto serving = spawn(serve, std::move(l));
    try {
      auto s = co_await net::connect("localhost", 80);
      co_await s.write("x");
      co_await test::read_once(s);
      ends.emplace_back("well");
    } catch (const system_error& e) { ends.emplace_back(e.code().message()); }
    serving.cancel();
    co_await serving.wait();
    static_cast<void>(serving.exception());
  };
  // look-up, connect, accept, and two reads and two writes
  EXPECT_EQ(fail_at_every_step(body, nothing, make_error_code(net::errc::resolver_failed)), 7U);
  EXPECT_EQ(std::count(ends.begin(), ends.end(), "well"), 2);  // the first and the last
}

}  // namespace bight::testing::steps_test
