// proxy_settings and no_proxy_list: which requests go through a proxy.
#include <bight/http/proxy.hpp>

#include <gtest/gtest.h>

#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <map>
#include <string>

namespace bight::http::proxy_test {

using boost::system::system_error;

using variables = std::map<std::string, std::string>;

proxy_settings from(const variables& environment) {
  return proxy_settings::from_environment([&environment](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

std::string proxy_for(const proxy_settings& settings, std::string_view where) {
  const auto proxy = settings.for_url(url{where});
  return proxy ? proxy->href() : "direct";
}

bool excepted(std::string_view list, std::string_view where) {
  return no_proxy_list{list}.matches(url{where});
}

TEST(proxy_settings, are_empty_at_first) {
  EXPECT_TRUE(proxy_settings{}.empty());
  EXPECT_EQ(proxy_for({}, "http://example.com/"), "direct");
  EXPECT_TRUE(from({}).empty());
}

TEST(proxy_settings, come_from_the_environment_by_scheme) {
  const auto settings = from({{"http_proxy", "http://plain:3128"},
                              {"HTTPS_PROXY", "https://secure"},
                              {"all_proxy", "socks5h://user:pw@socks:1080"}});
  EXPECT_EQ(proxy_for(settings, "http://example.com/"), "http://plain:3128/");
  EXPECT_EQ(proxy_for(settings, "ws://example.com/"), "http://plain:3128/");
  EXPECT_EQ(proxy_for(settings, "https://example.com/"), "https://secure/");
  EXPECT_EQ(proxy_for(settings, "wss://example.com/"), "https://secure/");
  const auto rest = from({{"http_proxy", "http://plain"}, {"ALL_PROXY", "socks5h://user:pw@socks:1080"}});
  EXPECT_EQ(proxy_for(rest, "https://example.com/"), "socks5h://user:pw@socks:1080");
}

TEST(proxy_settings, lower_case_wins_and_empty_counts_as_unset) {
  EXPECT_EQ(proxy_for(from({{"http_proxy", "http://lower"}, {"HTTP_PROXY", "http://upper"}}), "http://a.b/"),
            "http://lower/");
  EXPECT_EQ(proxy_for(from({{"http_proxy", ""}, {"HTTP_PROXY", "http://upper"}}), "http://a.b/"),
            "http://upper/");
  EXPECT_TRUE(from({{"http_proxy", ""}, {"all_proxy", ""}}).empty());
}

TEST(proxy_settings, httpoxy_the_field_proxy_of_a_cgi_request_is_ignored) {
  EXPECT_TRUE(from({{"HTTP_PROXY", "http://evil"}, {"REQUEST_METHOD", "GET"}}).empty());
  EXPECT_TRUE(from({{"HTTP_PROXY", "http://evil"}, {"REQUEST_METHOD", ""}}).empty());
  const auto settings =
      from({{"http_proxy", "http://good"}, {"HTTP_PROXY", "http://evil"}, {"REQUEST_METHOD", "GET"}});
  EXPECT_EQ(proxy_for(settings, "http://example.com/"), "http://good/");
}

TEST(proxy_settings, a_proxy_without_a_scheme_is_http) {
  EXPECT_EQ(proxy_for(proxy_settings{"proxy:3128"}, "https://a.b/"), "http://proxy:3128/");
  EXPECT_EQ(proxy_for(proxy_settings{"10.0.0.1"}, "http://a.b/"), "http://10.0.0.1/");
  EXPECT_EQ(proxy_for(proxy_settings{"user:pw@[::1]:8080"}, "http://a.b/"), "http://user:pw@[::1]:8080/");
}

TEST(proxy_settings, errors_name_the_variable_and_hide_the_password) {
  const auto error_of = [](const variables& environment) {
    try {
      static_cast<void>(from(environment));
    } catch (const system_error& e) { return std::string{e.what()}; }
    return std::string{};
  };
  const auto text = error_of({{"https_proxy", "ftp://user:secret@proxy"}});
  EXPECT_NE(text.find("https_proxy 'ftp://user:***@proxy"), text.npos) << text;
  EXPECT_EQ(text.find("secret"), text.npos);
  EXPECT_NE(error_of({{"ALL_PROXY", "http://"}}).find("ALL_PROXY"), std::string::npos);
  EXPECT_THROW(proxy_settings{"socks4://proxy"}, system_error);
  EXPECT_THROW(proxy_settings{"http://bad host/"}, system_error);
}

TEST(proxy_settings, loopback_is_never_reached_through_a_proxy) {
  const proxy_settings settings{"http://proxy:3128"};
  for (const char* where : {"http://localhost/", "http://LOCALHOST:8080/", "http://localhost./",
                            "https://app.localhost/", "http://127.0.0.1/", "http://127.9.9.9/",
                            "http://0x7f.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/"})
    EXPECT_EQ(proxy_for(settings, where), "direct") << where;
  for (const char* where : {"http://localhost.com/", "http://notlocalhost/", "http://128.0.0.1/",
                            "http://[::2]/", "http://127.example.com/"})
    EXPECT_NE(proxy_for(settings, where), "direct") << where;
}

TEST(proxy_settings, no_proxy_is_read) {
  const auto settings = from({{"all_proxy", "http://p"}, {"NO_PROXY", "example.com"}, {"no_proxy", ""}});
  EXPECT_EQ(proxy_for(settings, "https://www.example.com/"), "direct");
  EXPECT_EQ(proxy_for(settings, "https://example.org/"), "http://p/");
}

TEST(no_proxy_list, a_name_includes_its_subdomains) {
  for (const char* list :
       {"example.com", ".example.com", "*.example.com", "EXAMPLE.com.", "a,example.com", "a example.com"}) {
    EXPECT_TRUE(excepted(list, "http://example.com/")) << list;
    EXPECT_TRUE(excepted(list, "http://a.b.example.com:8080/")) << list;
    EXPECT_TRUE(excepted(list, "http://example.com./")) << list;
    EXPECT_FALSE(excepted(list, "http://badexample.com/")) << list;
    EXPECT_FALSE(excepted(list, "http://example.com.evil.org/")) << list;
    EXPECT_FALSE(excepted(list, "http://com/")) << list;
  }
}

TEST(no_proxy_list, a_star_is_everything) {
  EXPECT_TRUE(excepted("*", "http://example.com/"));
  EXPECT_TRUE(excepted("a.b, *", "http://[::5]/"));
  EXPECT_FALSE(excepted("*a", "http://a/"));
  EXPECT_FALSE(excepted("", "http://a/"));
  EXPECT_TRUE(no_proxy_list{" , "}.empty());
}

TEST(no_proxy_list, ports) {
  EXPECT_TRUE(excepted("example.com:8080", "http://www.example.com:8080/"));
  EXPECT_FALSE(excepted("example.com:8080", "http://example.com/"));
  EXPECT_TRUE(excepted("example.com:80", "http://example.com/"));
  EXPECT_TRUE(excepted("example.com:443", "https://example.com/"));
  EXPECT_TRUE(excepted("10.0.0.1:81", "http://10.0.0.1:81/"));
  EXPECT_TRUE(excepted("[fd00::1]:81", "http://[fd00::1]:81/"));
  EXPECT_FALSE(excepted("[fd00::1]:81", "http://[fd00::1]/"));
  EXPECT_FALSE(excepted("example.com:99999", "http://example.com:34463/"));
}

TEST(no_proxy_list, addresses_match_in_any_spelling) {
  EXPECT_TRUE(excepted("10.1.2.3", "http://10.1.2.3/"));
  EXPECT_TRUE(excepted("10.1.2.3", "http://0xa.1.2.3/"));
  EXPECT_TRUE(excepted("fd00::1", "http://[fd00:0::1]/"));
  EXPECT_TRUE(excepted("[FD00::1]", "http://[fd00::1]/"));
  EXPECT_FALSE(excepted("2.3", "http://10.1.2.3/")) << "no suffixes of addresses";
  EXPECT_FALSE(excepted("10.1.2.3", "http://10.1.2.30/"));
}

TEST(no_proxy_list, networks) {
  EXPECT_TRUE(excepted("10.0.0.0/8", "http://10.255.0.1/"));
  EXPECT_FALSE(excepted("10.0.0.0/8", "http://11.0.0.1/"));
  EXPECT_TRUE(excepted("192.168.4.0/22", "http://192.168.7.255/"));
  EXPECT_FALSE(excepted("192.168.4.0/22", "http://192.168.8.0/"));
  EXPECT_TRUE(excepted("fd00::/8", "http://[fdff::1]/"));
  EXPECT_FALSE(excepted("fd00::/8", "http://[fe00::1]/"));
  EXPECT_TRUE(excepted("[2001:db8::]/33", "http://[2001:db8:7fff::1]/"));
  EXPECT_FALSE(excepted("2001:db8::/33", "http://[2001:db8:8000::1]/"));
  EXPECT_TRUE(excepted("10.0.0.1/32", "http://10.0.0.1/"));
  EXPECT_TRUE(excepted("0.0.0.0/0", "http://8.8.8.8/"));
  EXPECT_FALSE(excepted("0.0.0.0/0", "http://[fd00::1]/"));
  EXPECT_TRUE(excepted("::/0", "http://[fd00::1]/"));
  EXPECT_TRUE(excepted("10.0.0.0/8", "http://[::ffff:10.0.0.1]/"));
  EXPECT_FALSE(excepted("10.0.0.0/8", "http://ten.example/"));
}

TEST(no_proxy_list, malformed_entries_match_nothing) {
  for (const char* list : {"10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "fd00::/129", "/8", "a/b", "a b@", "a:b",
                           "[::1", ":80", ".", "a?b"})
    for (const char* where : {"http://10.0.0.1/", "http://[fd00::1]/", "http://host.example/"})
      EXPECT_FALSE(excepted(list, where)) << list << ' ' << where;
}

TEST(no_proxy_list, international_names) {
  EXPECT_TRUE(
      excepted("b\xc3\xbc"
               "cher.example",
               "http://www.xn--bcher-kva.example/"));
}

}  // namespace bight::http::proxy_test
