// bight-crawl: sessions, scopes, sitemaps, configuration: what servers see of the options.
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "apps/apps.hpp"
#include "apps/session_site.hpp"
#include "support/certificates.hpp"

namespace bight::test::crawl_session_test {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

using visit = session_site::visit;

std::string link(const std::string& to) { return "<a href='" + to + "'>x</a>"; }

std::string header(const visit& v, std::string_view name) {
  return std::string{v.headers.get(name).value_or("(none)")};
}

// The URLs in the output, without what is in front of the path.
std::vector<std::string> written(const program_result& r) {
  std::vector<std::string> out;
  for (const auto& o : json_lines(r.out)) out.push_back(text_of(o, "url"));
  return out;
}

std::string read_file(const std::string& name) {
  std::ifstream in{name};
  return {std::istreambuf_iterator<char>{in}, {}};
}

// ---- session -----------------------------------------------------------------------------------

TEST(crawl_session, headers_and_passwords_go_to_the_hosts_of_the_start_urls_only) {
  session_site site{[](const visit& v) {
    return html_answer(v.path == "/" ? link("/a") + link("http://other.test:" + header(v, "Host").substr(10))
                                     : "x");
  }};
  const auto r = crawl({site.url("/"), "--scope", "any", "-H", "X-Test: 1", "--user", "me:secret",
                        "--resolve", "other.test:" + site.port() + ":127.0.0.1"});
  EXPECT_EQ(r.status, 0) << r.err;
  const auto all = site.visits();
  ASSERT_THAT(all, SizeIs(4));
  for (const auto& v : all) {
    const bool own = header(v, "Host").starts_with("127.0.0.1");
    EXPECT_EQ(header(v, "X-Test"), own ? "1" : "(none)") << header(v, "Host");
    EXPECT_EQ(header(v, "Authorization"), own ? "Basic bWU6c2VjcmV0" : "(none)") << header(v, "Host");
  }
}

TEST(crawl_session, cookies_are_returned_to_the_site_that_set_them_and_kept_in_the_jar) {
  session_site site{[](const visit& v) {
    auto response = html_answer(v.path == "/" ? link("/a") : "x");
    if (v.path == "/") response.headers().set("Set-Cookie", "id=7; Max-Age=1000");
    return response;
  }};
  const scratch_folder folder;
  const auto jar = folder.file("jar");
  EXPECT_EQ(crawl({site.url(), "--cookie-jar", jar}).status, 0);
  ASSERT_THAT(site.visits(), SizeIs(2));
  EXPECT_EQ(header(site.visits()[0], "Cookie"), "(none)");
  EXPECT_EQ(header(site.visits()[1], "Cookie"), "id=7");
  EXPECT_THAT(read_file(jar), HasSubstr("id\t7"));
  EXPECT_EQ(crawl({site.url(), "--cookie-jar", jar, "--depth", "0"}).status, 0);
  EXPECT_EQ(header(site.visits()[2], "Cookie"), "id=7");
  EXPECT_EQ(crawl({site.url(), "--no-cookies"}).status, 0);
  EXPECT_EQ(header(site.visits()[4], "Cookie"), "(none)");
}

TEST(crawl_session, netrc_resolve_and_ca_file_work_as_in_bight_get) {
  if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  auto& all = certificates::instance();
  const auto cert = all.good();
  net::tls_server_options options;
  options.certificate_file = cert.file;
  options.key_file = cert.key;
  session_site site{[](const visit&) { return html_answer("x"); }, net::tls_server_context{options}};
  const scratch_folder folder;
  const auto file = folder.file("netrc");
  std::ofstream{file} << "machine localhost login me password secret\n";
  const auto url = site.url("/", "localhost");
  EXPECT_EQ(crawl({url, "--retries", "0"}).status, 1);
  EXPECT_EQ(crawl({url, "--insecure"}).status, 0);
  EXPECT_EQ(crawl({url, "--ca-file", all.authority(), "--netrc-file", file}).status, 0);
  EXPECT_EQ(header(site.visits().back(), "Authorization"), "Basic bWU6c2VjcmV0");
}

// ---- what is crawled ---------------------------------------------------------------------------

TEST(crawl_session, start_urls_need_no_scheme_and_come_from_files_and_stdin) {
  session_site site{[](const visit& v) { return html_answer(v.path); }};
  EXPECT_EQ(crawl({"127.0.0.1:" + site.port() + "/bare"}).status, 0);
  EXPECT_THAT(site.paths(), ElementsAre("/bare"));
  const scratch_folder folder;
  const auto list = folder.file("list");
  std::ofstream{list} << "# start\n\n " << site.url("/1") << " \r\n127.0.0.1:" << site.port() << "/2\n";
  EXPECT_EQ(crawl({"-i", list}).status, 0);
  EXPECT_THAT(site.paths(), UnorderedElementsAre("/bare", "/1", "/2"));
  const auto piped = run({"sh", "-c", "echo " + site.url("/3") + " | " BIGHT_CRAWL_PROGRAM " -i -"});
  EXPECT_EQ(piped.status, 0) << piped.err;
  EXPECT_THAT(site.paths(), Contains("/3"));
  std::ofstream{list} << site.url("/1") << "\nftp://x/\n";
  const auto wrong = crawl({"-i", list});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("line 2"));
  EXPECT_THAT(wrong.err, HasSubstr("ftp://x/"));
}

