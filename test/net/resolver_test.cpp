// resolver: literals, names, the cache in virtual time, and look-ups that are shared.
#include <bight/net/resolver.hpp>

#include <algorithm>
#include <bight/core/deadline.hpp>
#include <bight/core/detail/loop_core.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/error.hpp>
#include <bight/net/network.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/sockets.hpp"

namespace bight::net::resolver_test {

using namespace std::chrono_literals;
using test::error_of;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using addresses = std::vector<ip_address>;

ip_address address(std::string_view text) { return ip_address::parse(text).value(); }

// What a look-up of a name that does not exist ends with. Without a name server it is not known that it does
// not exist.
const auto unknown_host = AnyOf(Eq(errc::host_not_found), Eq(errc::resolver_failed));

ASYNC_TEST(resolver, answers_literals_at_once) {
  resolver names;
  auto ask = names.resolve("127.0.0.1");
  const auto four = co_await wait_for(std::move(ask), 1ns);  // virtual time: nothing was waited for
  EXPECT_THAT(four, ElementsAre(address("127.0.0.1")));
  const auto six = co_await names.resolve("2001:db8::1");
  EXPECT_THAT(six, ElementsAre(address("2001:db8::1")));
}

ASYNC_TEST(resolver, finds_localhost) {
  resolver names;
  const auto found = co_await names.resolve("localhost");
  CO_ASSERT_THAT(found, Not(IsEmpty()));
  for (const auto& a : found) EXPECT_TRUE(a.is_loopback()) << a.to_string();
  for (std::size_t i = 0; i != found.size(); ++i)
    for (std::size_t j = 0; j != i; ++j) EXPECT_NE(found[i], found[j]) << found[i].to_string();
}

ASYNC_TEST(resolver, the_name_need_not_outlive_the_call) {
  resolver names;
  names.set_static("service.test", {address("10.0.0.1")});
  auto host = std::make_unique<std::string>("service.test");
  auto asking = names.resolve(*host);
  *host = "other.test!!";
  host.reset();
  const auto found = co_await std::move(asking);
  EXPECT_THAT(found, ElementsAre(address("10.0.0.1")));
}

ASYNC_TEST(resolver, an_unknown_host_is_named) {
  resolver names;
  const auto error = co_await error_of(names.resolve("no-such-host.invalid"));
  EXPECT_THAT(error.code(), unknown_host);
  EXPECT_THAT(error.what(), HasSubstr("no-such-host.invalid"));
}

ASYNC_TEST(resolver, refuses_what_cannot_be_a_name) {
  using namespace std::string_literals;
  resolver names;
  for (const auto& bad :
       {""s, std::string(254, 'a'), std::string(100'000, 'a'), "local\0host"s, "127.0.0.1\0"s}) {
    const auto error = co_await error_of(names.resolve(bad));
    EXPECT_EQ(error.code(), errc::invalid_host_name) << bad.size();
    EXPECT_LT(std::string_view(error.what()).size(), 400U);
  }
}

ASYNC_TEST(resolver, static_answers_ask_nobody_and_stay) {
  resolver names;
  names.set_static("service.test", {address("10.0.0.1"), address("::1")});
  for (int i = 0; i != 2; ++i) {
    const auto found = co_await wait_for(names.resolve("service.test"), 1ns);
    EXPECT_THAT(found, ElementsAre(address("10.0.0.1"), address("::1")));
    names.flush();
    co_await sleep(24h);
  }
  names.set_static("service.test", {address("10.0.0.2")});  // the last word
  const auto found = co_await names.resolve("service.test");
  EXPECT_THAT(found, ElementsAre(address("10.0.0.2")));
}

ASYNC_TEST(resolver, a_static_answer_without_addresses_hides_a_host) {
  resolver names;
  names.set_static("localhost", {});
  const auto error = co_await error_of(names.resolve("localhost"));
  EXPECT_EQ(error.code(), errc::host_not_found);
  EXPECT_THAT(error.what(), HasSubstr("localhost"));
}

ASYNC_TEST(resolver, names_are_the_same_in_upper_and_lower_case) {
  resolver names;
  names.set_static("Service.TEST", {address("10.0.0.1")});
  const auto found = co_await names.resolve("sERVICE.test");
  EXPECT_THAT(found, ElementsAre(address("10.0.0.1")));
}

ASYNC_TEST(resolver, copies_share_what_they_know) {
  resolver names;
  auto copy = names;
  names.set_static("service.test", {address("10.0.0.1")});
  const auto found = co_await copy.resolve("service.test");
  EXPECT_THAT(found, ElementsAre(address("10.0.0.1")));
}

// A cached answer comes without waiting; a look-up waits for a thread.
awaitable<bool> asks_somebody(resolver& names, std::string_view host) {
  bool answered = false;
  bool asked = false;
  auto question = [&]() -> awaitable<void> {
    try {
      static_cast<void>(co_await names.resolve(host));
    } catch (const boost::system::system_error&) {}
    answered = true;
  };
  auto look = [&]() -> awaitable<void> {
    asked = !answered;  // gather has just made the first step of the question
    co_return;
  };
  co_await yield();  // with a fresh budget
  co_await gather(question(), look());
  co_return asked;
}

ASYNC_TEST(resolver, an_answer_is_used_until_its_time_is_up) {
  const resolver_options options{.ttl = 60s};
  resolver names{options};
  const auto first = co_await asks_somebody(names, "localhost");
  EXPECT_TRUE(first);
  const auto at_once = co_await asks_somebody(names, "localhost");
  EXPECT_FALSE(at_once);
  co_await sleep(59s);
  const auto in_time = co_await asks_somebody(names, "localhost");
  EXPECT_FALSE(in_time);
  co_await sleep(1001ms);
  const auto too_late = co_await asks_somebody(names, "localhost");
  EXPECT_TRUE(too_late);
  const auto fresh_again = co_await asks_somebody(names, "localhost");
  EXPECT_FALSE(fresh_again);
}

ASYNC_TEST(resolver, a_failure_is_remembered_for_a_shorter_time) {
  const resolver_options options{.ttl = 1h, .negative_ttl = 5s};
  resolver names{options};
  const auto first = co_await asks_somebody(names, "no-such-host.invalid");
  EXPECT_TRUE(first);
  co_await sleep(4s);
  const auto in_time = co_await asks_somebody(names, "no-such-host.invalid");
  EXPECT_FALSE(in_time);
  const auto error = co_await error_of(names.resolve("no-such-host.invalid"));
  EXPECT_THAT(error.code(), unknown_host);
  EXPECT_THAT(error.what(), HasSubstr("no-such-host.invalid"));
  co_await sleep(2s);
  const auto too_late = co_await asks_somebody(names, "no-such-host.invalid");
  EXPECT_TRUE(too_late);
}

ASYNC_TEST(resolver, flush_forgets) {
  resolver names;
  const auto first = co_await asks_somebody(names, "localhost");
  EXPECT_TRUE(first);
  names.flush();
  const auto again = co_await asks_somebody(names, "localhost");
  EXPECT_TRUE(again);
}

ASYNC_TEST(resolver, a_full_cache_forgets_what_was_asked_for_longest_ago) {
  const resolver_options options{.max_entries = 2};
  resolver names{options};
  static_cast<void>(co_await asks_somebody(names, "a.invalid"));
  static_cast<void>(co_await asks_somebody(names, "localhost"));
  const auto a_again = co_await asks_somebody(names, "a.invalid");
  EXPECT_FALSE(a_again);
  static_cast<void>(co_await asks_somebody(names, "c.invalid"));  // localhost goes
  const auto a_is_there = co_await asks_somebody(names, "a.invalid");
  EXPECT_FALSE(a_is_there);
  const auto localhost_is_gone = co_await asks_somebody(names, "localhost");
  EXPECT_TRUE(localhost_is_gone);
}

ASYNC_TEST(resolver, without_a_cache_every_question_is_asked) {
  const resolver_options options{.max_entries = 0};
  resolver names{options};
  for (int i = 0; i != 3; ++i) {
    const auto asked = co_await asks_somebody(names, "localhost");
    EXPECT_TRUE(asked);
  }
}

ASYNC_TEST(resolver, questions_for_the_same_name_join) {
  const resolver_options options{.max_entries = 0};  // so that nothing but joining can save a look-up
  resolver names{options};
  std::vector<awaitable<addresses>> questions;
  for (int i = 0; i != 500; ++i) questions.push_back(names.resolve("localhost"));
  auto all = spawn([&]() -> awaitable<void> {
    const auto answers = co_await gather(std::move(questions));
    for (const auto& a : answers) EXPECT_EQ(a, answers.front());
  });
  std::size_t most_threads = 0;  // that the loop waits for
  while (!all.done()) {
    co_await yield();
    most_threads = std::max(most_threads, bight::detail::this_loop->external_work);
  }
  co_await all;
  EXPECT_EQ(most_threads, 1U);
}

ASYNC_TEST(resolver, a_cancelled_question_leaves_those_that_joined_it) {
  for (const bool cancel_first : {true, false}) {
    resolver names;
    auto first = spawn([&]() -> awaitable<addresses> { return names.resolve("localhost"); });
    auto second = spawn([&]() -> awaitable<addresses> { return names.resolve("localhost"); });
    co_await yield();
    co_await yield();
    auto& cancelled = cancel_first ? first : second;
    auto& left = cancel_first ? second : first;
    cancelled.cancel();
    co_await cancelled.wait();
    EXPECT_TRUE(cancelled.cancelled());
    const auto found = co_await left;
    EXPECT_THAT(found, Not(IsEmpty()));
  }
}

ASYNC_TEST(resolver, the_answer_to_a_cancelled_question_is_kept) {
  resolver names;
  auto question = spawn([&]() -> awaitable<addresses> { return names.resolve("localhost"); });
  co_await yield();
  co_await yield();
  question.cancel();
  co_await question.wait();
  EXPECT_TRUE(question.cancelled());
  const auto found = co_await names.resolve("localhost");  // joins what goes on
  EXPECT_THAT(found, Not(IsEmpty()));
  const auto asked = co_await asks_somebody(names, "localhost");
  EXPECT_FALSE(asked);
}

ASYNC_TEST(resolver, may_go_while_it_looks_up) {
  auto names = std::make_unique<resolver>();
  auto question = spawn([&]() -> awaitable<addresses> { return names->resolve("localhost"); });
  co_await yield();
  auto not_begun = names->resolve("localhost");
  names.reset();
  const auto found = co_await question;
  EXPECT_THAT(found, Not(IsEmpty()));
  const auto late = co_await std::move(not_begun);
  EXPECT_EQ(late, found);
}

TEST(resolver, does_not_keep_a_loop_from_ending) {
  const auto before = std::chrono::steady_clock::now();
  resolver names;
  run([&]() -> awaitable<void> {
    for (int i = 0; i != 3; ++i)
      spawn([&]() -> awaitable<void> { static_cast<void>(co_await names.resolve("localhost")); }).detach();
    co_await yield();
    co_await yield();
  });
  EXPECT_LT(std::chrono::steady_clock::now() - before, 2s);
}

TEST(resolver, a_loop_may_be_destroyed_during_a_look_up) {
  resolver names;
  {
    loop l;
    const auto t = l.spawn([&]() -> awaitable<void> {
      spawn([&]() -> awaitable<void> { static_cast<void>(co_await names.resolve("localhost")); }).detach();
      co_await yield();
      co_await yield();
    });
    l.run_until(t);
  }
  testing::run_virtual([&]() -> awaitable<void> {
    const auto found = co_await names.resolve("localhost");
    EXPECT_THAT(found, Not(IsEmpty()));
  });
}

// Says with which deadline it was asked, and takes a second.
class slow_network final : public network {
 public:
  awaitable<addresses> resolve(std::string) override {
    asked_until = current_deadline();
    co_await sleep(1s);
    co_return addresses{address("127.0.0.1")};
  }
  awaitable<stream> connect(endpoint) override { throw std::logic_error("no connect here"); }
  std::unique_ptr<listener_backend> listen(const endpoint&, const listen_options&) override {
    return nullptr;
  }
  clock::time_point asked_until{};
};

ASYNC_TEST(resolver, the_deadline_of_who_asks_first_is_not_that_of_the_look_up) {
  const auto n = std::make_shared<slow_network>();
  const network_scope inside{n};
  resolver names;
  const auto ask = [&]() -> awaitable<void> { static_cast<void>(co_await names.resolve("service.test")); };
  auto patient = spawn([&]() -> awaitable<addresses> {
    co_await yield();
    auto asking = names.resolve("service.test");
    co_return co_await std::move(asking);
  });
  bool expired = false;
  try {
    co_await with_deadline(500ms, ask);
  } catch (const timeout_error&) { expired = true; }
  EXPECT_TRUE(expired);
  EXPECT_EQ(n->asked_until, clock::time_point::max());
  const auto found = co_await std::move(patient);
  EXPECT_THAT(found, ElementsAre(address("127.0.0.1")));
}

}  // namespace bight::net::resolver_test
