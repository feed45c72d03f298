// cookie_jar: the rules of RFC 6265bis, one by one, limits, and files.
#include <bight/http/cookie_jar.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <bight/core/sleep.hpp>
#include <bight/fs/read_file.hpp>
#include <bight/fs/temporary.hpp>
#include <bight/fs/write_file.hpp>
#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace bight::http::cookie_jar_test {

using namespace std::chrono_literals;
using boost::system::system_error;

const url site{"https://www.example.com/docs/page.html"};
const url plain{"http://www.example.com/docs/page.html"};

std::string sent(const cookie_jar& jar, std::string_view where) { return jar.cookie_header(url{where}); }

// What a cookie that `from` sets looks like in a request to `to`.
std::string carried(std::string_view from, std::string_view set_cookie, std::string_view to) {
  cookie_jar jar;
  jar.store(url{from}, set_cookie);
  return sent(jar, to);
}

TEST(cookie_jar, is_empty_at_first) {
  const cookie_jar jar;
  EXPECT_TRUE(jar.empty());
  EXPECT_EQ(jar.size(), 0U);
  EXPECT_EQ(jar.cookie_header(site), "");
  EXPECT_TRUE(jar.all().empty());
  EXPECT_FALSE(jar.get(site, "a"));
}

TEST(cookie_jar, returns_what_a_server_set) {
  cookie_jar jar;
  EXPECT_TRUE(jar.store(site, "id=42; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60"));
  EXPECT_EQ(jar.cookie_header(site), "id=42");
  const auto found = jar.get(site, "id").value();
  EXPECT_EQ(found.value, "42");
  EXPECT_EQ(found.domain, "www.example.com");
  EXPECT_EQ(found.path, "/");
  EXPECT_TRUE(found.secure && found.http_only && found.host_only);
  EXPECT_EQ(found.same_site, same_site::lax);
  EXPECT_GT(found.expires, wall_clock::now());
  EXPECT_FALSE(jar.get(site, "ID")) << "names are case-sensitive";
}

TEST(cookie_jar, stores_all_set_cookie_fields_of_a_response) {
  cookie_jar jar;
  headers fields{
      {"Set-Cookie", "a=1"}, {"Content-Type", "text/plain"}, {"set-cookie", "b=2"}, {"Set-Cookie", "="}};
  EXPECT_EQ(jar.store(site, fields), 2U);
  EXPECT_EQ(jar.cookie_header(site), "a=1; b=2");
  EXPECT_EQ(jar.store(site, headers{}), 0U);
}

TEST(cookie_jar, copies_share_one_jar) {
  cookie_jar jar;
  const cookie_jar other = jar;
  jar.store(site, "a=1");
  EXPECT_EQ(other.size(), 1U);
}

TEST(cookie_jar, a_cookie_without_a_domain_is_for_its_host_alone) {
  EXPECT_EQ(carried("https://example.com/", "a=1", "https://example.com/"), "a=1");
  EXPECT_EQ(carried("https://example.com/", "a=1", "https://www.example.com/"), "");
  EXPECT_EQ(carried("https://example.com/", "a=1; Domain=", "https://www.example.com/"), "");
  EXPECT_EQ(carried("https://example.com/", "a=1", "https://EXAMPLE.com:444/"), "a=1")
      << "ports do not matter";
}

TEST(cookie_jar, a_domain_includes_its_subdomains) {
  for (const char* domain : {"example.com", ".example.com", "Example.COM"}) {
    const std::string field = std::string{"a=1; Domain="} + domain;
    EXPECT_EQ(carried("https://www.example.com/", field, "https://www.example.com/"), "a=1") << domain;
    EXPECT_EQ(carried("https://www.example.com/", field, "https://example.com/"), "a=1") << domain;
    EXPECT_EQ(carried("https://www.example.com/", field, "https://a.b.example.com/"), "a=1") << domain;
    EXPECT_EQ(carried("https://www.example.com/", field, "https://badexample.com/"), "") << domain;
    EXPECT_EQ(carried("https://www.example.com/", field, "https://example.com.evil.org/"), "") << domain;
  }
}

TEST(cookie_jar, a_host_cannot_set_cookies_for_other_domains) {
  cookie_jar jar;
  EXPECT_FALSE(jar.store(site, "a=1; Domain=example.org"));
  EXPECT_FALSE(jar.store(site, "a=1; Domain=sub.www.example.com")) << "below itself";
  EXPECT_FALSE(jar.store(site, "a=1; Domain=ample.com"));
  EXPECT_FALSE(jar.store(site, "a=1; Domain=other.example.com"));
  EXPECT_TRUE(jar.empty());
}

