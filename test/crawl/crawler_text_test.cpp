// crawler: the charset of pages, links in headers, and the tree of a page.
#include <bight/crawl/crawler.hpp>

#include <bight/testing/async_test.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/crawl_run.hpp"
#include "support/web_site.hpp"

namespace bight::crawl::crawler_text_test {

using test::crawl_run;
using test::web_site;
using ::testing::ElementsAre;
using ::testing::SizeIs;

std::string utf16(std::string_view ascii) {
  std::string out = "\xff\xfe";
  for (const char c : ascii) out += {c, '\0'};
  return out;
}

void with_header(web_site& site, const std::string& path, const std::string& name, const std::string& value,
                 const std::string& type = "text/html", const std::string& body = "x") {
  site.add(path, [=](http::server_request&) -> awaitable<http::server_response> {
    http::server_response r{200, body};
    r.headers().set("Content-Type", type);
    r.headers().append(name, value);
    co_return r;
  });
}

ASYNC_TEST(crawler_text, links_are_resolved_in_the_charset_of_the_page) {
  web_site site;
  site.file("/", "text/html; charset=gb2312", "<a href='\xd6\xd0?q=\xd6\xd0'>x</a>");
  site.page("/%E4%B8%AD", "x");
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/", "/%E4%B8%AD?q=%D6%D0"));
  EXPECT_EQ(run.at(site.url()).charset, "gb2312");
  EXPECT_EQ(run.at(site.url("/%E4%B8%AD?q=%D6%D0")).charset, "utf-8");
}

ASYNC_TEST(crawler_text, bytes_that_are_not_utf_8_stay_what_they_are) {
  web_site site;
  site.page("/", "<a href='/jos\xe9'>x</a>");
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/", "/jos%E9"));
}

ASYNC_TEST(crawler_text, links_of_a_decoded_page_have_their_lines_and_texts) {
  web_site site;
  site.file("/", "text/html", utf16("<p>one</p>\n<p>two</p>\n<a href=/a>to a</a>"));
  site.file("/a", "text/html; charset=windows-1251", "\n<a href=/b>\xcf</a>");
  site.page("/b", "\n\n<a href=/a>b</a>");
  crawl_run run;
  run.options.keep_links = true;
  co_await run.from(site.url());
  const auto& first = run.at(site.url()).links;
  CO_ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].line, 3U);
  EXPECT_EQ(first[0].text, "to a");
  const auto& second = run.at(site.url("/a")).links;
  CO_ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].line, 2U);
  EXPECT_EQ(second[0].text, "\xd0\x9f");
  CO_ASSERT_THAT(run.at(site.url("/b")).links, SizeIs(1));
  EXPECT_EQ(run.at(site.url("/b")).links[0].line, 3U);
}

ASYNC_TEST(crawler_text, link_and_refresh_headers_lead_on_from_documents_and_other_files) {
  web_site site;
  with_header(site, "/", "Link", "</next>; rel=next, </style.css>; rel=stylesheet; nofollow");
  with_header(site, "/next", "Refresh", "5; url=/later");
  with_header(site, "/later", "Link", "</canonical>; rel=canonical", "application/pdf", "%PDF");
  site.page("/canonical", "x");
  site.file("/style.css", "text/css", "");
  crawl_run run;
  run.options.keep_links = true;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/", "/canonical", "/later", "/next", "/style.css"));
  CO_ASSERT_THAT(run.at(site.url("/later")).links, SizeIs(1));
  EXPECT_EQ(run.at(site.url("/later")).links[0].kind, link_kind::canonical);
  EXPECT_EQ(run.at(site.url("/later")).links[0].line, 0U);
}

ASYNC_TEST(crawler_text, x_robots_tag_holds_for_links_in_headers_too) {
  web_site site;
  site.add("/", [](http::server_request&) -> awaitable<http::server_response> {
    http::server_response r{200, "<a href=/a>x</a>"};
    r.headers().set("Content-Type", "text/html");
    r.headers().set("Link", "</b>; rel=next");
    r.headers().set("X-Robots-Tag", "nofollow");
    co_return r;
  });
  crawl_run run;
  co_await run.from(site.url());
  EXPECT_THAT(site.paths(), ElementsAre("/"));
}

ASYNC_TEST(crawler_text, selectors_see_the_page_as_utf_8) {
  web_site site;
  site.file("/dir/", "text/html; charset=gb2312", "<base href=/other/><p id=x>\xd6\xd0</p><p>2</p>");
  crawl_options options;
  options.keep_body = true;
  crawler c{options};
  std::vector<std::string> texts;
  std::string resolved;
  c.on_page([&](const page& p) {
    for (const auto& e : p.select("p")) texts.push_back(e.text());
    EXPECT_EQ(p.select_one("#x")->name(), "p");
    EXPECT_FALSE(p.select_one("#y"));
    EXPECT_THROW(static_cast<void>(p.select("::text")), selector_error);
    resolved = p.resolve("\xe4\xb8\xad?\xe4\xb8\xad").href();
  });
  std::vector<http::url> seeds{http::url{site.url("/dir/")}};
  co_await c.run(std::move(seeds));
  EXPECT_THAT(texts, ElementsAre("\xe4\xb8\xad", "2"));
  EXPECT_EQ(resolved, site.url("/other/%E4%B8%AD?%D6%D0"));
}

ASYNC_TEST(crawler_text, without_a_body_there_is_nothing_to_select) {
  web_site site;
  site.page("/", "<p>x");
  crawler c;
  std::size_t found = 1;
  c.on_page([&](const page& p) { found = p.select("p").size(); });
  std::vector<http::url> seeds{http::url{site.url()}};
  co_await c.run(std::move(seeds));
  EXPECT_EQ(found, 0U);
}

}  // namespace bight::crawl::crawler_text_test
