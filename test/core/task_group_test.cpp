// task_group: members do not outlive the scope, and errors come as a group.
#include <bight/core/task_group.hpp>

#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/semaphore.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/timeout.hpp>
#include <bight/core/uncancellable.hpp>
#include <bight/testing/async_test.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::task_group_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

using group_body = std::function<awaitable<void>(task_group&)>;

// The errors of a group that runs `body`, as texts; nullopt if it ended without errors.
awaitable<std::optional<std::vector<std::string>>> errors_of(group_body body) {
  try {
    co_await task_group::run(std::ref(body));
  } catch (const exception_group& group) {
    std::vector<std::string> texts;
    for (const auto& e : group.errors()) texts.push_back(describe(e));
    co_return texts;
  }
  co_return std::nullopt;
}

awaitable<void> nap(clock::duration d) { co_await sleep(d); }
awaitable<void> fail_after(clock::duration d, std::string what) {
  co_await sleep(d);
  throw std::runtime_error(what);
}
awaitable<void> note(std::string& trace, char name, clock::duration d) {
  try {
    co_await sleep(d);
    trace += name;
  } catch (const cancelled_error&) {
    trace += static_cast<char>(name - 'a' + 'A');
    throw;
  }
}

ASYNC_TEST(task_group, waits_for_its_members) {
  std::string trace;
  const auto start = clock::now();
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    group.spawn(note, std::ref(trace), 'a', 2s).detach();
    group.spawn(note, std::ref(trace), 'b', 1s).detach();
    EXPECT_EQ(group.size(), 2U);
    co_return;
  });
  EXPECT_EQ(trace, "ba");
  EXPECT_EQ(clock::now() - start, 2s);
}

ASYNC_TEST(task_group, returns_what_the_body_returned) {
  auto p = co_await task_group::run([](task_group& group) -> awaitable<std::unique_ptr<int>> {
    auto a = group.spawn([]() -> awaitable<int> {
      co_await sleep(1s);
      co_return 3;
    });
    const int value = co_await a;
    co_return std::make_unique<int>(value);
  });
  EXPECT_EQ(*p, 3);
  int x = 0;
  int& ref = co_await task_group::run([&](task_group&) -> awaitable<int&> { co_return x; });
  EXPECT_EQ(&ref, &x);
}

ASYNC_TEST(task_group, without_members_ends_with_its_body) {
  co_await task_group::run([](task_group& group) -> awaitable<void> {
    EXPECT_EQ(group.size(), 0U);
    co_await sleep(1s);
  });
}

ASYNC_TEST(task_group, starts_members_in_the_next_turn_and_in_order) {
  std::string trace;
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    for (const char name : std::string("abc")) group.spawn(note, std::ref(trace), name, 0s).detach();
    EXPECT_EQ(trace, "");
    co_return;
  });
  EXPECT_EQ(trace, "abc");
}

ASYNC_TEST(task_group, the_first_failure_cancels_siblings_and_body) {
  std::string trace;
  const auto start = clock::now();
  const auto errors = co_await errors_of([&](task_group& group) -> awaitable<void> {
    group.spawn(note, std::ref(trace), 'a', 1h).detach();
    group.spawn(fail_after, 1s, "first").detach();
    group.spawn(note, std::ref(trace), 'b', 1h).detach();
    co_await note(trace, 'c', 1h);
  });
  CO_ASSERT_TRUE(errors.has_value());
  EXPECT_THAT(*errors, ElementsAre("first"));
  EXPECT_EQ(trace.size(), 3U);
  EXPECT_THAT(trace, ::testing::AllOf(::testing::HasSubstr("A"), ::testing::HasSubstr("B"),
                                      ::testing::HasSubstr("C")));
  EXPECT_EQ(clock::now() - start, 1s);
  EXPECT_EQ(this_task::cancelling(), 0U);
  co_await sleep(1s);  // the body's cancellation was taken back
}

ASYNC_TEST(task_group, the_body_is_cancelled_once_however_many_members_fail) {
  int strikes = 0;
  const auto errors = co_await errors_of([&](task_group& group) -> awaitable<void> {
    group.spawn(fail_after, 1s, "one").detach();
    group.spawn(fail_after, 1s, "two").detach();
    for (int i = 0; i != 3; ++i) {
      try {
        co_await sleep(1min);
      } catch (const cancelled_error&) { ++strikes; }
    }
    EXPECT_EQ(this_task::cancelling(), 1U);
  });
  CO_ASSERT_TRUE(errors.has_value());
  EXPECT_THAT(*errors, ElementsAre("one", "two"));
  EXPECT_EQ(strikes, 1);
  EXPECT_EQ(this_task::cancelling(), 0U);
}