TEST(cookie_jar, only_hosts_with_names_and_addresses_set_cookies) {
  for (const char* where : {"https://.example.com/", "file:///etc/hosts", "data:,x", "redis://cache/"})
    EXPECT_FALSE(cookie_jar().store(url{where}, "a=1")) << where;
}

TEST(cookie_jar, public_suffixes_are_no_domains) {
  EXPECT_FALSE(cookie_jar().store(url{"https://www.example.co.uk/"}, "a=1; Domain=co.uk"));
  EXPECT_FALSE(cookie_jar().store(url{"https://example.com/"}, "a=1; Domain=com"));
  EXPECT_FALSE(cookie_jar().store(url{"https://me.github.io/"}, "a=1; Domain=github.io"));
  EXPECT_FALSE(cookie_jar().store(url{"https://a.unknown-tld/"}, "a=1; Domain=unknown-tld"));
  EXPECT_TRUE(cookie_jar().store(url{"https://www.example.co.uk/"}, "a=1; Domain=example.co.uk"));
}

TEST(cookie_jar, a_public_suffix_may_set_cookies_for_itself_alone) {
  EXPECT_EQ(carried("https://github.io/", "a=1; Domain=github.io", "https://github.io/"), "a=1");
  EXPECT_EQ(carried("https://github.io/", "a=1; Domain=github.io", "https://me.github.io/"), "");
  EXPECT_EQ(carried("http://localhost/", "a=1; Domain=localhost", "http://localhost/"), "a=1");
}

TEST(cookie_jar, a_final_dot_does_not_hide_a_public_suffix) {
  EXPECT_FALSE(cookie_jar().store(url{"https://example.com./"}, "a=1; Domain=com."));
  EXPECT_FALSE(cookie_jar().store(url{"https://example.com./"}, "a=1; Domain=example.com."));
  EXPECT_EQ(carried("https://example.com./", "a=1", "https://example.com/"), "");
  EXPECT_EQ(carried("https://example.com/", "a=1; Domain=example.com", "https://example.com./"), "");
}

TEST(cookie_jar, addresses_match_exactly) {
  EXPECT_EQ(carried("http://127.0.0.1/", "a=1; Domain=127.0.0.1", "http://127.0.0.1/"), "a=1");
  EXPECT_EQ(carried("http://127.0.0.1/", "a=1", "http://0x7f.1/"), "a=1") << "another spelling";
  EXPECT_FALSE(cookie_jar().store(url{"http://127.0.0.1/"}, "a=1; Domain=0.0.1"));
  EXPECT_FALSE(cookie_jar().store(url{"http://1.127.0.0/"}, "a=1; Domain=127.0.0"));
  EXPECT_EQ(carried("http://[::1]/", "a=1", "http://[0::1]/"), "a=1");
  EXPECT_EQ(carried("http://[::1]/", "a=1", "http://[::2]/"), "");
}

TEST(cookie_jar, international_names_are_compared_as_punycode) {
  EXPECT_EQ(carried("https://b\xc3\xbc"
                    "cher.example/",
                    "a=1", "https://xn--bcher-kva.example/"),
            "a=1");
  EXPECT_FALSE(cookie_jar().store(url{"https://xn--bcher-kva.example/"},
                                  "a=1; Domain=b\xc3\xbc"
                                  "cher.example"));
}

TEST(cookie_jar, secure_cookies_are_set_and_sent_over_tls_only) {
  EXPECT_FALSE(cookie_jar().store(plain, "a=1; Secure"));
  EXPECT_EQ(carried("https://example.com/", "a=1; Secure", "http://example.com/"), "");
  EXPECT_EQ(carried("https://example.com/", "a=1; Secure", "wss://example.com/"), "a=1");
  EXPECT_EQ(carried("http://example.com/", "a=1", "https://example.com/"), "a=1");
}

