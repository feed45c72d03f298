#include <bight/http/url.hpp>

#include <gtest/gtest.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace url_set_test {

namespace http = bight::http;
using http::url;
using std::string_view_literals::operator""sv;

struct row {
  std::string_view before;
  std::string_view value;
  std::string_view after;  // empty: refused
};

using setter = bool (url::*)(std::string_view, const http::url_limits&);

// Each value gives that URL, whose parts are those that parsing it gives; or it is refused and changes
// nothing.
void check(setter set, std::initializer_list<row> rows) {
  for (const auto& [before, value, after] : rows) {
    url u(before);
    const url original = u;
    EXPECT_EQ((u.*set)(value, {}), !after.empty()) << before << " <- " << value;
    const url expected = after.empty() ? original : url(after);
    EXPECT_EQ(u.href(), after.empty() ? original.href() : after) << before << " <- " << value;
    EXPECT_EQ(u.host_and_port(), expected.host_and_port()) << u.href();
    EXPECT_EQ(u.kind_of_host(), expected.kind_of_host()) << u.href();
    EXPECT_EQ(u.effective_port(), expected.effective_port()) << u.href();
    EXPECT_EQ(u.username(), expected.username()) << u.href();
    EXPECT_EQ(u.password(), expected.password()) << u.href();
    EXPECT_EQ(u.path(), expected.path()) << u.href();
    EXPECT_EQ(u.has_query(), expected.has_query()) << u.href();
    EXPECT_EQ(u.query(), expected.query()) << u.href();
    EXPECT_EQ(u.fragment(), expected.fragment()) << u.href();
    EXPECT_EQ(u.is_http(), expected.is_http()) << u.href();
  }
}

TEST(url_set, scheme) {
  check(&url::set_scheme, {
                              {"http://h/p", "https", "https://h/p"},
                              {"http://h/p", "HTTPS:", "https://h/p"},
                              {"http://h/p", "ws:x://y", "ws://h/p"},
                              {"http://h/p", "w\ts\n", "ws://h/p"},
                              {"foo://h/p", "b+a-r.2", "b+a-r.2://h/p"},
                              {"mailto:x", "foo", "foo:x"},
                              {"file://h/p", "http", "http://h/p"},
                              {"http://h/p", "file", "file://h/p"},
                          });
}

TEST(url_set, scheme_drops_a_port_that_becomes_the_default) {
  check(&url::set_scheme, {
                              {"http://h:443/", "https", "https://h/"},
                              {"https://h:80/", "http", "http://h/"},
                              {"http://h:443/", "ftp", "ftp://h:443/"},
                              {"foo://h:80/", "bar", "bar://h:80/"},
                          });
}

TEST(url_set, scheme_is_refused_where_the_standard_ignores_it) {
  check(&url::set_scheme, {
                              {"http://h/", "", {}},
                              {"http://h/", ":", {}},
                              {"http://h/", "1a", {}},
                              {"http://h/", "a b", {}},
                              {"http://h/", "h\xc3\xa9", {}},
                              {"http://h/", "foo", {}},
                              {"foo://h/", "http", {}},
                              {"http://u@h/", "file", {}},
                              {"http://h:81/", "file", {}},
                              {"file:///p", "http", {}},
                          });
}

TEST(url_set, username_and_password) {
  check(&url::set_username, {
                                {"http://h/", "u", "http://u@h/"},
                                {"http://h/", "a@b:c/d", "http://a%40b%3Ac%2Fd@h/"},
                                {"http://u@h/", "", "http://h/"},
                                {"http://u:p@h/", "", "http://:p@h/"},
                                {"http://h:81/", "\xc3\xa9%41\t", "http://%C3%A9%41%09@h:81/"},
                                {"http://h/", "\xff", "http://%EF%BF%BD@h/"},
                                {"foo://h", "u", "foo://u@h"},
                                {"file://h/", "u", {}},
                                {"foo:///p", "u", {}},
                                {"mailto:x", "u", {}},
                            });
  check(&url::set_password, {
                                {"http://h/", "p", "http://:p@h/"},
                                {"http://u@h/", "p:q@", "http://u:p%3Aq%40@h/"},
                                {"http://u:p@h/", "", "http://u@h/"},
                                {"http://:p@h/", "", "http://h/"},
                                {"file://h/", "p", {}},
                                {"foo:/p", "p", {}},
                            });
}

TEST(url_set, host) {
  check(&url::set_host, {
                            {"http://u:p@h:81/p?q#f", "EXAMPLE.org", "http://u:p@example.org:81/p?q#f"},
                            {"http://h/", "0x7f.1", "http://127.0.0.1/"},
                            {"http://h/", "[::0:1]", "http://[::1]/"},
                            {"http://[::1]/", "h", "http://h/"},
                            {"http://h/",
                             "b\xc3\xbc"
                             "cher",
                             "http://xn--bcher-kva/"},
                            {"http://h/", "a/b", "http://a/"},
                            {"http://h/", "a\\b", "http://a/"},
                            {"http://h/", "a?b", "http://a/"},
                            {"http://h/", "a#b", "http://a/"},
                            {"http://h/", "a\tb", "http://ab/"},
                            {"foo://h/p", "A", "foo://A/p"},
                            {"foo://h/p", "", "foo:///p"},
                            {"foo:/p", "h", "foo://h/p"},
                            {"foo:/.//p", "h", "foo://h//p"},
                            {"foo:/.//p", "", "foo:////p"},
                            {"file:///p", "h", "file://h/p"},
                            {"file://h/p", "", "file:///p"},
                            {"file://h/p", "LocalHost", "file:///p"},
                        });
}