ASYNC_TEST(task_group, errors_are_in_the_order_in_which_they_happened_and_the_body_is_last) {
  const auto errors = co_await errors_of([](task_group& group) -> awaitable<void> {
    auto answer = [](std::string what) -> awaitable<void> {
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) { throw std::runtime_error(what); }
    };
    group.spawn(answer, "second").detach();
    group.spawn(fail_after, 1s, "first").detach();
    co_await answer("body");
  });
  CO_ASSERT_TRUE(errors.has_value());
  EXPECT_THAT(*errors, ElementsAre("first", "second", "body"));
}

ASYNC_TEST(task_group, an_error_of_the_body_cancels_the_members) {
  std::string trace;
  const auto errors = co_await errors_of([&](task_group& group) -> awaitable<void> {
    group.spawn(note, std::ref(trace), 'a', 1h).detach();
    co_await sleep(1s);
    throw std::runtime_error("body");
  });
  CO_ASSERT_TRUE(errors.has_value());
  EXPECT_THAT(*errors, ElementsAre("body"));
  EXPECT_EQ(trace, "A");
}

ASYNC_TEST(task_group, members_not_started_yet_are_never_entered_when_it_aborts) {
  bool entered = false;
  const auto errors = co_await errors_of([&](task_group& group) -> awaitable<void> {
    group
        .spawn([&]() -> awaitable<void> {
          entered = true;
          co_return;
        })
        .detach();
    throw std::runtime_error("body");
    co_return;
  });
  EXPECT_TRUE(errors.has_value());
  EXPECT_FALSE(entered);
}

ASYNC_TEST(task_group, a_member_that_ends_cancelled_is_no_failure) {
  std::string trace;
  const auto errors = co_await errors_of([&](task_group& group) -> awaitable<void> {
    auto a = group.spawn(note, std::ref(trace), 'a', 1h);
    group.spawn(note, std::ref(trace), 'b', 2s).detach();
    co_await sleep(1s);
    a.cancel();
  });
  EXPECT_FALSE(errors.has_value());
  EXPECT_EQ(trace, "Ab");
}

ASYNC_TEST(task_group, the_error_of_an_awaited_member_is_in_the_group_once) {
  const auto in_body = co_await errors_of([](task_group& group) -> awaitable<void> {
    auto a = group.spawn(fail_after, 1s, "member");
    co_await a;
  });
  CO_ASSERT_TRUE(in_body.has_value());
  EXPECT_THAT(*in_body, ElementsAre("member"));
  const auto in_member = co_await errors_of([](task_group& group) -> awaitable<void> {
    auto a = group.spawn(fail_after, 1s, "member");
    group.spawn([](task<void> joined) -> awaitable<void> { co_await joined; }, a).detach();
    co_return;
  });
  CO_ASSERT_TRUE(in_member.has_value());
  EXPECT_THAT(*in_member, ElementsAre("member"));
}

ASYNC_TEST(task_group, the_error_of_an_awaited_member_may_be_handled_in_the_body_but_is_still_thrown) {
  bool handled = false;
  const auto errors = co_await errors_of([&](task_group& group) -> awaitable<void> {
    auto a = group.spawn(fail_after, 1s, "member");
    try {
      co_await a;
    } catch (const std::runtime_error&) { handled = true; }
  });
  EXPECT_TRUE(handled);
  CO_ASSERT_TRUE(errors.has_value());
  EXPECT_THAT(*errors, ElementsAre("member"));
}

ASYNC_TEST(task_group, always_wraps_and_nested_groups_stay_nested) {
  bool nested = false;
  try {
    co_await task_group::run([](task_group& outer) -> awaitable<void> {
      outer
          .spawn([]() -> awaitable<void> {
            co_await task_group::run([](task_group& inner) -> awaitable<void> {
              inner.spawn(fail_after, 1s, "leaf").detach();
              co_return;
            });
          })
          .detach();
      co_return;
    });
  } catch (const exception_group& group) {
    CO_ASSERT_EQ(group.errors().size(), 1U);
    try {
      std::rethrow_exception(group.errors().front());
    } catch (const exception_group& inner) {
      nested = inner.errors().size() == 1 && describe(inner.errors().front()) == "leaf";
    }
  }
  EXPECT_TRUE(nested);
}

