// The PROXY protocol's header: versions 1 and 2, whole and byte by byte.
#include "net/detail/proxy_header.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <bight/net/address.hpp>
#include <string>
#include <string_view>

namespace bight::net::proxy_header_test {

using namespace std::string_literals;
using detail::proxy_header;
using ::testing::HasSubstr;

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;

struct outcome {
  bool done = false;
  std::string error;
  std::string source;
  std::string destination;
  std::size_t used = 0;
  bool operator==(const outcome&) const = default;
};

// What comes of `bytes` if at most `piece` bytes come at a time.
outcome parse(std::string_view bytes, std::size_t piece) {
  proxy_header h;
  outcome o;
  while (h.wants() != 0 && o.used != bytes.size()) {
    const auto part = bytes.substr(o.used, std::min(piece, h.wants()));
    h.feed(part);
    o.used += part.size();
  }
  o.done = h.done();
  o.error = h.error();
  if (h.source()) o.source = h.source()->to_string();
  if (h.destination()) o.destination = h.destination()->to_string();
  return o;
}

// The same at every size of the pieces. How much of a wrong header is looked at may differ.
outcome parse(const std::string& bytes) {
  const auto whole = parse(bytes, bytes.size() + 1);
  for (std::size_t piece = 1; piece <= std::min<std::size_t>(bytes.size(), 64); ++piece) {
    auto split = parse(bytes, piece);
    if (!whole.error.empty()) split.used = whole.used;
    EXPECT_TRUE(split == whole) << piece << " at a time: " << split.error;
  }
  return whole;
}

std::string v2(unsigned char command, unsigned char family, const std::string& rest) {
  std::string text = signature;
  text += static_cast<char>(command);
  text += static_cast<char>(family);
  text += static_cast<char>(rest.size() >> 8U);
  text += static_cast<char>(rest.size() & 0xffU);
  return text + rest;
}
const std::string v4_addresses = "\xc0\x00\x02\x07\xc6\x33\x64\x01\xc0\x00\x01\xbb"s;

void expect_taken(const std::string& header, std::string_view source, std::string_view destination) {
  const auto o = parse(header + "GET / HTTP/1.1\r\n");
  EXPECT_TRUE(o.done) << o.error;
  EXPECT_EQ(o.source, source);
  EXPECT_EQ(o.destination, destination);
  EXPECT_EQ(o.used, header.size());  // and not a byte more
}

void expect_refused(const std::string& bytes, const char* why) {
  const auto o = parse(bytes);
  EXPECT_FALSE(o.done) << bytes;
  EXPECT_THAT(o.error, HasSubstr(why)) << bytes;
  EXPECT_EQ(o.source, "");
}

TEST(proxy_header, version_1_names_the_ends_of_a_tcp_connection) {
  expect_taken("PROXY TCP4 192.0.2.7 198.51.100.1 49152 443\r\n", "192.0.2.7:49152", "198.51.100.1:443");
  expect_taken("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0:0", "0.0.0.0:0");
  expect_taken("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535",
               "255.255.255.255:65535");
  expect_taken("PROXY TCP6 2001:db8::7 ::1 49152 443\r\n", "[2001:db8::7]:49152", "[::1]:443");
  expect_taken("PROXY TCP6 :: :: 0 0\r\n", "[::]:0", "[::]:0");
}

TEST(proxy_header, version_1_unknown_is_the_connection_itself_whatever_follows) {
  expect_taken("PROXY UNKNOWN\r\n", "", "");
  expect_taken("PROXY UNKNOWN 192.0.2.7 198.51.100.1 49152 443\r\n", "", "");
  expect_taken("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", "", "");
  expect_taken("PROXY UNKNOWN " + std::string(107 - 16, 'x') + "\r\n", "", "");
}

TEST(proxy_header, version_1_is_exact) {
  constexpr auto invalid = "invalid address or port";
  expect_refused("PROXY TCP4 192.0.2.7 198.51.100.1 49152 0443\r\n", invalid);
  expect_refused("PROXY TCP4 192.0.2.7 198.51.100.1 49152 65536\r\n", invalid);
  expect_refused("PROXY TCP4 192.0.2.7 198.51.100.1 49152 -1\r\n", invalid);
  expect_refused("PROXY TCP4 192.0.2.7 198.51.100.1 49152 443 \r\n", invalid);
  expect_refused("PROXY TCP4 192.0.2.7 198.51.100.1 49152 443 1\r\n", invalid);
  expect_refused("PROXY TCP4 192.0.2.7 198.51.100.1 49152\r\n", invalid);
  expect_refused("PROXY TCP4  192.0.2.7 198.51.100.1 49152 443\r\n", invalid);
  expect_refused("PROXY TCP4 192.0.2.07 198.51.100.1 49152 443\r\n", invalid);
  expect_refused("PROXY TCP4 2001:db8::7 ::1 49152 443 and more\r\n", invalid);
  expect_refused("PROXY TCP6 192.0.2.7 198.51.100.1 49152 443\r\n", invalid);
  expect_refused("PROXY TCP6 fe80::7%1 ::1 49152 443\r\n", invalid);
  expect_refused("PROXY UDP4 192.0.2.7 198.51.100.1 49152 443\r\n", "unknown family");
  expect_refused("PROXY unknown 192.0.2.7\r\n", "unknown family");
  expect_refused("PROXY  TCP4 192.0.2.7 198.51.100.1 49152 443\r\n", "unknown family");
  expect_refused("PROXY TCP4 192.0.2.7 198.51.100.1 49152 443\n\n", "CRLF");
}

TEST(proxy_header, version_1_has_at_most_107_bytes) {
  expect_refused("PROXY UNKNOWN " + std::string(107 - 15, 'x') + "\r\n", "107 bytes");
  const auto o = parse("PROXY TCP4 " + std::string(1000, ' '), 10'000);
  EXPECT_THAT(o.error, HasSubstr("107 bytes"));
  EXPECT_LE(o.used, proxy_header::max_line);
}

TEST(proxy_header, version_2_names_the_ends_of_a_connection) {
  expect_taken(v2(0x21, 0x11, v4_addresses), "192.0.2.7:49152", "198.51.100.1:443");
  const auto v6 =
      "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"s + std::string(15, '\0') + "\x01\xc0\x00\x01\xbb"s;
  expect_taken(v2(0x21, 0x21, v6), "[2001:db8::7]:49152", "[::1]:443");
  const auto field = [](std::string text) { return text + std::string(108 - text.size(), '\0'); };
  expect_taken(v2(0x21, 0x31, field("/run/a.sock") + field("\0web"s)), "unix:/run/a.sock", "unix:@web");
  expect_taken(v2(0x21, 0x31, field("") + std::string(108, 'x')), "unix:", "unix:");
}

TEST(proxy_header, version_2_extensions_are_skipped) {
  expect_taken(v2(0x21, 0x11, v4_addresses + "\x01\x00\x02h2"s), "192.0.2.7:49152", "198.51.100.1:443");
  expect_taken(v2(0x21, 0x11, v4_addresses + std::string(65'535 - v4_addresses.size(), 'x')),
               "192.0.2.7:49152", "198.51.100.1:443");
}

TEST(proxy_header, version_2_local_and_what_is_no_stream_is_the_connection_itself) {
  expect_taken(v2(0x20, 0x00, ""), "", "");
  expect_taken(v2(0x20, 0x11, v4_addresses), "", "");  // of a health check
  expect_taken(v2(0x20, 0xff, "whatever"), "", "");    // ignored with LOCAL
  expect_taken(v2(0x21, 0x00, ""), "", "");
  expect_taken(v2(0x21, 0x00, "abc"), "", "");
  expect_taken(v2(0x21, 0x12, v4_addresses), "", "");
}

TEST(proxy_header, version_2_is_exact) {
  expect_refused(v2(0x11, 0x11, v4_addresses), "unknown version");
  expect_refused(v2(0x31, 0x11, v4_addresses), "unknown version");
  expect_refused(v2(0x22, 0x11, v4_addresses), "unknown command");
  expect_refused(v2(0x21, 0x41, v4_addresses), "unknown family");
  expect_refused(v2(0x21, 0x13, v4_addresses), "unknown family");
  expect_refused(v2(0x21, 0x11, v4_addresses.substr(1)), "too short");
  expect_refused(v2(0x21, 0x21, v4_addresses), "too short");
  expect_refused(v2(0x21, 0x31, v4_addresses), "too short");
}

TEST(proxy_header, what_is_none_is_known_at_its_first_wrong_byte) {
  for (const auto& bytes : {"GET / HTTP/1.1\r\nHost: x\r\n\r\n"s, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc"s,
                            "PROXZ TCP4 192.0.2.7"s, "PROXYTCP4 192.0.2.7 1"s, "\r\n\r\nGET / HTTP/1.1"s})
    EXPECT_THAT(parse(bytes).error, HasSubstr("no PROXY protocol header")) << bytes;
  EXPECT_EQ(parse("GET /", 1).used, 1U);
  EXPECT_EQ(parse("\r\n\r\nGET", 1).used, 5U);
}

TEST(proxy_header, one_that_ends_early_is_neither_done_nor_wrong) {
  for (const auto& header :
       {"PROXY TCP4 192.0.2.7 198.51.100.1 49152 443\r\n"s, v2(0x21, 0x11, v4_addresses + "abc")}) {
    for (std::size_t n = 0; n != header.size(); ++n) {
      const auto o = parse(header.substr(0, n));
      EXPECT_FALSE(o.done) << n;
      EXPECT_EQ(o.error, "") << n;
      EXPECT_EQ(o.used, n);
    }
  }
}

}  // namespace bight::net::proxy_header_test