TEST(url_set, host_is_refused_where_the_standard_ignores_it) {
  check(&url::set_host, {
                            {"http://h/", "", {}},
                            {"http://h/", "/x", {}},
                            {"http://h/", "a b", {}},
                            {"http://h/", "a:80", {}},
                            {"http://h/", ":80", {}},
                            {"http://h/", "[::1]:80", {}},
                            {"http://h/", "u@a", {}},
                            {"http://h/", "256.1.1.1", {}},
                            {"http://h/", "%", {}},
                            {"foo://h/", "a b", {}},
                            {"foo://u@h/", "", {}},
                            {"foo://h:1/", "", {}},
                            {"mailto:x", "h", {}},
                            {"file:///p", "C:", {}},
                        });
}

TEST(url_set, port) {
  const auto with = [](std::string_view text, std::optional<std::uint16_t> port) {
    url u(text);
    return u.set_port(port) ? u.href() : "refused";
  };
  EXPECT_EQ(with("http://h/p", 81), "http://h:81/p");
  EXPECT_EQ(with("http://h/p", 0), "http://h:0/p");
  EXPECT_EQ(with("http://h:81/p", 65'535), "http://h:65535/p");
  EXPECT_EQ(with("http://h:81/p", 80), "http://h/p");
  EXPECT_EQ(with("http://h:81/p", std::nullopt), "http://h/p");
  EXPECT_EQ(with("foo://h", 80), "foo://h:80");
  EXPECT_EQ(with("foo://h", 0), "foo://h:0");
  EXPECT_EQ(with("http://[::1]/", 81), "http://[::1]:81/");
  EXPECT_EQ(with("file://h/", 80), "refused");
  EXPECT_EQ(with("foo:///", 80), "refused");
  EXPECT_EQ(with("foo:x", 80), "refused");
}

TEST(url_set, path) {
  check(&url::set_path, {
                            {"http://h/p?q#f", "/a/../b", "http://h/b?q#f"},
                            {"http://h/p", "a", "http://h/a"},
                            {"http://h/p", "", "http://h/"},
                            {"http://h/p", "\\a\\b", "http://h/a/b"},
                            {"http://h/p", "//a", "http://h//a"},
                            {"http://h/p", "a?b#c d", "http://h/a%3Fb%23c%20d"},
                            {"http://h/p", "a\n/b", "http://h/a/b"},
                            {"http://h/p", "%2e%2E/x", "http://h/x"},
                            {"http://h/p", "\xff", "http://h/%EF%BF%BD"},
                            {"foo://h/p", "", "foo://h"},
                            {"foo://h/p", "a\\b", "foo://h/a\\b"},
                            {"foo://h/p", "..", "foo://h/"},
                            {"foo:/p", "//a", "foo:/.//a"},
                            {"foo:/.//p", "a", "foo:/a"},
                            {"foo:/p", "", "foo:/"},
                            {"file:///p", "C|/x", "file:///C:/x"},
                            {"file:///C:/x", "..", "file:///"},
                            {"mailto:x", "y", {}},
                        });
}

TEST(url_set, query) {
  check(&url::set_query, {
                             {"http://h/p#f", "a=b", "http://h/p?a=b#f"},
                             {"http://h/p?x", "?a", "http://h/p?a"},
                             {"http://h/p?x", "??a", "http://h/p??a"},
                             {"http://h/p?x#f", "", "http://h/p#f"},
                             {"http://h/p", "?", "http://h/p?"},
                             {"http://h/p", "a#b'c d\xc3\xa9", "http://h/p?a%23b%27c%20d%C3%A9"},
                             {"http://h/p", "a\tb", "http://h/p?ab"},
                             {"foo:x", "'", "foo:x?'"},
                         });
}

TEST(url_set, fragment) {
  check(&url::set_fragment, {
                                {"http://h/p?q", "f", "http://h/p?q#f"},
                                {"http://h/p#x", "#f", "http://h/p#f"},
                                {"http://h/p#x", "##", "http://h/p##"},
                                {"http://h/p#x", "", "http://h/p"},
                                {"http://h/p", "#", "http://h/p#"},
                                {"http://h/p", "a b`\n", "http://h/p#a%20b%60"},
                                {"mailto:x", "f", "mailto:x#f"},
                            });
}

TEST(url_set, nothing_can_be_set_on_the_empty_url) {
  url u;
  EXPECT_FALSE(u.set_scheme("http"));
  EXPECT_FALSE(u.set_host("h"));
  EXPECT_FALSE(u.set_username("u"));
  EXPECT_FALSE(u.set_password("p"));
  EXPECT_FALSE(u.set_port(1));
  EXPECT_FALSE(u.set_path("p"));
  EXPECT_FALSE(u.set_query("q"));
  EXPECT_FALSE(u.set_fragment("f"));
  EXPECT_TRUE(u.empty());
}

TEST(url_set, values_that_exceed_the_limit_are_refused) {
  url u("http://h/p");
  EXPECT_FALSE(u.set_query("12345", {.max_length = 15}));
  EXPECT_TRUE(u.set_query("1234", {.max_length = 15}));
  EXPECT_FALSE(u.set_host("hh", {.max_length = 15}));
  EXPECT_FALSE(u.set_fragment(std::string(70'000, 'x')));
  EXPECT_FALSE(u.set_path(std::string(30'000, '"')));
  EXPECT_FALSE(u.set_host("abcd", {.max_host_length = 3}));
  EXPECT_EQ(u.href(), "http://h/p?1234");
}

TEST(url_set, values_may_be_views_into_the_url_itself) {
  url u("http://host/path?query#fragment");
  EXPECT_TRUE(u.set_query(u.fragment()));
  EXPECT_TRUE(u.set_path(u.host()));
  EXPECT_TRUE(u.set_host(u.query()));
  EXPECT_EQ(u.href(), "http://fragment/host?fragment#fragment");
}

}  // namespace url_set_test