TEST(crawl_session, the_scope_takes_subdomains_or_a_list_of_hosts) {
  session_site site{[](const visit& v) {
    std::string all;
    const auto port = header(v, "Host").substr(header(v, "Host").rfind(':'));
    if (v.path == "/")
      for (const auto* const host :
           {"site.test", "www.site.test", "a.b.site.test", "notsite.test", "other.test"})
        all += link("http://" + std::string{host} + port + "/x");
    return html_answer(all + "x");
  }};
  std::vector<std::string> known;
  for (const auto* const host :
       {"site.test", "www.site.test", "a.b.site.test", "notsite.test", "other.test"}) {
    known.push_back("--resolve");
    known.push_back(std::string{host} + ":" + site.port() + ":127.0.0.1");
  }
  const auto hosts = [&](std::vector<std::string> options) {
    const auto before = site.visits().size();
    options.insert(options.end(), known.begin(), known.end());
    options.push_back(site.url("/", "site.test"));
    const auto r = crawl(options);
    EXPECT_EQ(r.status, 0) << r.err;
    std::vector<std::string> out;
    const auto all = site.visits();
    for (auto i = before; i < all.size(); ++i)
      if (all[i].path == "/x")
        out.push_back(header(all[i], "Host").substr(0, header(all[i], "Host").rfind(':')));
    return out;
  };
  EXPECT_THAT(hosts({}), ElementsAre("site.test"));
  EXPECT_THAT(hosts({"--scope", "subdomains"}),
              UnorderedElementsAre("site.test", "www.site.test", "a.b.site.test"));
  EXPECT_THAT(hosts({"--host", "other.test"}), UnorderedElementsAre("site.test", "other.test"));
  EXPECT_THAT(hosts({"--scope", "hosts", "--host", "*.b.site.test", "--host", "notsite.test"}),
              UnorderedElementsAre("a.b.site.test", "notsite.test"));
  EXPECT_THAT(hosts({"--scope", "any"}), SizeIs(5));
}

TEST(crawl_session, include_is_what_is_written_and_follow_what_is_walked) {
  session_site site{[](const visit& v) {
    return html_answer(v.path == "/"        ? link("/docs/") + link("/blog/")
                       : v.path == "/docs/" ? link("/docs/a.pdf")
                                            : "x");
  }};
  const auto kept = crawl({site.url(), "--output", "-", "--quiet", "--include", "\\.pdf$"});
  EXPECT_THAT(written(kept), ElementsAre(site.url("/docs/a.pdf")));
  EXPECT_THAT(site.visits(), SizeIs(4));
  const auto walked = crawl({site.url(), "--output", "-", "--quiet", "--follow", "/docs/"});
  EXPECT_THAT(written(walked),
              UnorderedElementsAre(site.url("/"), site.url("/docs/"), site.url("/docs/a.pdf")));
}