ASYNC_TEST(task_group, an_outside_cancellation_cancels_body_and_members_and_waits_for_them) {
  std::string trace;
  const auto start = clock::now();
  auto t = spawn([&]() -> awaitable<void> {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      group
          .spawn([&]() -> awaitable<void> {
            try {
              co_await sleep(1h);
            } catch (const cancelled_error&) {}
            co_await sleep(5s);
            trace += "cleaned ";
          })
          .detach();
      co_await note(trace, 'b', 1h);
    });
  });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(trace, "Bcleaned ");
  EXPECT_EQ(clock::now() - start, 6s);
}

ASYNC_TEST(task_group, an_outside_cancellation_while_it_waits_for_the_members_strikes_after_their_end) {
  std::string trace;
  auto t = spawn([&]() -> awaitable<void> {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      group.spawn(note, std::ref(trace), 'a', 1h).detach();
      co_return;
    });
    trace += "never";
  });
  co_await sleep(1s);
  t.cancel();
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(trace, "A");
}

ASYNC_TEST(task_group, errors_win_over_an_outside_cancellation_which_strikes_at_the_next_wait) {
  std::string trace;
  auto t = spawn([&]() -> awaitable<void> {
    const auto errors = co_await errors_of([&](task_group& group) -> awaitable<void> {
      group
          .spawn([]() -> awaitable<void> {
            try {
              co_await sleep(1h);
            } catch (const cancelled_error&) { throw std::runtime_error("cleanup"); }
          })
          .detach();
      co_await sleep(1h);
    });
    trace += errors ? "errors " : "no errors ";
    EXPECT_EQ(this_task::cancelling(), 1U);
    co_await sleep(1s);
    trace += "never";
  });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(trace, "errors ");
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(t.cancelling(), 1U);
}

ASYNC_TEST(task_group, a_cancellation_that_its_body_turns_into_an_error_strikes_at_the_next_wait) {
  int rounds = 0;
  auto t = spawn([&]() -> awaitable<void> {
    auto body = [](task_group&) -> awaitable<void> {
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) { throw std::runtime_error("clean-up"); }
    };
    while (true) {  // catches what it is meant to catch, and must end all the same
      ++rounds;
      const auto errors = co_await errors_of(body);
      EXPECT_THAT(errors.value_or(std::vector<std::string>{}), ElementsAre(::testing::HasSubstr("clean-up")));
      EXPECT_EQ(this_task::cancelling(), 1U);
      co_await yield();
    }
  });
  co_await sleep(1s);
  t.cancel();
  co_await sleep(24h);
  CO_ASSERT_TRUE(t.done());
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(t.cancelling(), 1U);
  EXPECT_EQ(rounds, 1);
}

ASYNC_TEST(task_group, a_request_of_before_that_its_body_turns_into_an_error_strikes_again) {
  bool went_on = false;
  task<void> t;
  t = spawn([&]() -> awaitable<void> {
    t.cancel();  // due when the group begins
    const auto errors = co_await errors_of([](task_group&) -> awaitable<void> {
      try {
        co_await yield();
      } catch (const cancelled_error&) { throw std::runtime_error("clean-up"); }
    });
    EXPECT_TRUE(errors.has_value());
    co_await yield();
    went_on = true;
  });
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_FALSE(went_on);
}

ASYNC_TEST(task_group, repeated_cancellations_while_it_waits_are_absorbed_whoever_got_the_first) {
  const auto rests_on = []() -> awaitable<void> {
    co_await uncancellable([]() -> awaitable<void> { co_await sleep(10s); });
  };
  for (const bool in_the_body : {true, false}) {
    bool cleaned_up = false;
    const auto rest = std::chrono::hours(in_the_body ? 1 : 0);
    auto t = spawn([&]() -> awaitable<void> {
      std::exception_ptr struck;
      try {
        co_await task_group::run([&](task_group& group) -> awaitable<void> {
          group.spawn(rests_on).detach();
          co_await sleep(rest);
        });
      } catch (const cancelled_error&) { struck = std::current_exception(); }
      EXPECT_TRUE(struck);
      EXPECT_EQ(this_task::cancelling(), 3U);
      co_await sleep(1s);  // nothing is pending
      cleaned_up = true;
      if (struck) std::rethrow_exception(struck);
    });
    co_await sleep(2s);
    for (int i = 0; i != 3; ++i) {
      t.cancel();
      co_await sleep(1s);
    }
    co_await t.wait();
    EXPECT_TRUE(cleaned_up) << (in_the_body ? "the body" : "the group") << " got the first";
    EXPECT_TRUE(t.cancelled());
    EXPECT_EQ(t.cancelling(), 3U);
  }
}