TEST(cookie_jar, secure_cookies_are_not_overwritten_without_tls) {
  cookie_jar jar;
  jar.store(site, "id=safe; Secure; Path=/docs");
  EXPECT_FALSE(jar.store(plain, "id=evil; Path=/docs"));
  EXPECT_FALSE(jar.store(plain, "id=evil; Path=/docs/deeper")) << "it would be sent in front";
  EXPECT_FALSE(jar.store(plain, "id=evil; Path=/docs; Domain=example.com")) << "it would be sent too";
  EXPECT_FALSE(jar.store(url{"http://x.www.example.com/"}, "id=evil; Path=/docs; Domain=www.example.com"));
  EXPECT_FALSE(jar.store(plain, "id=; Path=/docs; Max-Age=0")) << "nor removed";
  EXPECT_TRUE(jar.store(plain, "id=other; Path=/")) << "the path of the secure one does not match";
  EXPECT_TRUE(jar.store(plain, "id2=other; Path=/docs"));
  EXPECT_TRUE(jar.store(site, "id=new; Path=/docs")) << "over TLS";
}

TEST(cookie_jar, prefix_secure_needs_the_attribute) {
  EXPECT_TRUE(cookie_jar().store(site, "__Secure-id=1; Secure"));
  EXPECT_FALSE(cookie_jar().store(site, "__Secure-id=1"));
  EXPECT_FALSE(cookie_jar().store(site, "__SECURE-id=1")) << "browsers ignore case";
  EXPECT_FALSE(cookie_jar().store(plain, "__Secure-id=1; Secure"));
}

TEST(cookie_jar, prefix_host_needs_secure_no_domain_and_the_root_as_path) {
  EXPECT_TRUE(cookie_jar().store(site, "__Host-id=1; Secure; Path=/"));
  EXPECT_FALSE(cookie_jar().store(site, "__Host-id=1; Path=/"));
  EXPECT_FALSE(cookie_jar().store(site, "__Host-id=1; Secure"));
  EXPECT_FALSE(cookie_jar().store(site, "__Host-id=1; Secure; Path=/docs"));
  EXPECT_FALSE(cookie_jar().store(site, "__Host-id=1; Secure; Path=/; Domain=www.example.com"));
  EXPECT_FALSE(cookie_jar().store(url{"https://www.example.com/"}, "__host-id=1; Secure"))
      << "the default path does not count";
}

TEST(cookie_jar, prefixes_in_the_value_of_a_nameless_cookie_are_refused) {
  EXPECT_FALSE(cookie_jar().store(site, "=__Host-id=1; Secure; Path=/"));
  EXPECT_FALSE(cookie_jar().store(site, "__Secure-id; Secure"));
}

TEST(cookie_jar, same_site_none_needs_secure) {
  EXPECT_FALSE(cookie_jar().store(site, "a=1; SameSite=None"));
  EXPECT_TRUE(cookie_jar().store(site, "a=1; SameSite=None; Secure"));
  cookie_jar jar;
  jar.store(site, "a=1; SameSite=Strict");
  jar.store(site, "b=1; SameSite=nonsense");
  EXPECT_EQ(jar.get(site, "a")->same_site, same_site::strict);
  EXPECT_EQ(jar.get(site, "b")->same_site, same_site::unset);
}

TEST(cookie_jar, default_path_is_the_folder_of_the_request) {
  const auto path_of = [](std::string_view where) {
    cookie_jar jar;
    jar.store(url{where}, "a=1");
    return jar.all().at(0).path;
  };
  EXPECT_EQ(path_of("https://example.com"), "/");
  EXPECT_EQ(path_of("https://example.com/page"), "/");
  EXPECT_EQ(path_of("https://example.com/docs/page?x=/y/"), "/docs");
  EXPECT_EQ(path_of("https://example.com/docs/"), "/docs");
  EXPECT_EQ(path_of("https://example.com/a;b/c"), "/a;b");
  cookie_jar jar;
  jar.store(site, "a=1; Path=relative");
  EXPECT_EQ(jar.all().at(0).path, "/docs") << "a path without a slash counts for nothing";
}

TEST(cookie_jar, paths_match_at_slashes) {
  const auto for_path = [](std::string_view path) {
    return carried("https://example.com/docs/x", "a=1; Path=/docs",
                   "https://example.com" + std::string{path});
  };
  EXPECT_EQ(for_path("/docs"), "a=1");
  EXPECT_EQ(for_path("/docs/"), "a=1");
  EXPECT_EQ(for_path("/docs/sub/page"), "a=1");
  EXPECT_EQ(for_path("/docsearch"), "");
  EXPECT_EQ(for_path("/"), "");
  EXPECT_EQ(for_path("/DOCS"), "");
  EXPECT_EQ(carried("https://example.com/", "a=1; Path=/docs/", "https://example.com/docs"), "");
}

