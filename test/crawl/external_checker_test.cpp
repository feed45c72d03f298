// external_checker: HEAD, then GET; which answers break a link; politeness.
#include <bight/crawl/external_checker.hpp>

#include <bight/core/clock.hpp>
#include <bight/core/gather.hpp>
#include <bight/http/error.hpp>
#include <bight/http/transport.hpp>
#include <bight/net/error.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace bight::crawl::external_checker_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

http::response answer(int status, std::vector<std::pair<std::string, std::string>> fields = {},
                      std::string body = "") {
  http::headers h;
  for (const auto& [name, value] : fields) h.set(name, value);
  return http::response{status, std::move(body), std::move(h)};
}

// The web, as "METHOD URL" and its answer.
class web final : public http::transport {
 public:
  using script = std::function<http::response()>;
  awaitable<http::response> send(http::request& r) override {
    const auto line = std::string{r.method().name()} + ' ' + r.url().href();
    seen.push_back(line);
    times.push_back(clock::now());
    auto found = answers.find(line);
    if (found == answers.end()) found = answers.find(r.url().href());
    if (found == answers.end()) co_return answer(404);
    co_return found->second();
  }
  void on(const std::string& line, int status, std::vector<std::pair<std::string, std::string>> fields = {},
          std::string body = "") {
    answers[line] = [=] { return answer(status, fields, body); };
  }
  void fail(const std::string& line, boost::system::error_code code) {
    answers[line] = [=]() -> http::response { throw boost::system::system_error(code, "it failed"); };
  }
  std::map<std::string, script> answers;
  std::vector<std::string> seen;
  std::vector<clock::time_point> times;
};

struct setting {
  setting() : site(std::make_shared<web>()) {}
  http::client client() const {
    http::client_options o;
    o.transport = site;
    return http::client{std::move(o)};
  }
  awaitable<external_result> check(std::string url) {
    external_checker checker{client(), options};
    co_return co_await checker.check(http::url{url});
  }
  std::shared_ptr<web> site;
  external_options options;
};

ASYNC_TEST(external_checker, asks_by_head_alone_if_that_succeeds) {
  setting s;
  s.site->on("HEAD http://a.example/x", 200);
  const auto r = co_await s.check("http://a.example/x#part");
  EXPECT_EQ(r.verdict, link_verdict::good);
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.reason, "");
  EXPECT_THAT(s.site->seen, ElementsAre("HEAD http://a.example/x"));
}

ASYNC_TEST(external_checker, repeats_whatever_failed_by_get) {
  for (const int status : {403, 404, 405, 500, 501, 503}) {
    setting s;
    s.site->on("HEAD http://a.example/x", status);
    s.site->on("GET http://a.example/x", 200);
    const auto r = co_await s.check("http://a.example/x");
    EXPECT_EQ(r.verdict, link_verdict::good) << status;
    EXPECT_THAT(s.site->seen, ElementsAre("HEAD http://a.example/x", "GET http://a.example/x"));
  }
  setting s;
  s.site->fail("HEAD http://a.example/x", make_error_code(http::errc::server_closed));
  s.site->on("GET http://a.example/x", 200);
  const auto r = co_await s.check("http://a.example/x");
  EXPECT_EQ(r.verdict, link_verdict::good);
}

ASYNC_TEST(external_checker, calls_links_broken_that_do_not_exist) {
  for (const int status : {400, 404, 405, 410, 418, 500, 502, 503, 504}) {
    setting s;
    s.site->on("http://a.example/x", status);
    const auto r = co_await s.check("http://a.example/x");
    EXPECT_EQ(r.verdict, link_verdict::broken) << status;
    EXPECT_EQ(r.cause, link_cause::status);
    EXPECT_EQ(r.status, status);
  }
  setting s;
  const auto r = co_await s.check("http://a.example/none");
  EXPECT_EQ(r.reason, "404 Not Found");
}

