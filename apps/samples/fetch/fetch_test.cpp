// Tests in virtual time, without a network: a server that needs two seconds costs nothing here.
#define FETCH_TEST
#include "main.cpp"

#include <gmock/gmock.h>
#include <bight/testing.hpp>
#include <bight/testing_http.hpp>

using namespace std::chrono_literals;
using ::testing::HasSubstr;

namespace {

http::client client_of(const bight::testing::mock_http& mock, std::chrono::seconds timeout = 30s) {
  http::client_options options;
  options.transport = mock.transport();
  options.timeouts.total = timeout;
  return http::client{std::move(options)};
}

}  // namespace

ASYNC_TEST(fetch, prints_a_row_for_each_url) {
  bight::testing::mock_http mock;
  mock.get("/page").respond(200, std::string(1500, 'x'));
  mock.get("/missing").respond(404);
  settings s;
  s.urls = {"http://a.test/page", "http://a.test/missing"};
  std::ostringstream out;
  const auto failed = co_await fetch(client_of(mock), s, out);
  EXPECT_EQ(failed, 1U);
  EXPECT_THAT(out.str(), HasSubstr("   200       0 ms      2 kB  http://a.test/page\n"));
  EXPECT_THAT(out.str(), HasSubstr("   404       0 ms      0 kB  http://a.test/missing\n"));
  EXPECT_THAT(out.str(), HasSubstr("2 URLs, 1 failed\n"));
}

ASYNC_TEST(fetch, a_failure_is_a_row_and_stops_nothing) {
  bight::testing::mock_http mock;
  mock.get("http://down.test/").fail(http::make_error_code(http::errc::server_closed));
  mock.get("http://slow.test/").hang();
  mock.get("http://up.test/").respond(200, "hello");
  settings s;
  s.urls = {"http://down.test/", "http://slow.test/", "http://up.test/", "no url"};
  std::ostringstream out;
  const auto start = bight::clock::now();
  const auto failed = co_await fetch(client_of(mock, 5s), s, out);
  EXPECT_EQ(bight::clock::now() - start, 5s);
  EXPECT_EQ(failed, 3U);
  EXPECT_THAT(out.str(), HasSubstr(" error    5000 ms      0 kB  http://slow.test/\n"));
  EXPECT_THAT(out.str(), HasSubstr("   200       0 ms      1 kB  http://up.test/\n"));
}

ASYNC_TEST(fetch, has_so_many_requests_in_progress_and_no_more) {
  bight::testing::mock_http mock;
  mock.get("/*").respond(200).after(2s);
  settings s;
  s.jobs = 4;
  for (int i = 0; i != 10; ++i) s.urls.push_back("http://a.test/" + std::to_string(i));
  std::ostringstream out;
  const auto start = bight::clock::now();
  co_await fetch(client_of(mock), s, out);
  EXPECT_EQ(bight::clock::now() - start, 6s);  // 4 + 4 + 2
}

TEST(fetch_arguments, are_options_and_urls) {
  std::string words[] = {"fetch", "-j", "3", "http://a.test/", "-t", "7"};
  std::vector<char*> pointers;
  for (auto& w : words) pointers.push_back(w.data());
  settings s;
  EXPECT_TRUE(read_arguments(static_cast<int>(pointers.size()), pointers.data(), s));
  EXPECT_EQ(s.jobs, 3U);
  EXPECT_EQ(s.timeout, 7s);
  EXPECT_THAT(s.urls, ::testing::ElementsAre("http://a.test/"));
  words[2] = "0";
  EXPECT_FALSE(read_arguments(static_cast<int>(pointers.size()), pointers.data(), s));
}