TEST(crawl_session, sitemaps_come_from_robots_txt_and_by_option) {
  session_site site{[](const visit& v) {
    if (v.path == "/robots.txt") return http::server_response{200, "Sitemap: /one.xml\n"};
    if (v.path == "/one.xml")
      return http::server_response{
          200, "<urlset><url><loc>/hidden</loc></url><url><loc>http://other.test/</loc></url></urlset>"};
    if (v.path == "/two.txt") return http::server_response{200, "http://" + header(v, "Host") + "/listed\n"};
    return html_answer("x");
  }};
  EXPECT_EQ(crawl({site.url(), "--sitemaps"}).status, 0);
  EXPECT_THAT(site.paths(), UnorderedElementsAre("/", "/one.xml", "/hidden"));
  const auto r = crawl({"--sitemap", site.url("/two.txt")});
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_THAT(site.paths(), Contains("/listed"));
  const auto missing = crawl({site.url(), "--sitemap", site.url("/x.xml"), "--quiet"});
  EXPECT_THAT(missing.err, HasSubstr("sitemap " + site.url("/x.xml")));
}

// ---- limits ------------------------------------------------------------------------------------

TEST(crawl_session, rate_bounds_the_requests_to_all_hosts) {
  session_site site{[](const visit& v) {
    std::string all;
    for (int i = 0; v.path == "/" && i != 10; ++i) all += link("/" + std::to_string(i));
    return html_answer(all + "x");
  }};
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(crawl({site.url(), "--rate", "20"}).status, 0);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds{450});
  EXPECT_THAT(site.visits(), SizeIs(11));
}

TEST(crawl_session, rate_counts_robots_sitemaps_and_links_to_other_sites) {
  session_site other{[](const visit&) { return html_answer("x"); }};
  session_site site{[&](const visit& v) {
    if (v.path == "/robots.txt") return http::server_response{200, "Sitemap: /1.txt\nSitemap: /2.txt\n"};
    if (v.path.ends_with(".txt")) return http::server_response{200, "http://127.0.0.1/nowhere\n"};
    std::string all;
    for (int i = 0; i != 5; ++i) all += link(other.url("/" + std::to_string(i), "localhost"));
    return html_answer(all);
  }};
  const auto begun = std::chrono::steady_clock::now();
  const auto r = crawl({site.url(), "--sitemaps", "--check-external", "--rate", "20", "--timeout", "200ms"});
  EXPECT_EQ(r.status, 0) << r.err << r.out;
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds{450}) << "ten requests";
  EXPECT_THAT(other.visits(), SizeIs(5));
}

TEST(crawl_session, other_sites_get_their_own_cookies_back) {
  session_site other{[](const visit& v) {
    if (header(v, "Cookie") == "k=1") return html_answer("x");
    http::server_response moved{302, ""};
    moved.headers().set("Location", v.path);
    moved.headers().set("Set-Cookie", "k=1");
    return moved;
  }};
  session_site site{[&](const visit&) {
    auto page = html_answer(link(other.url("/wall", "localhost")));
    page.headers().set("Set-Cookie", "own=1");
    return page;
  }};
  const auto r = crawl({"--check", site.url()});
  EXPECT_EQ(r.status, 0) << r.out;
  for (const auto& v : other.visits()) EXPECT_THAT(header(v, "Cookie"), Not(HasSubstr("own")));
  EXPECT_EQ(crawl({"--check", "--no-cookies", site.url()}).status, 3);
}