ASYNC_TEST(external_checker, does_not_judge_links_of_servers_that_refuse_programs) {
  for (const int status : {401, 403, 407, 429, 451, 999}) {
    setting s;
    s.site->on("http://a.example/x", status);
    const auto r = co_await s.check("http://a.example/x");
    EXPECT_EQ(r.verdict, link_verdict::not_checked) << status;
    EXPECT_EQ(r.status, status);
  }
  setting s;
  s.site->on("http://a.example/x", 503, {{"Retry-After", "120"}});
  const auto r = co_await s.check("http://a.example/x");
  EXPECT_EQ(r.verdict, link_verdict::not_checked);
}

ASYNC_TEST(external_checker, does_not_press_a_server_that_asks_for_patience) {
  setting s;
  s.site->on("http://a.example/x", 429);
  co_await s.check("http://a.example/x");
  EXPECT_THAT(s.site->seen, ElementsAre("HEAD http://a.example/x"));
}

ASYNC_TEST(external_checker, knows_challenge_pages_by_their_fields) {
  using fields = std::vector<std::pair<std::string, std::string>>;
  for (const auto& [status, f] :
       std::vector<std::pair<int, fields>>{{403, {{"cf-mitigated", "challenge"}}},
                                           {503, {{"cf-mitigated", "challenge"}}},
                                           {202, {{"x-amzn-waf-action", "challenge"}}},
                                           {200, {{"x-vercel-mitigated", "challenge"}}}}) {
    setting s;
    s.site->on("http://a.example/x", status, f);
    const auto r = co_await s.check("http://a.example/x");
    EXPECT_EQ(r.verdict, link_verdict::not_checked);
    EXPECT_EQ(r.cause, link_cause::challenge);
  }
}

ASYNC_TEST(external_checker, accepts_the_statuses_that_it_is_told) {
  setting s;
  s.options.accept = status_set::parse("200, 403,500-599").value();
  for (const int status : {200, 403, 500, 599}) {
    s.site->on("http://a.example/x", status);
    const auto r = co_await s.check("http://a.example/x");
    EXPECT_EQ(r.verdict, link_verdict::good) << status;
  }
  s.site->on("http://a.example/x", 204);
  const auto r = co_await s.check("http://a.example/x");
  EXPECT_EQ(r.verdict, link_verdict::broken);
}

ASYNC_TEST(external_checker, follows_redirects_and_names_the_last) {
  setting s;
  s.site->on("http://a.example/x", 301, {{"Location", "/y"}});
  s.site->on("http://a.example/y", 302, {{"Location", "https://b.example/z#part"}});
  s.site->on("https://b.example/z", 200);
  const auto r = co_await s.check("http://a.example/x");
  EXPECT_EQ(r.verdict, link_verdict::good);
  EXPECT_EQ(r.final_url, "https://b.example/z#part");
}

ASYNC_TEST(external_checker, says_what_is_wrong_with_redirects) {
  setting s;
  s.site->on("http://a.example/1", 301, {{"Location", "/2"}});
  s.site->on("http://a.example/2", 301, {{"Location", "/1"}});
  const auto loop = co_await s.check("http://a.example/1");
  EXPECT_EQ(loop.cause, link_cause::redirect);
  EXPECT_EQ(loop.reason, "redirect loop");
  s.site->on("http://a.example/3", 301);
  const auto nowhere = co_await s.check("http://a.example/3");
  EXPECT_EQ(nowhere.reason, "301 Moved Permanently without Location");
  EXPECT_EQ(nowhere.verdict, link_verdict::broken);
  for (int i = 0; i < 20; ++i)
    s.site->on("http://c.example/" + std::to_string(i), 302, {{"Location", "/" + std::to_string(i + 1)}});
  const auto many = co_await s.check("http://c.example/0");
  EXPECT_EQ(many.reason, "too many redirects (limit 10)");
  s.site->on("http://a.example/app", 302, {{"Location", "market://details"}});
  const auto app = co_await s.check("http://a.example/app");
  EXPECT_EQ(app.verdict, link_verdict::not_checked);
}

