// The parts of the opening handshake (RFC 6455 section 4).
#include "http/websocket/handshake.hpp"

#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

namespace bight::http::ws::handshake_test {

TEST(websocket_handshake, accept_of_the_rfc) {  // RFC 6455 section 1.3
  EXPECT_EQ(accept_of("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(websocket_handshake, keys) {
  std::set<std::string> keys;
  for (int i = 0; i != 100; ++i) {
    const auto key = make_key();
    EXPECT_TRUE(is_key(key)) << key;
    keys.insert(key);
  }
  EXPECT_EQ(keys.size(), 100U);
  EXPECT_TRUE(is_key("dGhlIHNhbXBsZSBub25jZQ=="));
  for (const std::string_view wrong : {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25j",
                                       "dGhlIHNhbXBsZSBub25jZXM=", "dGhlIHNhbXBsZSBub25jZQ==,",
                                       "dGhlIHNhbXBsZSBub25jZR==", "!GhlIHNhbXBsZSBub25jZQ=="})
    EXPECT_FALSE(is_key(wrong)) << wrong;
}

TEST(websocket_handshake, subprotocols) {
  const std::vector<std::string> known{"chat.v2", "chat.v1"};
  EXPECT_EQ(choose_protocol("chat.v1, chat.v2", known), "chat.v1");  // the client's order
  EXPECT_EQ(choose_protocol(" other ,chat.v2", known), "chat.v2");
  EXPECT_EQ(choose_protocol("Chat.v2", known), "");
  EXPECT_EQ(choose_protocol("", known), "");
  EXPECT_TRUE(is_protocol_list("a"));
  EXPECT_TRUE(is_protocol_list("a, b,c"));
  for (const std::string_view wrong : {"", ",", "a, a", "a b", "a;b", "\"a\""})
    EXPECT_FALSE(is_protocol_list(wrong)) << wrong;
}

TEST(websocket_handshake, origins_of_the_same_host) {
  EXPECT_TRUE(is_same_host("http://example.org", "example.org"));
  EXPECT_TRUE(is_same_host("https://example.org", "example.org"));
  EXPECT_TRUE(is_same_host("https://example.org", "EXAMPLE.org:443"));
  EXPECT_TRUE(is_same_host("http://example.org:8080", "example.org:8080"));
  EXPECT_TRUE(is_same_host("http://[::1]:8080", "[::1]:8080"));
  for (const std::string_view origin :
       {"null", "http://example.org.evil.org", "http://evil.org", "http://example.org:81",
        "https://example.org:80", "http://example.org/", "http://user@example.org", "file://example.org",
        "example.org", "", "http://example.org http://example.org"})
    EXPECT_FALSE(is_same_host(origin, "example.org")) << origin;
  EXPECT_FALSE(is_same_host("http://example.org", ""));
  EXPECT_FALSE(is_same_host("http://example.org", "a@example.org/x"));
}

}  // namespace bight::http::ws::handshake_test