TEST(crawl_session, time_and_bytes_end_it_with_a_report) {
  session_site site{
      [](const visit& v) { return html_answer(link(v.path + "x") + std::string(10'000, ' ')); }};
  const auto bytes = crawl({site.url(), "--max-bytes", "50k"});
  EXPECT_EQ(bytes.status, 0) << bytes.err;
  EXPECT_THAT(bytes.out, HasSubstr("incomplete"));
  const auto time = crawl({site.url(), "--max-time", "200ms"});
  EXPECT_EQ(time.status, 0) << time.err;
  EXPECT_THAT(time.out, HasSubstr("incomplete"));
}

TEST(crawl_session, while_nothing_moves_the_live_line_says_why_and_for_how_long) {
  session_site site{[](const visit& v) {
    if (v.path == "/robots.txt") return http::server_response{200, "User-agent: *\nCrawl-delay: 1\n"};
    return html_answer(v.path == "/" ? link("/a") : "x");
  }};
  program_options wide;
  wide.terminal_columns = 120;
  const auto r = crawl({site.url()}, wide);
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_THAT(r.err, HasSubstr("waiting "));
  EXPECT_THAT(r.err, HasSubstr(" s for http://127.0.0.1:" + site.port() + ": Crawl-delay"));
}

// ---- configuration -----------------------------------------------------------------------------

TEST(crawl_config, print_config_prints_what_config_reads) {
  session_site site{
      [](const visit& v) { return html_answer(v.path == "/" ? link("/a") + link("/b") : "x"); }};
  const auto printed = crawl({site.url(), "--depth", "3", "--exclude", "/b", "--exclude", "\\.zip$", "-H",
                              "X-Test: 1", "--fail-on-broken", "--delay", "1ms", "--print-config"});
  EXPECT_EQ(printed.status, 0) << printed.err;
  EXPECT_THAT(printed.out, HasSubstr("depth=3"));
  EXPECT_THAT(site.visits(), IsEmpty());
  const scratch_folder folder;
  const auto file = folder.file("crawl.toml");
  std::ofstream{file} << printed.out;
  const auto r = crawl({"--config", file});
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_THAT(site.paths(), ElementsAre("/", "/a"));
  EXPECT_EQ(header(site.visits()[0], "X-Test"), "1");
  EXPECT_EQ(crawl({"--config", file, "--print-config"}).out, printed.out);
}

TEST(crawl_config, what_the_file_cannot_hold_is_said) {
  const auto r = crawl({"http://h/", "--exclude", "'x'", "--print-config"});
  EXPECT_EQ(r.status, 2);
  EXPECT_THAT(r.err, HasSubstr("'x'"));
}

TEST(crawl_config, an_unknown_key_is_an_error_with_a_suggestion) {
  const scratch_folder folder;
  const auto file = folder.file("crawl.toml");
  std::ofstream{file} << "dpeth = 3\n";
  const auto r = crawl({"--config", file, "http://127.0.0.1:1/"});
  EXPECT_EQ(r.status, 2);
  EXPECT_THAT(r.err, HasSubstr("unknown option 'dpeth' in the configuration file; did you mean 'depth'?"));
  const auto missing = crawl({"--config", folder.file("none"), "http://127.0.0.1:1/"});
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.err, HasSubstr("none"));
}

TEST(crawl_config, help_shows_groups_and_defaults_in_words) {
  const auto r = crawl({"--help"});
  for (const auto* const text : {"What is crawled:", "Limits:", "Pace:", "Session", "Connection:", "Output:",
                                 "Configuration:", "(default: unlimited)", "(default: 16)"})
    EXPECT_THAT(r.out, HasSubstr(text));
  EXPECT_THAT(r.out, Not(HasSubstr("UINT")));
  EXPECT_THAT(r.out, Not(HasSubstr("Option Group")));
  const auto depth = crawl({"--depth", "-1", "http://127.0.0.1:1/"});
  EXPECT_THAT(depth.err, HasSubstr("--depth: '-1' is not a whole number from 0 to 4294967295"));
  const auto typo = crawl({"--max-page", "3", "http://127.0.0.1:1/"});
  EXPECT_THAT(typo.err, HasSubstr("unknown option --max-page; did you mean --max-pages?"));
}

}  // namespace bight::test::crawl_session_test