ASYNC_TEST(external_checker, redirect_sends_no_credentials_elsewhere) {
  setting s;
  s.site->on("http://me:pw@a.example/x", 301, {{"Location", "http://evil:x@b.example/"}});
  s.site->on("http://b.example/", 200);
  const auto r = co_await s.check("http://me:pw@a.example/x");
  EXPECT_EQ(r.verdict, link_verdict::good);
  EXPECT_EQ(r.final_url, "http://b.example/");
}

ASYNC_TEST(external_checker, tells_errors_of_the_link_from_those_of_our_side) {
  struct row {
    boost::system::error_code code;
    link_verdict verdict;
    link_cause cause;
  };
  namespace errc = boost::system::errc;
  const std::vector<row> rows{
      {make_error_code(net::errc::host_not_found), link_verdict::broken, link_cause::name_resolution},
      {make_error_code(net::errc::resolver_failed), link_verdict::not_checked, link_cause::name_resolution},
      {make_error_code(net::errc::certificate_invalid), link_verdict::broken, link_cause::tls},
      {make_error_code(errc::connection_refused), link_verdict::broken, link_cause::connection},
      {make_error_code(errc::timed_out), link_verdict::broken, link_cause::timeout},
      {make_error_code(errc::too_many_files_open), link_verdict::not_checked, link_cause::limit},
      {make_error_code(errc::network_unreachable), link_verdict::not_checked, link_cause::connection},
      {make_error_code(http::errc::head_too_large), link_verdict::not_checked, link_cause::limit},
      {make_error_code(http::errc::malformed_header), link_verdict::broken, link_cause::protocol}};
  for (const auto& row : rows) {
    setting s;
    s.site->fail("http://a.example/x", row.code);
    const auto r = co_await s.check("http://a.example/x");
    EXPECT_EQ(r.verdict, row.verdict) << row.code.message();
    EXPECT_EQ(r.cause, row.cause) << row.code.message();
    EXPECT_NE(r.reason, "");
  }
}

ASYNC_TEST(external_checker, asks_a_host_once_a_second_and_hosts_at_the_same_time) {
  setting s;
  external_checker checker{s.client(), s.options};
  std::vector<http::url> urls;
  for (int i = 0; i < 4; ++i)
    for (const auto* const host : {"a", "b"}) {
      const auto url = "http://" + std::string{host} + ".example/" + std::to_string(i);
      s.site->on("HEAD " + url, 200);
      urls.emplace_back(url);
    }
  const auto begun = clock::now();
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    for (const auto& u : urls) group.spawn([&checker, u] { return checker.check(u); }).detach();
    co_return;
  });
  EXPECT_EQ(clock::now() - begun, 3s);
  std::map<std::string, std::vector<clock::time_point>> by_host;
  for (std::size_t i = 0; i < s.site->seen.size(); ++i)
    by_host[s.site->seen[i].substr(12, 1)].push_back(s.site->times[i]);
  for (const auto& [host, times] : by_host) {
    CO_ASSERT_EQ(times.size(), 4U);
    for (std::size_t i = 1; i < times.size(); ++i) EXPECT_EQ(times[i] - times[i - 1], 1s) << host;
  }
}

ASYNC_TEST(external_checker, the_pace_counts_repetitions_and_redirects) {
  setting s;
  s.site->on("http://a.example/x", 301, {{"Location", "/y"}});
  s.site->on("HEAD http://a.example/y", 405);
  s.site->on("GET http://a.example/y", 200);
  const auto begun = clock::now();
  co_await s.check("http://a.example/x");
  EXPECT_EQ(s.site->seen.size(), 4U);
  EXPECT_EQ(clock::now() - begun, 3s);
}

ASYNC_TEST(external_checker, loopback_is_not_paced_unless_asked_for) {
  setting s;
  s.site->on("http://127.0.0.1:81/x", 301, {{"Location", "/y"}});
  s.site->on("http://127.0.0.1:81/y", 200);
  const auto begun = clock::now();
  co_await s.check("http://127.0.0.1:81/x");
  EXPECT_EQ(clock::now() - begun, 0s);
  s.options.host_delay = 5s;
  co_await s.check("http://127.0.0.1:81/x");
  EXPECT_EQ(clock::now() - begun, 5s);
}