ASYNC_TEST(task_group, repeated_cancellations_beside_errors_strike_once_afterwards) {
  int strikes = 0;
  auto t = spawn([&]() -> awaitable<void> {
    const auto errors = co_await errors_of([](task_group& group) -> awaitable<void> {
      group
          .spawn([]() -> awaitable<void> {
            co_await uncancellable([]() -> awaitable<void> { co_await sleep(10s); });
            throw std::runtime_error("member");
          })
          .detach();
      co_await sleep(1h);
    });
    EXPECT_TRUE(errors.has_value());
    EXPECT_EQ(this_task::cancelling(), 2U);
    for (int i = 0; i != 2; ++i) {
      try {
        co_await yield();
      } catch (const cancelled_error&) { ++strikes; }
    }
  });
  co_await sleep(1s);
  t.cancel();
  co_await sleep(1s);
  t.cancel();
  co_await t;
  EXPECT_EQ(strikes, 1);
}

ASYNC_TEST(task_group, a_failure_and_an_outside_cancellation_in_the_same_turn_lose_neither) {
  bool errors_seen = false;
  task<void> t;
  auto canceller = spawn([&]() -> awaitable<void> {
    co_await sleep(1s);
    t.cancel();
  });
  t = spawn([&]() -> awaitable<void> {
    const auto errors = co_await errors_of([](task_group& group) -> awaitable<void> {
      group.spawn(fail_after, 1s, "member").detach();
      co_await sleep(1h);
    });
    errors_seen = errors.has_value();
    co_await sleep(1s);
  });
  co_await t.wait();
  co_await canceller;
  EXPECT_TRUE(errors_seen);
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(task_group, in_a_task_that_swallowed_a_cancellation_before_does_not_bring_it_back) {
  auto t = spawn([]() -> awaitable<int> {
    try {
      co_await sleep(forever);
    } catch (const cancelled_error&) {}
    const auto errors = co_await errors_of([](task_group& group) -> awaitable<void> {
      group.spawn(fail_after, 1s, "member").detach();
      co_await sleep(1h);
    });
    EXPECT_TRUE(errors.has_value());
    co_await sleep(1s);
    co_return 5;
  });
  co_await yield();
  t.cancel();
  const int value = co_await t;
  EXPECT_EQ(value, 5);
}

ASYNC_TEST(task_group, refuses_members_while_it_is_being_cancelled) {
  std::optional<boost::system::error_code> refused;
  bool disposed = false;
  const auto errors = co_await errors_of([&](task_group& group) -> awaitable<void> {
    group.spawn(fail_after, 1s, "first").detach();
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {
      auto flag = std::shared_ptr<void>(nullptr, [&](void*) { disposed = true; });
      auto work = [kept = std::move(flag)]() -> awaitable<void> { co_return; };
      try {
        group.spawn(std::move(work)).detach();
      } catch (const boost::system::system_error& e) { refused = e.code(); }
    }
  });
  EXPECT_TRUE(errors.has_value());
  CO_ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(*refused, errc::group_closed);
  EXPECT_TRUE(disposed);
}

ASYNC_TEST(task_group, members_may_spawn_members_after_the_body_has_ended) {
  int ran = 0;
  std::function<awaitable<void>(task_group&, int)> tree = [&](task_group& group,
                                                              int depth) -> awaitable<void> {
    co_await sleep(1s);
    ++ran;
    if (depth == 0) co_return;
    group.spawn(std::ref(tree), std::ref(group), depth - 1).detach();
    group.spawn(std::ref(tree), std::ref(group), depth - 1).detach();
  };
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    group.spawn(std::ref(tree), std::ref(group), 5).detach();
    co_return;
  });
  EXPECT_EQ(ran, 63);
}

