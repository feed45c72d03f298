// Addresses and endpoints: what is read, what is refused, how they are written.
#include <bight/net/address.hpp>

#include <gtest/gtest.h>
#include <bight/net/error.hpp>
#include <boost/system/system_error.hpp>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>

namespace bight::net::address_test {

using namespace std::string_view_literals;

static_assert(std::is_trivially_copyable_v<ip_address>);
static_assert(std::is_trivially_copyable_v<endpoint>);

struct reading {
  std::string_view text;
  std::string_view written;
};

TEST(ip_address, is_read_and_written_as_rfc_5952_says) {
  constexpr reading table[] = {
      {"127.0.0.1", "127.0.0.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"::", "::"},
      {"::1", "::1"},
      {"0:0:0:0:0:0:0:1", "::1"},
      {"2001:DB8::A", "2001:db8::a"},                                    // lower case
      {"2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"},  // the first of two equal runs
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},                           // the longest run
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},                  // one group is not shortened
      {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
      {"fe80::1%2", "fe80::1%2"},
      {"fe80::1%4294967295", "fe80::1%4294967295"},
  };
  for (const auto& row : table) {
    const auto a = ip_address::parse(row.text);
    ASSERT_TRUE(a) << row.text;
    EXPECT_EQ(a->to_string(), row.written);
    const auto again = ip_address::parse(a->to_string());
    ASSERT_TRUE(again) << row.written;
    EXPECT_EQ(*again, *a);
  }
}

TEST(ip_address, refuses_everything_else) {
  constexpr std::string_view table[] = {
      ""sv,
      " "sv,
      "localhost"sv,
      "127.0.0"sv,
      "127.0.0.1.1"sv,
      "127.0.0.256"sv,
      "127.1"sv,
      "2130706433"sv,
      "0x7f.0.0.1"sv,
      "127.0.0.01"sv,
      "127.0.0.1 "sv,
      " 127.0.0.1"sv,
      "127.0.0.1:80"sv,
      "127.0.0.-1"sv,
      ":"sv,
      ":::"sv,
      "1::2::3"sv,
      "1:2:3:4:5:6:7"sv,
      "1:2:3:4:5:6:7:8:9"sv,
      "12345::"sv,
      "g::"sv,
      "[::1]"sv,
      "::1%"sv,
      "::1%0"sv,
      "::1%no-such-interface"sv,
      "::1%4294967296"sv,
      "127.0.0.1%1"sv,
      "%1"sv,
      "::%1%1"sv,
      "127.0.0.1\0"sv,
      "127.0.0.1\0.example"sv,
      "::1\0x"sv,
      "\0"sv,
      "fe80::1%lo\0x"sv,
      "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"sv,
  };
  for (const auto text : table) {
    const auto a = ip_address::parse(text);
    ASSERT_FALSE(a) << text;
    EXPECT_EQ(a.error(), errc::invalid_address) << text;
  }
}

TEST(ip_address, reads_the_name_of_an_interface_as_its_number) {
  const auto a = ip_address::parse("fe80::1%lo");
  ASSERT_TRUE(a);
  EXPECT_NE(a->scope_id(), 0U);
  EXPECT_EQ(a->to_string(), "fe80::1%" + std::to_string(a->scope_id()));
}

TEST(ip_address, knows_its_family_and_bytes) {
  constexpr ip_address nothing;
  EXPECT_TRUE(nothing.is_v4());
  EXPECT_EQ(nothing.to_string(), "0.0.0.0");

  constexpr auto four = ip_address{ip_address::v4_bytes{192, 0, 2, 7}};
  static_assert(four.is_v4() && !four.is_v6());
  EXPECT_EQ(four.to_string(), "192.0.2.7");
  EXPECT_EQ(four.v4(), (ip_address::v4_bytes{192, 0, 2, 7}));

  const ip_address::v6_bytes bytes{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
  const ip_address six{bytes, 3};
  EXPECT_TRUE(six.is_v6());
  EXPECT_EQ(six.v6(), bytes);
  EXPECT_EQ(six.scope_id(), 3U);
  EXPECT_EQ(six.to_string(), "fe80::9%3");
}

TEST(ip_address, knows_loopback) {
  for (const auto* yes :
       {"127.0.0.1", "127.0.0.0", "127.255.255.255", "::1", "::ffff:127.0.0.1", "::ffff:127.9.9.9"})
    EXPECT_TRUE(ip_address::parse(yes).value().is_loopback()) << yes;
  for (const auto* no :
       {"126.0.0.1", "128.0.0.1", "0.0.0.0", "::", "::2", "::ffff:128.0.0.1", "::127.0.0.1", "fe80::1"})
    EXPECT_FALSE(ip_address::parse(no).value().is_loopback()) << no;
  EXPECT_EQ(ip_address::loopback().to_string(), "127.0.0.1");
}

TEST(ip_address, is_ordered_and_told_apart_by_scope_and_family) {
  const auto parse = [](std::string_view text) { return ip_address::parse(text).value(); };
  EXPECT_NE(parse("fe80::1%1"), parse("fe80::1%2"));
  EXPECT_NE(parse("0.0.0.0"), parse("::"));
  EXPECT_LT(parse("10.0.0.1"), parse("10.0.0.2"));
  const std::set<ip_address> all{parse("10.0.0.1"), parse("10.0.0.1"), parse("::1"), parse("::1%1")};
  EXPECT_EQ(all.size(), 3U);
}

TEST(endpoint, is_read_and_written) {
  constexpr reading table[] = {
      {"127.0.0.1:80", "127.0.0.1:80"}, {"0.0.0.0:0", "0.0.0.0:0"},         {"[::1]:80", "[::1]:80"},
      {"[::]:65535", "[::]:65535"},     {"[fe80::1%2]:7", "[fe80::1%2]:7"}, {"10.0.0.1:0080", "10.0.0.1:80"},
  };
  for (const auto& row : table) {
    const auto e = endpoint::parse(row.text);
    ASSERT_TRUE(e) << row.text;
    EXPECT_EQ(e->to_string(), row.written);
    EXPECT_EQ(endpoint::parse(e->to_string()).value(), *e);
  }
  EXPECT_EQ(endpoint{}.to_string(), "0.0.0.0:0");
}

TEST(endpoint, refuses_everything_else) {
  constexpr std::string_view table[] = {
      ""sv,
      "127.0.0.1"sv,
      "127.0.0.1:"sv,
      ":80"sv,
      "127.0.0.1:65536"sv,
      "127.0.0.1:-1"sv,
      "127.0.0.1:+1"sv,
      "127.0.0.1: 80"sv,
      "127.0.0.1:80 "sv,
      "127.0.0.1:8o"sv,
      "127.0.0.1:99999999999999999999"sv,
      "::1:80"sv,
      "[::1]"sv,
      "[::1]80"sv,
      "[::1]:"sv,
      "[127.0.0.1]:80"sv,
      "[]:80"sv,
      "[:80"sv,
      "]:80"sv,
      "[::1:80"sv,
      "localhost:80"sv,
      "[localhost]:80"sv,
      "127.0.0.1\0:80"sv,
      "127.0.0.1:80\0"sv,
  };
  for (const auto text : table) {
    const auto e = endpoint::parse(text);
    ASSERT_FALSE(e) << text;
    EXPECT_EQ(e.error(), errc::invalid_address) << text;
  }
}

TEST(endpoint, is_the_path_of_a_unix_domain_socket) {
  const auto e = endpoint::unix_path("/run/app.sock");
  EXPECT_TRUE(e.is_unix());
  EXPECT_FALSE(e.is_ip());
  EXPECT_FALSE(e.is_abstract());
  EXPECT_EQ(e.path(), "/run/app.sock");
  EXPECT_EQ(e.to_string(), "unix:/run/app.sock");
  EXPECT_EQ(e.address(), ip_address{});
  EXPECT_EQ(e.port(), 0);
  EXPECT_EQ(endpoint::parse("unix:/run/app.sock").value(), e);
  EXPECT_NE(endpoint::unix_path("/run/app.soc"), e);
  EXPECT_NE(endpoint{}, e);
  EXPECT_EQ(endpoint{}.path(), "");
}

TEST(endpoint, is_an_abstract_name) {
  const auto e = endpoint::unix_abstract("app"sv);
  EXPECT_TRUE(e.is_abstract());
  EXPECT_EQ(e.path(), "app");
  EXPECT_EQ(e.to_string(), "unix:@app");
  EXPECT_EQ(endpoint::parse("unix:@app").value(), e);
  EXPECT_NE(endpoint::unix_path("app"), e);
  EXPECT_EQ(endpoint::unix_abstract("a\0b"sv).path(), "a\0b"sv);
  EXPECT_EQ(endpoint::unix_abstract("a\0b"sv).to_string(), "unix:@a@b");
}

TEST(endpoint, a_path_that_begins_with_an_at_sign_stays_a_path) {
  const auto e = endpoint::unix_path("@file");
  EXPECT_EQ(e.to_string(), "unix:./@file");
  EXPECT_FALSE(endpoint::parse(e.to_string()).value().is_abstract());
}

TEST(endpoint, of_a_unix_domain_socket_may_have_no_name) {
  constexpr auto e = endpoint::unix_unnamed();
  EXPECT_TRUE(e.is_unix());
  EXPECT_EQ(e.path(), "");
  EXPECT_EQ(e.to_string(), "unix:");
  EXPECT_FALSE(endpoint::parse("unix:"));
}

TEST(endpoint, has_paths_up_to_the_limit_of_the_kernel) {
  const std::string longest(endpoint::max_path, 'x');
  EXPECT_EQ(endpoint::unix_path(longest).path(), longest);
  EXPECT_EQ(endpoint::unix_abstract(longest).path(), longest);
  EXPECT_EQ(endpoint::parse("unix:" + longest).value().path(), longest);
  const auto too_long = longest + 'x';
  EXPECT_FALSE(endpoint::parse("unix:" + too_long));
  EXPECT_FALSE(endpoint::parse("unix:@" + too_long));
  EXPECT_FALSE(endpoint::parse("unix:a\0b"sv));
  for (const auto path : {std::string_view{too_long}, ""sv, "a\0b"sv}) {
    try {
      static_cast<void>(endpoint::unix_path(path));
      ADD_FAILURE() << path;
    } catch (const boost::system::system_error& e) {
      EXPECT_EQ(e.code(), errc::invalid_address);
      EXPECT_NE(std::string_view{e.what()}.find("Unix domain socket \""), std::string_view::npos) << e.what();
    }
  }
}

TEST(endpoint, differs_by_port) {
  const endpoint a{ip_address::loopback(), 1};
  const endpoint b{ip_address::loopback(), 2};
  EXPECT_LT(a, b);
  EXPECT_EQ(a.address(), b.address());
  EXPECT_EQ(b.port(), 2);
}

// What a client that is told URLs by strangers must not connect to.
TEST(ip_address, is_public_knows_the_special_purpose_blocks) {
  for (const auto* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "10.255.255.255",
                           "100.64.0.1",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.254",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.0.2.1",
                           "192.88.99.1",
                           "192.168.0.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.1",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::127.0.0.1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::ffff:169.254.169.254",
                           "64:ff9b::127.0.0.1",
                           "64:ff9b::a00:1",
                           "64:ff9b:1::8.8.8.8",
                           "100::1",
                           "2001::1",
                           "2001:0:4136:e378::1",
                           "2001:10::1",
                           "2001:db8::1",
                           "2002:7f00:1::",
                           "2002:a00:1::1",
                           "2002:c0a8:1::",
                           "3fff::1",
                           "5f00::1",
                           "fc00::1",
                           "fd12:3456::1",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "ff02::1",
                           "ff0e::1",
                           "4000::1"})
    EXPECT_FALSE(ip_address::parse(text).value().is_public()) << text;
  for (const auto* text : {"1.1.1.1",          "8.8.8.8",         "9.255.255.255",
                           "11.0.0.0",         "100.63.255.255",  "100.128.0.0",
                           "126.0.0.1",        "128.0.0.1",       "169.253.0.1",
                           "172.15.0.1",       "172.32.0.1",      "192.0.1.1",
                           "192.167.0.1",      "192.169.0.1",     "198.17.0.1",
                           "198.20.0.1",       "223.255.255.255", "::ffff:8.8.8.8",
                           "64:ff9b::8.8.8.8", "2001:200::1",     "2001:4860:4860::8888",
                           "2002:808:808::1",  "2606:4700::1111", "2a00::1"})
    EXPECT_TRUE(ip_address::parse(text).value().is_public()) << text;
}

}  // namespace bight::net::address_test