TEST(cookie_jar, longer_paths_come_first_then_older_cookies) {
  cookie_jar jar;
  jar.store(site, "first=1; Path=/");
  jar.store(site, "deep=1; Path=/docs");
  jar.store(site, "second=1; Path=/; Domain=example.com");
  jar.store(site, "first=changed; Path=/");
  EXPECT_EQ(jar.cookie_header(site), "deep=1; first=changed; second=1") << "a new value keeps the place";
}

TEST(cookie_jar, name_domain_and_path_make_a_cookie) {
  cookie_jar jar;
  for (const char* field : {"a=1", "a=2; Path=/", "a=3; Domain=www.example.com", "a=4"})
    jar.store(site, field);
  EXPECT_EQ(jar.size(), 3U);
  EXPECT_EQ(jar.cookie_header(site), "a=4; a=3; a=2");
}

TEST(cookie_jar, cookies_without_a_name) {
  EXPECT_EQ(carried("https://example.com/", "just-a-value", "https://example.com/"), "just-a-value");
  EXPECT_EQ(carried("https://example.com/", "=value", "https://example.com/"), "value");
  EXPECT_EQ(carried("https://example.com/", "name=", "https://example.com/"), "name=");
  EXPECT_FALSE(cookie_jar().store(site, ""));
  EXPECT_FALSE(cookie_jar().store(site, "; Secure"));
  EXPECT_FALSE(cookie_jar().store(site, " = ; Secure"));
}

TEST(cookie_jar, values_are_kept_as_they_are) {
  const auto value = [](std::string_view field) {
    return carried("https://example.com/", field, "https://example.com/");
  };
  EXPECT_EQ(value("a=\"quoted, text\""), "a=\"quoted, text\"");
  EXPECT_EQ(value(" a \t=  x y \t; Path=/"), "a=x y");
  EXPECT_EQ(value("a=b=c"), "a=b=c");
  EXPECT_EQ(value("a=\xc3\xbc"), "a=\xc3\xbc");
}

TEST(cookie_jar, control_characters_are_refused) {
  for (const char c : {'\0', '\x01', '\n', '\r', '\x1f', '\x7f'}) {
    EXPECT_FALSE(cookie_jar().store(site, std::string{"a=1"} + c + "2"));
    EXPECT_FALSE(cookie_jar().store(site, std::string{"a=1; Path=/"} + c));
  }
  EXPECT_TRUE(cookie_jar().store(site, "a=1\t2"));
  EXPECT_FALSE(cookie_jar().store(site, "a\tb=1"));
  EXPECT_FALSE(cookie_jar().store(site, "a=1; Path=/x\ty"));
}

ASYNC_TEST(cookie_jar, max_age_wins_over_expires) {
  cookie_jar jar;
  jar.store(site, "a=1; Max-Age=10; Expires=Wed, 09 Jun 2100 10:18:14 GMT");
  jar.store(site, "b=1; Expires=Wed, 09 Jun 1999 10:18:14 GMT; Max-Age=20");
  jar.store(site, "c=1; Max-Age=abc");
  EXPECT_EQ(jar.cookie_header(site), "a=1; b=1; c=1");
  co_await sleep(10s);
  EXPECT_EQ(jar.cookie_header(site), "b=1; c=1");
  EXPECT_EQ(jar.size(), 3U);
  EXPECT_EQ(jar.all().size(), 2U);
  EXPECT_EQ(jar.expire(), 1U);
  EXPECT_EQ(jar.size(), 2U);
  EXPECT_EQ(jar.end_session(), 1U);
  EXPECT_EQ(jar.cookie_header(site), "b=1");
}

ASYNC_TEST(cookie_jar, an_expiry_date_in_the_past_removes_a_cookie) {
  cookie_jar jar;
  for (const char* ending : {"Max-Age=0", "Max-Age=-5", "Expires=Thu, 01 Jan 1970 00:00:00 GMT"}) {
    jar.store(site, "a=1");
    EXPECT_TRUE(jar.store(site, std::string{"a=; "} + ending));
    EXPECT_TRUE(jar.empty()) << ending;
  }
  co_return;
}

ASYNC_TEST(cookie_jar, no_cookie_lives_longer_than_the_limit) {
  cookie_jar jar;
  jar.store(site, "a=1; Max-Age=99999999999999999999");
  jar.store(site, "b=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT");
  const auto limit = wall_clock::now() + std::chrono::days{400};
  EXPECT_EQ(jar.get(site, "a")->expires, limit);
  EXPECT_EQ(jar.get(site, "b")->expires, limit);
  co_await sleep(std::chrono::days{401});
  EXPECT_EQ(jar.cookie_header(site), "");
}

