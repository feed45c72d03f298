#include <bight/http/url.hpp>

#include <gtest/gtest.h>
#include <bight/http/error.hpp>

#include <boost/system/system_error.hpp>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace url_test {

namespace http = bight::http;
using http::host_kind;
using http::url;
using std::string_view_literals::operator""sv;

TEST(url, components_are_where_they_belong) {
  const url u("HTTPS://me:pw@Example.org:8443/a/./b?c=d#e");
  EXPECT_EQ(u.href(), "https://me:pw@example.org:8443/a/b?c=d#e");
  EXPECT_EQ(u.scheme(), "https");
  EXPECT_EQ(u.username(), "me");
  EXPECT_EQ(u.password(), "pw");
  EXPECT_TRUE(u.has_credentials());
  EXPECT_EQ(u.host(), "example.org");
  EXPECT_EQ(u.port(), 8443);
  EXPECT_EQ(u.host_and_port(), "example.org:8443");
  EXPECT_EQ(u.path(), "/a/b");
  EXPECT_EQ(u.query(), "c=d");
  EXPECT_EQ(u.fragment(), "e");
  EXPECT_EQ(u.request_target(), "/a/b?c=d");
  EXPECT_EQ(u.href_without_fragment(), "https://me:pw@example.org:8443/a/b?c=d");
  EXPECT_EQ(u.origin(), "https://example.org:8443");
  EXPECT_FALSE(u.empty());
}

TEST(url, absent_components_are_empty) {
  const url u("http://h");
  EXPECT_EQ(u.username(), "");
  EXPECT_EQ(u.password(), "");
  EXPECT_FALSE(u.has_credentials());
  EXPECT_EQ(u.port(), std::nullopt);
  EXPECT_EQ(u.path(), "/");
  EXPECT_FALSE(u.has_query());
  EXPECT_EQ(u.query(), "");
  EXPECT_FALSE(u.has_fragment());
  EXPECT_EQ(u.fragment(), "");
  EXPECT_EQ(u.request_target(), "/");
}

TEST(url, empty_query_and_fragment_are_present) {
  const url u("http://h/?#");
  EXPECT_TRUE(u.has_query());
  EXPECT_EQ(u.query(), "");
  EXPECT_TRUE(u.has_fragment());
  EXPECT_EQ(u.fragment(), "");
  EXPECT_EQ(u.request_target(), "/?");
}

TEST(url, one_of_two_credentials_is_enough) {
  EXPECT_EQ(url("http://u@h/").username(), "u");
  EXPECT_EQ(url("http://u@h/").password(), "");
  EXPECT_EQ(url("http://:p@h/").username(), "");
  EXPECT_EQ(url("http://:p@h/").password(), "p");
  EXPECT_TRUE(url("http://:p@h/").has_credentials());
}

TEST(url, redacted_shows_no_password) {
  EXPECT_EQ(url("http://me:pw@h:81/a?b#c").redacted(), "http://me:***@h:81/a?b#c");
  EXPECT_EQ(url("http://:pw@h/").redacted(), "http://:***@h/");
  EXPECT_EQ(url("http://me@h/").redacted(), "http://me@h/");
  EXPECT_EQ(url("http://me:@h/").redacted(), "http://me@h/");
  EXPECT_EQ(url("http://h/me:pw@x").redacted(), "http://h/me:pw@x");
  EXPECT_EQ(url("mailto:me:pw@h").redacted(), "mailto:me:pw@h");
  EXPECT_EQ(url().redacted(), "");
}

TEST(url, redacted_text_need_not_be_a_url) {
  using http::redacted;
  EXPECT_EQ(redacted("http://me:p%77@h/a@b:c"), "http://me:***@h/a@b:c");
  EXPECT_EQ(redacted("http://h/a"), "http://h/a");
  EXPECT_EQ(redacted("me:pw@h"), "me:***@h");
  EXPECT_EQ(redacted("//me:pw@h/"), "//me:***@h/");
  EXPECT_EQ(redacted("http://me:p/w@h/"), "http://me:***@h/");
  EXPECT_EQ(redacted("http://me:p@w:x@[h/"), "http://me:***@[h/");
  EXPECT_EQ(redacted("me:p//w@h"), "me:***@h");
  EXPECT_EQ(redacted("mailto:me@h"), "mailto:***@h") << "may be user and password without a scheme";
  EXPECT_EQ(redacted("me@h d"), "me@h d");
  EXPECT_EQ(redacted(""), "");
}

