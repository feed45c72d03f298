// Networks in CIDR notation.
#include <bight/net/ip_network.hpp>

#include <gtest/gtest.h>
#include <bight/net/error.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>

namespace bight::net::ip_network_test {

static_assert(std::is_trivially_copyable_v<ip_network>);

ip_address address(std::string_view text) { return ip_address::parse(text).value(); }
ip_network network(std::string_view text) { return ip_network::parse(text).value(); }

TEST(ip_network, is_read_and_written) {
  EXPECT_EQ(network("10.0.0.0/8").to_string(), "10.0.0.0/8");
  EXPECT_EQ(network("10.1.2.3/8").to_string(), "10.0.0.0/8");  // the rest says nothing
  EXPECT_EQ(network("192.0.2.1").to_string(), "192.0.2.1/32");
  EXPECT_EQ(network("0.0.0.0/0").to_string(), "0.0.0.0/0");
  EXPECT_EQ(network("fd00::/8").to_string(), "fd00::/8");
  EXPECT_EQ(network("[2001:db8::]/33").to_string(), "2001:db8::/33");
  EXPECT_EQ(network("::1").to_string(), "::1/128");
  EXPECT_EQ(network("::/0"), ip_network{});
}

TEST(ip_network, what_is_none_is_refused) {
  for (const auto* const text :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ", "10.0.0.0/+8", "::/129",
        "fe80::1%1", "10.0.0/8", "example.org", "[10.0.0.0", "unix", "10.0.0.0/8/8", "10.0.0.0/0x8"}) {
    const auto parsed = ip_network::parse(text);
    EXPECT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error(), errc::invalid_address) << text;
  }
}

TEST(ip_network, contains_what_begins_like_it) {
  EXPECT_TRUE(network("10.0.0.0/8").contains(address("10.255.0.1")));
  EXPECT_FALSE(network("10.0.0.0/8").contains(address("11.0.0.0")));
  EXPECT_TRUE(network("192.0.2.128/25").contains(address("192.0.2.129")));
  EXPECT_FALSE(network("192.0.2.128/25").contains(address("192.0.2.127")));
  EXPECT_TRUE(network("2001:db8::/33").contains(address("2001:db8:7fff::1")));
  EXPECT_FALSE(network("2001:db8::/33").contains(address("2001:db8:8000::1")));
  EXPECT_TRUE(network("0.0.0.0/0").contains(address("203.0.113.7")));
  EXPECT_FALSE(network("0.0.0.0/0").contains(address("2001:db8::1")));
  EXPECT_TRUE(ip_network{}.contains(address("203.0.113.7")));
  EXPECT_TRUE(network("192.0.2.1").contains(address("192.0.2.1")));
  EXPECT_FALSE(network("192.0.2.1").contains(address("192.0.2.2")));
}

TEST(ip_network, does_not_tell_mapped_addresses_from_ipv4) {
  EXPECT_TRUE(network("10.0.0.0/8").contains(address("::ffff:10.1.2.3")));
  EXPECT_TRUE(network("::ffff:10.0.0.0/104").contains(address("10.1.2.3")));
  EXPECT_EQ(network("::ffff:10.0.0.0/104"), network("10.0.0.0/8"));
}

TEST(ip_network, of_a_client_is_an_ipv4_address_or_64_bits_of_ipv6) {
  EXPECT_EQ(ip_network::of_client(address("192.0.2.1")).to_string(), "192.0.2.1/32");
  EXPECT_EQ(ip_network::of_client(address("::ffff:192.0.2.1")).to_string(), "192.0.2.1/32");
  const auto one = ip_network::of_client(address("2001:db8:1:2:3:4:5:6"));
  EXPECT_EQ(one.to_string(), "2001:db8:1:2::/64");
  const auto same = ip_network::of_client(address("2001:db8:1:2::"));
  EXPECT_EQ(one, same);
  EXPECT_EQ(std::hash<ip_network>{}(one), std::hash<ip_network>{}(same));
  EXPECT_NE(one, ip_network::of_client(address("2001:db8:1:3::")));
}

}  // namespace bight::net::ip_network_test