// Between the end of the last member and the end of run(), somebody else spawns: run() waits for that one
// too.
ASYNC_TEST(task_group, waits_for_a_member_spawned_by_an_outsider_after_the_last_one_had_ended) {
  bool late_ran = false;
  task_group* shared = nullptr;
  task<void> member;
  auto outsider = spawn([&]() -> awaitable<void> {
    while (!member.valid()) co_await yield();
    co_await member;  // woken before the group is
    shared
        ->spawn([&]() -> awaitable<void> {
          co_await sleep(1s);
          late_ran = true;
        })
        .detach();
  });
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    shared = &group;
    member = group.spawn(nap, 1s);
    co_return;
  });
  EXPECT_TRUE(late_ran);
  co_await outsider;
}

ASYNC_TEST(task_group, inside_a_timeout_that_expires_throws_timeout_error_and_leaves_nothing) {
  std::string trace;
  bool expired = false;
  try {
    co_await timeout(1s, [&]() -> awaitable<void> {
      co_await task_group::run([&](task_group& group) -> awaitable<void> {
        group.spawn(note, std::ref(trace), 'a', 1h).detach();
        co_return;
      });
    });
  } catch (const timeout_error&) { expired = true; }
  EXPECT_TRUE(expired);
  EXPECT_EQ(trace, "A");
  EXPECT_EQ(this_task::cancelling(), 0U);
}

ASYNC_TEST(task_group, a_thousand_members) {
  int sum = 0;
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    auto add = [&](int n) -> awaitable<void> {
      co_await sleep(std::chrono::milliseconds(n % 7));
      sum += n;
    };
    for (int i = 1; i <= 1'000; ++i) group.spawn(add, i).detach();
    co_return;
  });
  EXPECT_EQ(sum, 500'500);
}

TEST(task_group, outlives_nothing_when_run_ends_and_when_a_loop_is_destroyed) {
  int alive = 0;
  auto body = [&]() -> awaitable<void> {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      for (int i = 0; i != 3; ++i) {
        group
            .spawn([&]() -> awaitable<void> {
              ++alive;
              const auto leave = std::shared_ptr<void>(nullptr, [&](void*) { --alive; });
              co_await sleep(forever);
            })
            .detach();
      }
      co_return;
    });
  };
  run([&]() -> awaitable<void> {
    spawn(body).detach();
    co_await sleep(1ms);
    EXPECT_EQ(alive, 3);
  });
  EXPECT_EQ(alive, 0);
  {
    loop l;
    l.spawn(body).detach();
    l.run_until(l.spawn(nap, 1ms));
    EXPECT_EQ(alive, 3);
  }
  EXPECT_EQ(alive, 0);
}

// Destructors in a member's frame may cancel the task that waits in the group, even while that one is
// destroyed.
TEST(task_group, frames_that_cancel_each_other_are_destroyed_with_the_loop) {
  task<void> parent;
  class canceller {
   public:
    explicit canceller(task<void>& t) : task_(&t) {}
    canceller(const canceller&) = delete;
    canceller& operator=(const canceller&) = delete;
    ~canceller() { task_->cancel(); }

   private:
    task<void>* task_;
  };
  {
    loop l;
    parent = l.spawn([&]() -> awaitable<void> {
      co_await task_group::run([&](task_group& group) -> awaitable<void> {
        group
            .spawn([&]() -> awaitable<void> {
              const canceller c(parent);
              co_await sleep(forever);
            })
            .detach();
        co_return;
      });
    });
    l.run_until(l.spawn(nap, 1ms));
  }
  EXPECT_TRUE(parent.done());
  EXPECT_TRUE(parent.cancelled());
}

// ---- cancel ------------------------------------------------------------------------------------

ASYNC_TEST(task_group_cancel, ends_members_and_body_without_an_error) {
  int ended = 0;
  const auto work = [&]() -> awaitable<void> {
    try {
      co_await sleep(1h);
    } catch (...) {
      ++ended;
      throw;
    }
  };
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    group.spawn(work).detach();
    group
        .spawn([&]() -> awaitable<void> {
          co_await sleep(1s);
          group.cancel();
        })
        .detach();
    co_await work();
    ADD_FAILURE() << "the body goes on";
  });
  EXPECT_EQ(ended, 2);
  EXPECT_EQ(this_task::cancelling(), 0U);
  co_await sleep(1s);  // nothing is pending
}