ASYNC_TEST(external_checker, asks_for_each_url_once) {
  setting s;
  s.site->on("http://a.example/x", 200);
  external_checker checker{s.client(), s.options};
  auto both = co_await gather(checker.check(http::url{"http://a.example/x#1"}),
                              checker.check(http::url{"http://a.example/x#2"}));
  EXPECT_EQ(std::get<0>(both).verdict, link_verdict::good);
  const auto later = co_await checker.check(http::url{"http://a.example/x"});
  EXPECT_EQ(later.verdict, link_verdict::good);
  EXPECT_EQ(checker.requests(), 1U);
}

ASYNC_TEST(external_checker, does_not_ask_dead_hosts_again) {
  setting s;
  external_checker checker{s.client(), s.options};
  const auto begun = clock::now();
  for (int i = 0; i < 5; ++i) {
    const auto name = "http://nowhere.example/" + std::to_string(i);
    s.site->fail(name, make_error_code(net::errc::host_not_found));
    const auto r = co_await checker.check(http::url{name});
    EXPECT_EQ(r.cause, link_cause::name_resolution);
  }
  EXPECT_EQ(s.site->seen.size(), 1U);
  EXPECT_EQ(clock::now() - begun, 0s);
  s.site->seen.clear();
  for (int i = 0; i < 10; ++i) {
    const auto url = "http://down.example/" + std::to_string(i);
    s.site->fail(url, make_error_code(boost::system::errc::connection_refused));
    const auto r = co_await checker.check(http::url{url});
    EXPECT_EQ(r.verdict, link_verdict::broken);
  }
  EXPECT_EQ(s.site->seen.size(), 6U);
  s.site->on("HEAD http://down.example:81/", 200);
  const auto other_port = co_await checker.check(http::url{"http://down.example:81/"});
  EXPECT_EQ(other_port.verdict, link_verdict::good);
}

ASYNC_TEST(external_checker, an_answer_forgives_earlier_failures) {
  setting s;
  external_checker checker{s.client(), s.options};
  for (int i = 0; i < 20; ++i) {
    const auto url = "http://a.example/" + std::to_string(i);
    s.site->fail("HEAD " + url, make_error_code(http::errc::server_closed));
    s.site->on("GET " + url, 200);
    const auto r = co_await checker.check(http::url{url});
    EXPECT_EQ(r.verdict, link_verdict::good);
  }
}

ASYNC_TEST(external_checker, urls_beyond_the_limit_are_not_checked) {
  setting s;
  s.options.max_urls = 1;
  s.site->on("http://a.example/x", 200);
  external_checker checker{s.client(), s.options};
  co_await checker.check(http::url{"http://a.example/x"});
  const auto r = co_await checker.check(http::url{"http://a.example/y"});
  EXPECT_EQ(r.verdict, link_verdict::not_checked);
  EXPECT_EQ(r.reason, "limit of 1 URLs");
}

ASYNC_TEST(external_checker, reads_the_ids_of_a_page_by_get) {
  setting s;
  s.site->on("GET http://a.example/x", 200, {{"Content-Type", "text/html"}}, "<p id=one><a name=two>");
  s.site->on("GET http://a.example/m", 200, {{"Content-Type", "text/markdown"}}, "# Some heading\n");
  s.site->on("GET http://a.example/t", 200, {{"Content-Type", "text/plain"}}, "<p id=one>");
  external_checker checker{s.client(), s.options};
  const auto html = co_await checker.check_ids(http::url{"http://a.example/x"});
  CO_ASSERT_TRUE(html.ids);
  EXPECT_TRUE(html.ids->contains("two"));
  EXPECT_FALSE(html.ids->contains("three"));
  const auto markdown = co_await checker.check_ids(http::url{"http://a.example/m"});
  CO_ASSERT_TRUE(markdown.ids);
  EXPECT_TRUE(markdown.ids->contains("some-heading"));
  const auto text = co_await checker.check_ids(http::url{"http://a.example/t"});
  EXPECT_EQ(text.verdict, link_verdict::good);
  EXPECT_FALSE(text.ids);
}

