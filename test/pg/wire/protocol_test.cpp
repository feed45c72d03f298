// The protocol after the start-up, without a server: every order that is allowed, and none that is not.
#include "pg/wire/protocol.hpp"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "support/pg_messages.hpp"

namespace bight::pg::wire::protocol_test {

namespace server = test::server;
using ::testing::ElementsAre;
using enum event_kind;

constexpr std::uint32_t limit = 1U << 20U;

struct outcome {
  std::vector<event_kind> kinds;
  std::string failure;
  char transaction = '?';
  friend bool operator==(const outcome&, const outcome&) = default;
};

// Feeds `bytes` in pieces that end at each of `cuts`.
outcome feed(protocol p, std::string_view bytes, const std::vector<std::size_t>& cuts) {
  outcome o;
  std::size_t begin = 0;
  auto ends = cuts;
  ends.push_back(bytes.size());
  for (const auto end : ends) {
    while (true) {
      const auto e = p.next(bytes.substr(begin, end - begin));
      if (e.kind == need_more) break;
      o.kinds.push_back(e.kind);
      if (e.kind == failed || e.kind == too_large) {
        o.failure = p.failure();
        return o;
      }
      begin += e.size;
    }
  }
  o.transaction = p.transaction();
  return o;
}

// Whole, and split at every byte.
outcome feed_everyhow(const std::vector<request>& sent, std::string_view bytes) {
  protocol p{limit};
  for (const auto r : sent) p.expect(r);
  auto whole = feed(p, bytes, {});
  for (std::size_t i = 0; i != bytes.size(); ++i) EXPECT_EQ(feed(p, bytes, {i}).kinds, whole.kinds) << i;
  std::vector<std::size_t> all;
  for (std::size_t i = 1; i < bytes.size(); ++i) all.push_back(i);
  EXPECT_EQ(feed(p, bytes, all), whole);
  return whole;
}

const std::vector<request> prepare{request::parse, request::describe_statement, request::sync};
const std::vector<request> run{request::bind, request::execute, request::sync};

TEST(pg_protocol, prepares_a_statement) {
  const auto bytes = server::message('1') + server::message('t', server::n16(1) + server::n32(23)) +
                     server::columns({{"id", 23}}) + server::ready();
  EXPECT_THAT(feed_everyhow(prepare, bytes).kinds, ElementsAre(parsed, parameter_types, columns, ready));
}

TEST(pg_protocol, prepares_a_statement_without_rows) {
  const auto bytes =
      server::message('1') + server::message('t', server::n16(0)) + server::message('n') + server::ready();
  EXPECT_THAT(feed_everyhow(prepare, bytes).kinds, ElementsAre(parsed, parameter_types, no_columns, ready));
}

TEST(pg_protocol, runs_a_statement) {
  const auto bytes = server::message('2') + server::row({"a"}) + server::row({std::nullopt}) +
                     server::complete("SELECT 2") + server::ready('T');
  const auto o = feed_everyhow(run, bytes);
  EXPECT_THAT(o.kinds, ElementsAre(bound, row, row, complete, ready));
  EXPECT_EQ(o.transaction, 'T');
}

TEST(pg_protocol, suspends_a_portal_and_goes_on) {
  protocol p{limit};
  p.expect(request::bind);
  p.expect(request::execute);
  const auto first = server::message('2') + server::row({"a"}) + server::message('s');
  EXPECT_EQ(feed(p, first, {}).kinds, (std::vector{bound, row, suspended}));
}

TEST(pg_protocol, an_error_skips_up_to_the_sync) {
  const auto bytes = server::error("42601", "syntax") + server::ready('E');
  const auto o = feed_everyhow({request::parse, request::bind, request::execute, request::sync}, bytes);
  EXPECT_THAT(o.kinds, ElementsAre(error, ready));
  EXPECT_EQ(o.transaction, 'E');
}

TEST(pg_protocol, an_error_of_one_statement_leaves_the_next_of_a_pipeline) {
  auto sent = run;
  sent.insert(sent.end(), run.begin(), run.end());
  const auto bytes = server::error("22012", "division by zero") + server::ready() + server::message('2') +
                     server::row({"1"}) + server::complete("SELECT 1") + server::ready();
  EXPECT_THAT(feed_everyhow(sent, bytes).kinds, ElementsAre(error, ready, bound, row, complete, ready));
}

TEST(pg_protocol, an_error_at_the_sync_itself) {  // a deferred constraint
  const auto bytes =
      server::message('2') + server::complete("INSERT 0 1") + server::error("23503", "no") + server::ready();
  EXPECT_THAT(feed_everyhow(run, bytes).kinds, ElementsAre(bound, complete, error, ready));
}

TEST(pg_protocol, what_is_sent_after_an_error_is_skipped_until_a_sync) {
  protocol p{limit};
  p.expect(request::bind);
  p.expect(request::execute);
  const auto e = server::error("22012", "division by zero");
  EXPECT_EQ(p.next(e).kind, error);
  EXPECT_TRUE(p.skipping());
  p.expect(request::execute);
  EXPECT_TRUE(p.idle());
  p.expect(request::sync);
  EXPECT_EQ(p.next(server::ready()).kind, ready);
  EXPECT_FALSE(p.skipping());
}

TEST(pg_protocol, a_simple_query_of_several_commands) {
  const auto bytes = server::complete("BEGIN") + server::columns({{"a", 25, 0}}) + server::row({"x"}) +
                     server::complete("SELECT 1") + server::message('I') + server::ready('T');
  EXPECT_THAT(feed_everyhow({request::simple}, bytes).kinds,
              ElementsAre(complete, columns, row, complete, empty, ready));
}

TEST(pg_protocol, copies_in_and_out) {
  const auto format = std::string(1, '\0') + server::n16(1) + server::n16(0);
  const auto in = server::message('G', format) + server::complete("COPY 1") + server::ready();
  EXPECT_THAT(feed_everyhow({request::simple}, in).kinds, ElementsAre(copy_in, complete, ready));
  const auto out = server::message('H', format) + server::message('d', "1\n") + server::message('d', "2\n") +
                   server::message('c') + server::complete("COPY 2") + server::ready();
  EXPECT_THAT(feed_everyhow({request::simple}, out).kinds,
              ElementsAre(copy_out, copy_data, copy_data, copy_done, complete, ready));
}

TEST(pg_protocol, messages_that_come_at_any_time) {
  const auto note = server::report('N', "NOTICE", "00000", "hello");
  const auto bytes = note + server::message('2') + server::parameter("TimeZone", "UTC") + server::row({"a"}) +
                     server::message('A', server::n32(7) + server::zero("c") + server::zero("p")) +
                     server::complete("SELECT 1") + note + server::ready();
  EXPECT_THAT(feed_everyhow(run, bytes).kinds,
              ElementsAre(notice, bound, parameter, row, notification, complete, notice, ready));
}

TEST(pg_protocol, an_error_that_nothing_asked_for) {
  EXPECT_THAT(feed_everyhow({}, server::fatal("57P01", "terminating")).kinds, ElementsAre(error));
}

class refused : public ::testing::TestWithParam<std::pair<std::vector<request>, std::string>> {};

TEST_P(refused, is_a_violation) {
  const auto& [sent, bytes] = GetParam();
  const auto o = feed_everyhow(sent, bytes);
  ASSERT_FALSE(o.kinds.empty());
  EXPECT_EQ(o.kinds.back(), failed);
  EXPECT_NE(o.failure, "");
}

INSTANTIATE_TEST_SUITE_P(
    pg_protocol, refused,
    ::testing::Values(std::pair{std::vector<request>{}, server::row({"a"})},
                      std::pair{std::vector<request>{}, server::ready()},
                      std::pair{run, std::string("D\0\0\0\x03", 5)},
                      std::pair{run, std::string("D\0\0\0\0", 5)}, std::pair{run, std::string{"?"}},
                      std::pair{run, std::string("\0", 1)}, std::pair{run, server::message('1')},
                      std::pair{run, server::complete("SELECT 0")},
                      std::pair{prepare, server::message('1') + server::message('n')},
                      std::pair{run, server::message('2') + server::ready()},
                      std::pair{std::vector{request::simple}, server::row({"a"})},
                      std::pair{std::vector{request::simple}, server::message('s')},
                      std::pair{std::vector{request::simple},
                                server::error("42601", "a") + server::error("42601", "b")},
                      std::pair{std::vector{request::sync}, server::message('Z', "X")},
                      std::pair{std::vector{request::sync}, server::message('Z')}));

TEST(pg_protocol, a_message_over_the_limit_is_refused_at_its_head) {
  protocol p{limit};
  for (const auto r : run) p.expect(r);
  const auto head = std::string{"D"} + server::n32(limit + 1);
  const auto e = p.next(head);
  EXPECT_EQ(e.kind, too_large);
  EXPECT_EQ(e.size, limit + 2U);
  EXPECT_EQ(p.next(std::string{"D"} + server::n32(limit)).kind, need_more);
}

TEST(pg_protocol, says_how_long_an_incomplete_message_will_be) {
  protocol p{limit};
  for (const auto r : run) p.expect(r);
  EXPECT_EQ(p.next("2").size, 0U);
  EXPECT_EQ(p.next(std::string{"D"} + server::n32(1000)).size, 1001U);
}

}  // namespace bight::pg::wire::protocol_test