TEST(url, an_error_of_parsing_shows_no_password) {
  try {
    const url u("http://me:p/w@h/");
    ADD_FAILURE() << u.href();
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(std::string(e.what()).find("p/w"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("http://me:***@h/"), std::string::npos) << e.what();
  }
}

TEST(url, empty_url_has_nothing) {
  const url u;
  EXPECT_TRUE(u.empty());
  EXPECT_EQ(u.href(), "");
  EXPECT_EQ(u.scheme(), "");
  EXPECT_EQ(u.host_and_port(), "");
  EXPECT_EQ(u.host_without_brackets(), "");
  EXPECT_EQ(u.request_target(), "");
  EXPECT_EQ(u.query(), "");
  EXPECT_EQ(u.fragment(), "");
  EXPECT_EQ(u.username(), "");
  EXPECT_EQ(u.password(), "");
  EXPECT_EQ(u.effective_port(), 0);
  EXPECT_EQ(u.origin(), "null");
  EXPECT_FALSE(u.is_special());
  EXPECT_EQ(u.kind_of_host(), host_kind::none);
}

TEST(url, empty_base_is_no_base) {
  EXPECT_FALSE(url::parse("a", url()));
  EXPECT_EQ(url::parse("http://a", url())->href(), "http://a/");
}

TEST(url, kind_of_host_is_told) {
  EXPECT_EQ(url("http://a.b").kind_of_host(), host_kind::domain);
  EXPECT_EQ(url("http://A.b").kind_of_host(), host_kind::domain);
  EXPECT_EQ(url("http://127.1").kind_of_host(), host_kind::ipv4);
  EXPECT_EQ(url("http://[::1]").kind_of_host(), host_kind::ipv6);
  EXPECT_EQ(url("foo://127.1").kind_of_host(), host_kind::opaque);
  EXPECT_EQ(url("foo://[::1]").kind_of_host(), host_kind::ipv6);
  EXPECT_EQ(url("foo:///x").kind_of_host(), host_kind::empty);
  EXPECT_EQ(url("file:///x").kind_of_host(), host_kind::empty);
  EXPECT_EQ(url("file://localhost/x").kind_of_host(), host_kind::empty);
  EXPECT_EQ(url("file://h/x").kind_of_host(), host_kind::domain);
  EXPECT_EQ(url("foo:/x").kind_of_host(), host_kind::none);
  EXPECT_EQ(url("mailto:x").kind_of_host(), host_kind::none);
}

TEST(url, brackets_are_taken_off_ipv6_only) {
  EXPECT_EQ(url("http://[::1]:8/").host(), "[::1]");
  EXPECT_EQ(url("http://[::1]:8/").host_without_brackets(), "::1");
  EXPECT_EQ(url("http://[::1]:8/").host_and_port(), "[::1]:8");
  EXPECT_EQ(url("http://a/").host_without_brackets(), "a");
}

TEST(url, effective_port_is_the_schemes_when_there_is_none) {
  EXPECT_EQ(url("http://a").effective_port(), 80);
  EXPECT_EQ(url("https://a").effective_port(), 443);
  EXPECT_EQ(url("ws://a").effective_port(), 80);
  EXPECT_EQ(url("wss://a").effective_port(), 443);
  EXPECT_EQ(url("ftp://a").effective_port(), 21);
  EXPECT_EQ(url("http://a:443").effective_port(), 443);
  EXPECT_EQ(url("file://a/").effective_port(), 0);
  EXPECT_EQ(url("foo://a/").effective_port(), 0);
  EXPECT_EQ(url("foo://a:7/").effective_port(), 7);
}

TEST(url, schemes_are_classified) {
  for (const auto* text : {"http://a", "https://a", "ws://a", "wss://a", "ftp://a", "file:///a"}) {
    EXPECT_TRUE(url(text).is_special()) << text;
  }
  EXPECT_FALSE(url("foo://a").is_special());
  EXPECT_TRUE(url("http://a").is_http());
  EXPECT_TRUE(url("https://a").is_http());
  EXPECT_FALSE(url("ws://a").is_http());
  EXPECT_FALSE(url("foo:a").is_http());
  EXPECT_TRUE(url("foo:a").has_opaque_path());
  EXPECT_FALSE(url("foo:/a").has_opaque_path());
}

TEST(url, origin_is_opaque_where_the_standard_says_so) {
  EXPECT_EQ(url("http://u:p@a:80/x?y#z").origin(), "http://a");
  EXPECT_EQ(url("ws://a:81/x").origin(), "ws://a:81");
  EXPECT_EQ(url("ftp://a/").origin(), "ftp://a");
  EXPECT_EQ(url("file:///x").origin(), "null");
  EXPECT_EQ(url("foo://a/").origin(), "null");
  EXPECT_EQ(url("mailto:x").origin(), "null");
  EXPECT_EQ(url("blob:https://a:444/uuid").origin(), "https://a:444");
  EXPECT_EQ(url("blob:ftp://a/uuid").origin(), "null");
  EXPECT_EQ(url("blob:file:///uuid").origin(), "null");
  EXPECT_EQ(url("blob:blob:http://a/").origin(), "null");
  EXPECT_EQ(url("blob:x").origin(), "null");
}

TEST(url, without_fragment_keeps_the_rest) {
  EXPECT_EQ(url("http://a/b?c#d").without_fragment(), url("http://a/b?c"));
  EXPECT_FALSE(url("http://a/b?c#d").without_fragment().has_fragment());
  EXPECT_EQ(url("http://a/b#d").without_fragment().path(), "/b");
  EXPECT_EQ(url("foo:b#").without_fragment().href(), "foo:b");
  EXPECT_EQ(url("http://a/b").without_fragment(), url("http://a/b"));
}

TEST(url, malformed_utf8_becomes_the_replacement_character) {
  EXPECT_EQ(url::parse("http://a/\xff")->path(), "/%EF%BF%BD");
  EXPECT_EQ(url::parse("http://a/\xc3")->path(), "/%EF%BF%BD");
  EXPECT_EQ(url::parse("http://a/\xc3\xa9")->path(), "/%C3%A9");
  EXPECT_EQ(url::parse("http://a/\xe2\x82z")->path(), "/%EF%BF%BDz");
  EXPECT_EQ(url::parse("http://a/\xe2\x82\xe2")->path(), "/%EF%BF%BD%EF%BF%BD");
  EXPECT_EQ(url::parse("http://a/\xc0\x80")->path(), "/%EF%BF%BD%EF%BF%BD");
  EXPECT_EQ(url::parse("http://a/\xed\xa0\x80")->path(), "/%EF%BF%BD%EF%BF%BD%EF%BF%BD");
  EXPECT_EQ(url::parse("http://a/\xf4\x90\x80\x80")->path(), "/%EF%BF%BD%EF%BF%BD%EF%BF%BD%EF%BF%BD");
  EXPECT_EQ(url::parse("http://a/\xf0\x9f\x98\x80")->path(), "/%F0%9F%98%80");
  EXPECT_EQ(url::parse("http://a/?\x80#\x80")->href(), "http://a/?%EF%BF%BD#%EF%BF%BD");
  EXPECT_EQ(url::parse("foo://\x80/")->host(), "%EF%BF%BD");
  EXPECT_FALSE(url::parse("http://\x80/"));
}

TEST(url, newline_does_not_join_the_halves_of_a_character) {
  EXPECT_EQ(url::parse("http://a/\xc3\n\xa9")->path(), "/%EF%BF%BD%EF%BF%BD");
}

TEST(url, constructor_throws_with_the_input_escaped_and_shortened) {
  try {
    url u("http://a b\n\xff/");
    FAIL() << "no exception";
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), http::errc::invalid_url);
    EXPECT_NE(std::string_view(e.what()).find("\"http://a b\\x0a\\xff/\""), std::string_view::npos)
        << e.what();
  }
  try {
    url u(std::string(5'000, 'a'));
    FAIL() << "no exception";
  } catch (const boost::system::system_error& e) {
    EXPECT_LT(std::string_view(e.what()).size(), 300U);
    EXPECT_NE(std::string_view(e.what()).find("aaa\"..."), std::string_view::npos) << e.what();
  }
}

TEST(url, input_and_result_are_bounded) {
  const std::string start = "http://a/";
  const std::string fits = start + std::string(65'536 - start.size(), 'x');
  EXPECT_EQ(url::parse(fits)->href(), fits);
  EXPECT_EQ(url::parse(fits + "x").error(), http::errc::invalid_url);
  // Encoding makes the result longer than the limit.
  EXPECT_FALSE(url::parse(start + std::string(22'000, '"')));
  EXPECT_TRUE(url::parse(start + std::string(21'000, '"')));
  // And so does the base.
  EXPECT_FALSE(url::parse("xx", url(start + std::string(8, 'y') + "/"), {.max_length = 19}));
  EXPECT_TRUE(url::parse("x", url(start + std::string(8, 'y') + "/"), {.max_length = 19}));
  EXPECT_TRUE(url::parse(fits + "x", {.max_length = 100'000}));
  EXPECT_FALSE(url::parse("http://abcd", {.max_length = 10}));
  EXPECT_FALSE(url::parse("http://abc", {.max_length = 10}));  // the slash is one too many
}

TEST(url, hosts_are_bounded) {
  const std::string host(1'024, 'a');
  EXPECT_TRUE(url::parse("http://" + host));
  EXPECT_FALSE(url::parse("http://" + host + "a"));
  EXPECT_FALSE(url::parse("http://A" + host));
  EXPECT_FALSE(url::parse("foo://" + host + "a"));
  EXPECT_TRUE(url::parse("http://%61" + host.substr(1)));
  EXPECT_FALSE(url::parse("http://%61" + host));
  EXPECT_FALSE(url::parse("foo://\x01\x01\x01x", {.max_host_length = 9}));
  EXPECT_TRUE(url::parse("foo://\x01\x01\x01x", {.max_host_length = 10}));
  EXPECT_FALSE(url::parse("http://abcde", {.max_host_length = 4}));
  EXPECT_FALSE(url::parse("http://[::1]", {.max_host_length = 4}));
  EXPECT_TRUE(url::parse("http://[::1]", {.max_host_length = 5}));
}

TEST(url, expanding_names_fit) {
  // U+3300 stands for four characters, so that the name grows on the way.
  std::string input = "http://";
  for (int i = 0; i != 150; ++i) input += "\xe3\x8c\x80";
  const auto parsed = url::parse(input);
  ASSERT_TRUE(parsed);
  EXPECT_GT(parsed->host().size(), 600U);
  // The limit is on what was given and on what it becomes.
  EXPECT_FALSE(url::parse(input, {.max_host_length = 600}));
  EXPECT_TRUE(url::parse(input, {.max_host_length = parsed->host().size()}));
}

TEST(url, resolving_reuses_the_storage) {
  const url base("http://example.org/a/b");
  url out;
  ASSERT_TRUE(url::resolve_into("some/path/that/is/long/enough/to/be/allocated", base, out));
  const char* storage = out.href().data();
  ASSERT_TRUE(url::resolve_into("../c?d#e", base, out));
  EXPECT_EQ(out.href(), "http://example.org/c?d#e");
  EXPECT_EQ(out.href().data(), storage);
}

TEST(url, failed_resolution_leaves_the_empty_url) {
  url out("http://a/b?c#d");
  EXPECT_FALSE(url::resolve_into("http://%/", url("http://a"), out));
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(out, url());
  EXPECT_EQ(out.path(), "");
}

TEST(url, moved_from_url_is_empty) {
  url a("http://example.org/a?b#c");
  const url b = std::move(a);
  EXPECT_EQ(b.query(), "b");
  EXPECT_TRUE(a.empty());   // NOLINT(bugprone-use-after-move): promised
  EXPECT_EQ(a.path(), "");  // NOLINT(bugprone-use-after-move)
  EXPECT_FALSE(a.has_query());
  url c("foo:x");
  c = url("http://h/p");
  EXPECT_EQ(c.path(), "/p");
}

TEST(url, comparison_and_hash_go_by_the_serialisation) {
  EXPECT_EQ(url("http://A:80/b/../c"), url("http://a/c"));
  EXPECT_NE(url("http://a/c"), url("http://a/c#"));
  EXPECT_LT(url("http://a/"), url("http://b/"));
  EXPECT_EQ(url("http://A").hash(), url("http://a/").hash());
  std::unordered_set<std::uint64_t> hashes;
  for (int i = 0; i != 10'000; ++i) {
    hashes.insert(url("http://a/" + std::to_string(i)).hash());
    hashes.insert(url("http://a/some/longer/path/" + std::to_string(i) + "/x.html").hash());
  }
  EXPECT_EQ(hashes.size(), 20'000U);
  EXPECT_EQ(std::unordered_set<url>({url("http://a"), url("http://a/")}).size(), 1U);
}

TEST(url, hash_spreads_over_low_and_high_bits) {
  std::unordered_set<std::uint64_t> low;
  std::unordered_set<std::uint64_t> high;
  for (int i = 0; i != 4'096; ++i) {
    const auto h = url("http://a/page-" + std::to_string(i)).hash();
    low.insert(h & 0xfffU);
    high.insert(h >> 52U);
  }
  // 4,096 balls in 4,096 bins fill 1 - 1/e of them.
  EXPECT_GT(low.size(), 2'400U);
  EXPECT_GT(high.size(), 2'400U);
}

TEST(url, is_one_cache_line) { EXPECT_LE(sizeof(url), 64U); }

TEST(percent, sets_are_those_of_the_standard) {
  using enum http::percent_encode_set;
  const auto text = " !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\x7f\x01\xc3\xa9"sv;
  EXPECT_EQ(http::percent_encode(text, c0_control), " !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~%7F%01%C3%A9");
  EXPECT_EQ(http::percent_encode(text, fragment),
            "%20!%22#$%&'()*+,-./09:;%3C=%3E?@AZ[\\]^_%60az{|}~%7F%01%C3%A9");
  EXPECT_EQ(http::percent_encode(text, query),
            "%20!%22%23$%&'()*+,-./09:;%3C=%3E?@AZ[\\]^_`az{|}~%7F%01%C3%A9");
  EXPECT_EQ(http::percent_encode(text, special_query),
            "%20!%22%23$%&%27()*+,-./09:;%3C=%3E?@AZ[\\]^_`az{|}~%7F%01%C3%A9");
  EXPECT_EQ(http::percent_encode(text, path),
            "%20!%22%23$%&'()*+,-./09:;%3C=%3E%3F@AZ[\\]%5E_%60az%7B|%7D~%7F%01%C3%A9");
  EXPECT_EQ(http::percent_encode(text, userinfo),
            "%20!%22%23$%&'()*+,-.%2F09%3A%3B%3C%3D%3E%3F%40AZ%5B%5C%5D%5E_%60az%7B%7C%7D~%7F%01%C3%A9");
  EXPECT_EQ(
      http::percent_encode(text),
      "%20!%22%23%24%25%26'()*%2B%2C-.%2F09%3A%3B%3C%3D%3E%3F%40AZ%5B%5C%5D%5E_%60az%7B%7C%7D~%7F%01%C3%A9");
  EXPECT_EQ(http::percent_encode(text, form),
            "%20%21%22%23%24%25%26%27%28%29*%2B%2C-.%2F09%3A%3B%3C%3D%3E%3F%40AZ%5B%5C%5D%5E_%60az%7B%7C%7D%"
            "7E%7F%01"
            "%C3%A9");
}

TEST(percent, decoding_leaves_what_is_malformed) {
  EXPECT_EQ(http::percent_decode("a%20b%C3%a9"), "a b\xc3\xa9");
  EXPECT_EQ(http::percent_decode("%"), "%");
  EXPECT_EQ(http::percent_decode("%4"), "%4");
  EXPECT_EQ(http::percent_decode("%zz%4g%g4"), "%zz%4g%g4");
  EXPECT_EQ(http::percent_decode("%%41"), "%A");
  EXPECT_EQ(http::percent_decode("%2541"), "%41");
  EXPECT_EQ(http::percent_decode("a+b"), "a+b");
  EXPECT_EQ(http::percent_decode("%00"), "\0"sv);
  EXPECT_EQ(http::percent_decode(""), "");
}

TEST(percent, decoding_undoes_encoding) {
  std::string all;
  for (unsigned byte = 0; byte != 256; ++byte)
    all.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
  EXPECT_EQ(http::percent_decode(http::percent_encode(all)), all);
}

}  // namespace url_test