ASYNC_TEST(external_checker, a_page_too_large_for_its_ids_is_good) {
  setting s;
  s.options.max_body = 10;
  s.site->on("GET http://a.example/x", 200, {{"Content-Type", "text/html"}}, "<p id=one><p id=two>");
  external_checker checker{s.client(), s.options};
  const auto r = co_await checker.check_ids(http::url{"http://a.example/x"});
  EXPECT_EQ(r.verdict, link_verdict::good);
  EXPECT_FALSE(r.ids);
}

TEST(status_set, is_a_list_of_statuses_and_ranges) {
  EXPECT_TRUE(status_set{}.contains(204));
  EXPECT_FALSE(status_set{}.contains(301));
  const auto some = status_set::parse("200-299, 403,429").value();
  for (const int s : {200, 299, 403, 429}) EXPECT_TRUE(some.contains(s)) << s;
  for (const int s : {199, 300, 404}) EXPECT_FALSE(some.contains(s)) << s;
  for (const auto* const bad :
       {"", ",", "200,", "20", "2000", "abc", "299-200", "200-", "-200", "099", "200 201"})
    EXPECT_FALSE(status_set::parse(bad)) << bad;
}

ASYNC_TEST(external_checker, a_page_to_choose_from_is_good) {
  setting s;
  s.site->on("http://a.example/x", 300);
  const auto r = co_await s.check("http://a.example/x");
  EXPECT_EQ(r.verdict, link_verdict::good) << "as on the site itself";
}

ASYNC_TEST(external_checker, bytes_of_a_location_stay_as_they_are) {
  setting s;
  s.site->on("http://a.example/x", 301, {{"Location", "/jos\xE9"}});
  s.site->on("http://a.example/jos%E9", 200);
  const auto r = co_await s.check("http://a.example/x");
  EXPECT_EQ(r.verdict, link_verdict::good) << r.reason;
}

ASYNC_TEST(external_checker, a_redirect_to_itself_that_sets_a_cookie_is_followed) {
  setting s;
  int asked = 0;
  s.site->answers["http://a.example/x"] = [&] {
    return ++asked == 1 ? answer(302, {{"Location", "/x"}, {"Set-Cookie", "k=1"}}) : answer(200);
  };
  const auto r = co_await s.check("http://a.example/x");
  EXPECT_EQ(r.verdict, link_verdict::good) << r.reason;
  s.site->on("http://b.example/y", 302, {{"Location", "/y"}, {"Set-Cookie", "k=1"}});
  const auto endless = co_await s.check("http://b.example/y");
  EXPECT_EQ(endless.reason, "redirect loop");
  EXPECT_LE(std::ranges::count(s.site->seen, "GET http://b.example/y"), 3);
}

ASYNC_TEST(external_checker, failures_that_may_pass_are_repeated_if_asked_for) {
  for (const int status : {408, 500, 502, 503, 504}) {
    setting s;
    int asked = 0;
    s.site->answers["http://a.example/x"] = [&] { return answer(++asked <= 3 ? status : 200); };
    const auto once = co_await s.check("http://a.example/x");
    EXPECT_EQ(once.verdict, link_verdict::broken) << status;
    asked = 0;
    s.options.max_retries = 2;
    const auto again = co_await s.check("http://a.example/x");
    EXPECT_EQ(again.verdict, link_verdict::good) << status;
    EXPECT_EQ(asked, 4);
  }
  setting s;
  s.options.max_retries = 2;
  for (const int status : {400, 404, 501}) {
    s.site->on("http://a.example/x", status);
    s.site->seen.clear();
    const auto r = co_await s.check("http://a.example/x");
    EXPECT_EQ(r.verdict, link_verdict::broken);
    EXPECT_EQ(s.site->seen.size(), 2U) << status;
  }
  s.site->fail("http://a.example/x", make_error_code(http::errc::server_closed));
  s.site->seen.clear();
  co_await s.check("http://a.example/x");
  EXPECT_EQ(s.site->seen.size(), 4U);
}

}  // namespace bight::crawl::external_checker_test