TEST(cookie_jar, limit_of_bytes_per_cookie) {
  EXPECT_TRUE(cookie_jar().store(site, "a=" + std::string(4095, 'x')));
  EXPECT_FALSE(cookie_jar().store(site, "a=" + std::string(4096, 'x')));
  cookie_jar jar;
  EXPECT_TRUE(jar.store(site, "a=1; Path=/" + std::string(1024, 'x'))) << "a long attribute is ignored";
  EXPECT_EQ(jar.all().at(0).path, "/docs");
}

TEST(cookie_jar, limit_per_domain_removes_what_was_not_used_for_the_longest_time) {
  cookie_jar jar{{.max_cookies_per_domain = 3}};
  jar.store(site, "a=1; Path=/a");
  jar.store(site, "b=1; Path=/b");
  jar.store(site, "c=1; Path=/c");
  EXPECT_EQ(sent(jar, "https://www.example.com/a"), "a=1");
  jar.store(site, "d=1; Path=/d");
  EXPECT_EQ(jar.size(), 3U);
  EXPECT_EQ(sent(jar, "https://www.example.com/b"), "");
  EXPECT_EQ(sent(jar, "https://www.example.com/a"), "a=1");
  jar.store(url{"https://other.org/"}, "x=1");
  EXPECT_EQ(jar.size(), 4U);
}

TEST(cookie_jar, many_cookies_without_tls_do_not_push_out_secure_ones) {
  cookie_jar jar{{.max_cookies_per_domain = 3}};
  jar.store(site, "id=1; Secure; Path=/");
  for (int i = 0; i != 10; ++i) jar.store(plain, "n" + std::to_string(i) + "=1; Path=/");
  EXPECT_EQ(jar.cookie_header(site), "id=1; n8=1; n9=1");
}

TEST(cookie_jar, limit_in_total) {
  cookie_jar jar;
  for (int i = 0; i != 3100; ++i)
    jar.store(url{"https://host" + std::to_string(i / 100) + ".example/"}, "c" + std::to_string(i) + "=1");
  EXPECT_EQ(jar.size(), 3000U);
  EXPECT_EQ(sent(jar, "https://host0.example/"), "");
  EXPECT_NE(sent(jar, "https://host30.example/"), "");
  cookie_jar none{{.max_cookies = 0}};
  none.store(site, "a=1");
  EXPECT_TRUE(none.empty());
}

ASYNC_TEST(cookie_jar, expired_cookies_make_room_first) {
  cookie_jar jar{{.max_cookies_per_domain = 2}};
  jar.store(site, "old=1");
  jar.store(site, "short=1; Max-Age=5");
  co_await sleep(6s);
  jar.store(site, "new=1");
  EXPECT_EQ(jar.cookie_header(site), "old=1; new=1");
}

TEST(cookie_jar, set_get_remove_and_clear) {
  cookie_jar jar;
  jar.set(cookie("a", "1", ".Example.COM"));
  cookie wide("b", "2", "example.com");
  wide.host_only = false;
  wide.path = "/docs";
  jar.set(wide);
  EXPECT_EQ(jar.cookie_header(site), "b=2");
  EXPECT_EQ(sent(jar, "https://example.com/docs"), "b=2; a=1");
  EXPECT_EQ(jar.all(site).at(0).name, "b");
  EXPECT_EQ(jar.remove(site, "a"), 0U);
  EXPECT_EQ(jar.remove(site, "b"), 1U);
  EXPECT_EQ(jar.size(), 1U);
  jar.clear();
  EXPECT_TRUE(jar.empty());
}