ASYNC_TEST(task_group_cancel, while_the_body_waits_for_the_members) {
  const auto start = clock::now();
  int strikes = 0;
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    group
        .spawn([&]() -> awaitable<void> {
          co_await sleep(1s);
          group.cancel();
          group.cancel();  // once is enough
          try {
            co_await sleep(1h);
          } catch (const cancelled_error&) { ++strikes; }
          EXPECT_EQ(this_task::cancelling(), 1U);
          co_await sleep(1s);  // its clean-up is left alone
        })
        .detach();
    co_return;
  });
  EXPECT_EQ(strikes, 1);
  EXPECT_EQ(clock::now() - start, 2s);
  EXPECT_EQ(this_task::cancelling(), 0U);
}

ASYNC_TEST(task_group_cancel, errors_of_members_are_thrown_all_the_same) {
  std::string caught;
  try {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      group
          .spawn([]() -> awaitable<void> {
            try {
              co_await sleep(1h);
            } catch (...) {}
            throw std::runtime_error("while it was cancelled");
          })
          .detach();
      co_await yield();
      group.cancel();
    });
  } catch (const exception_group& e) { caught = e.what(); }
  EXPECT_THAT(caught, ::testing::HasSubstr("while it was cancelled"));
}

ASYNC_TEST(task_group_cancel, a_cancellation_from_outside_wins) {
  auto t = spawn([]() -> awaitable<void> {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      group
          .spawn([]() -> awaitable<void> {
            co_await uncancellable([]() -> awaitable<void> { co_await sleep(2s); });
          })
          .detach();
      co_await yield();
      group.cancel();
      co_await sleep(1h);
    });
  });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(task_group_cancel, leaves_no_result) {
  boost::system::error_code code;
  try {
    co_await task_group::run([](task_group& group) -> awaitable<int> {
      group.cancel();
      co_await sleep(1h);
      co_return 1;
    });
  } catch (const boost::system::system_error& e) { code = e.code(); }
  EXPECT_EQ(code, errc::group_closed);
  const int kept = co_await task_group::run([](task_group& group) -> awaitable<int> {
    group.cancel();
    co_return 1;
  });
  EXPECT_EQ(kept, 1);
}

// ---- start -------------------------------------------------------------------------------------

awaitable<void> serve(task_status<int> status, clock::duration startup) {
  co_await sleep(startup);
  status.started(8080);
  co_await sleep(1h);
}

ASYNC_TEST(task_group_start, waits_until_the_member_is_ready) {
  const auto begin = clock::now();
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    const int port = co_await group.start<int>(serve, 2s);
    EXPECT_EQ(port, 8080);
    EXPECT_EQ(clock::now() - begin, 2s);
    EXPECT_EQ(group.size(), 1U) << "it runs on";
    group.cancel();
  });
}

ASYNC_TEST(task_group_start, an_error_before_is_that_of_start) {
  std::string caught;
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    const auto fail = [](task_status<void>) -> awaitable<void> {
      co_await sleep(1s);
      throw std::runtime_error("port in use");
    };
    try {
      co_await group.start(fail);
    } catch (const std::runtime_error& e) { caught = e.what(); }
    co_await sleep(1s);  // the group goes on
  });
  EXPECT_EQ(caught, "port in use");
}

ASYNC_TEST(task_group_start, an_error_after_is_that_of_the_group) {
  std::string caught;
  try {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      const auto fail = [](task_status<void> status) -> awaitable<void> {
        status.started();
        co_await sleep(1s);
        throw std::runtime_error("later");
      };
      co_await group.start(fail);
    });
  } catch (const exception_group& e) { caught = e.what(); }
  EXPECT_THAT(caught, ::testing::HasSubstr("later"));
}

ASYNC_TEST(task_group_start, an_end_without_a_word_is_a_mistake_that_is_told) {
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    const auto silent = [](task_status<void>) -> awaitable<void> { co_return; };
    bool told = false;
    try {
      co_await group.start(silent);
    } catch (const std::logic_error&) { told = true; }
    EXPECT_TRUE(told);
  });
}

ASYNC_TEST(task_group_start, cancelled_cancels_the_member) {
  bool ended = false;
  const auto slow = [&](task_status<void>) -> awaitable<void> {
    try {
      co_await sleep(1h);
    } catch (...) {
      ended = true;
      throw;
    }
  };
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    bool expired = false;
    try {
      co_await wait_for(group.start(slow), 2s);
    } catch (const timeout_error&) { expired = true; }
    EXPECT_TRUE(expired);
    co_await yield();
    EXPECT_TRUE(ended);
  });
}

}  // namespace bight::task_group_test