TEST(cookie_jar, set_refuses_what_no_field_can_carry) {
  cookie_jar jar;
  const auto refused = [&](const char* name, const char* value, const char* domain, const char* path = "/",
                           bool host_only = true) {
    cookie c(name, value, domain);
    c.path = path;
    c.host_only = host_only;
    try {
      jar.set(c);
    } catch (const system_error& e) {
      EXPECT_NE(std::string{e.what()}.find(name), std::string::npos) << e.what();
      return e.code() == errc::invalid_cookie;
    }
    return false;
  };
  EXPECT_TRUE(refused("a", "1\r\nX: y", "example.com"));
  EXPECT_TRUE(refused("a", "1; b=2", "example.com"));
  EXPECT_TRUE(refused("a=b", "1", "example.com"));
  EXPECT_TRUE(refused("a", " 1", "example.com"));
  EXPECT_TRUE(refused("", "", "example.com"));
  EXPECT_TRUE(refused("a", "1", ""));
  EXPECT_TRUE(refused("a", "1", "exa mple.com"));
  EXPECT_TRUE(refused("a", "1", "co.uk", "/", false));
  EXPECT_TRUE(refused("a", "1", "example.com", "docs"));
  EXPECT_TRUE(refused("__Secure-a", "1", "example.com"));
  EXPECT_TRUE(jar.empty());
}

TEST(cookie_jar, netscape_files_keep_what_they_can) {
  cookie_jar jar;
  jar.store(site, "a=1; Path=/; Secure; HttpOnly; Max-Age=1000");
  jar.store(site, "b=x\ty; Domain=example.com");
  jar.store(site, "nameless");
  const std::string text = jar.to_netscape();
  EXPECT_TRUE(text.starts_with("# Netscape HTTP Cookie File\n#HttpOnly_www.example.com\tFALSE\t/\tTRUE\t"))
      << text;
  EXPECT_NE(text.find("\n.example.com\tTRUE\t/docs\tFALSE\t0\tb\tx\ty\n"), text.npos) << text;
  const auto copy = cookie_jar::from_netscape(text);
  EXPECT_EQ(copy.to_netscape(), text);
  EXPECT_EQ(copy.cookie_header(site), jar.cookie_header(site));
  EXPECT_TRUE(copy.get(site, "a")->http_only);
}

TEST(cookie_jar, netscape_files_of_others) {
  const auto jar = cookie_jar::from_netscape(
      "# comment\r\n\r\n.example.com\ttrue\t/\tFALSE\t99999999999.5\ta\t1\r\n"
      "www.example.com\tFALSE\t/docs\tTRUE\t0\tempty\n"
      "example.com\tFALSE\t/\tFALSE\t1000\texpired\tx\n.github.io\tTRUE\t/\tFALSE\t0\ts\t1");
  EXPECT_EQ(jar.cookie_header(site), "empty=; a=1");
  EXPECT_EQ(sent(jar, "http://github.io/"), "s=1");
  EXPECT_EQ(sent(jar, "http://me.github.io/"), "") << "of a public suffix: for the host alone";
}

TEST(cookie_jar, netscape_errors_name_the_line) {
  const auto error_of = [](std::string_view text) -> std::string {
    try {
      static_cast<void>(cookie_jar::from_netscape(text));
    } catch (const system_error& e) { return e.code() == errc::malformed_file ? e.what() : "other"; }
    return "none";
  };
  EXPECT_NE(error_of("#\n\na b c\n").find("line 3: fewer than seven"), std::string::npos);
  EXPECT_NE(error_of("h\tYES\t/\tTRUE\t0\ta\t1").find("line 1: the second"), std::string::npos);
  EXPECT_NE(error_of("h\tTRUE\t/\t1\t0\ta\t1").find("the fourth"), std::string::npos);
  EXPECT_NE(error_of("h\tTRUE\t/\tTRUE\tsoon\ta\t1").find("the fifth"), std::string::npos);
  EXPECT_NE(error_of("h\tFALSE\tx\tTRUE\t0\ta\t1").find("slash"), std::string::npos);
  EXPECT_NE(error_of("h\tFALSE\t/\tTRUE\t0\ta\t1;2").find("semicolon"), std::string::npos);
}

ASYNC_TEST(cookie_jar, is_saved_and_loaded) {
  const auto folder = co_await fs::make_temporary_directory();
  const auto path = folder.path() / "cookies.txt";
  cookie_jar jar;
  jar.store(site, "a=1; Max-Age=1000");
  co_await jar.save(path);
  struct ::stat about {};
  EXPECT_EQ(::stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  const auto copy = co_await cookie_jar::load(path);
  EXPECT_EQ(copy.cookie_header(site), "a=1");
  co_await fs::write_file(path, "rubbish");
  std::string error;
  try {
    const auto broken = co_await cookie_jar::load(path);
  } catch (const system_error& e) { error = e.what(); }
  EXPECT_NE(error.find("cookies.txt, line 1"), std::string::npos) << error;
}

}  // namespace bight::http::cookie_jar_test
