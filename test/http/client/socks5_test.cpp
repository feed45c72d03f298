// The client's side of SOCKS5, byte by byte.
#include "http/client/socks5.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace bight::http::socks5 {
namespace {

using namespace std::string_view_literals;

/// Feeds as much as is wanted; returns what is left.
std::string_view feed(handshake& h, std::string_view bytes, std::size_t step = 1000) {
  while (h.wants() != 0 && !bytes.empty()) {
    const auto part = bytes.substr(0, std::min(step, h.wants()));
    h.feed(part);
    bytes.remove_prefix(part.size());
  }
  return bytes;
}

constexpr auto bound = "\x05\x00\x00\x01\x7f\x00\x00\x01\x1f\x90"sv;  // 127.0.0.1:8080

TEST(socks5, without_credentials_it_offers_no_authentication_and_asks_by_name) {
  handshake h{"example.org", 443, {}, {}};
  EXPECT_EQ(h.take_output(), "\x05\x01\x00"sv);
  EXPECT_EQ(h.take_output(), "");
  feed(h, "\x05\x00"sv);
  EXPECT_EQ(h.take_output(),
            "\x05\x01\x00\x03\x0b"
            "example.org\x01\xbb"sv);
  EXPECT_EQ(feed(h, bound), "");
  EXPECT_TRUE(h.done());
  EXPECT_EQ(h.wants(), 0U);
}

TEST(socks5, addresses_are_sent_as_addresses) {
  handshake h4{"192.0.2.1", 80, {}, {}};
  h4.take_output();
  feed(h4, "\x05\x00"sv);
  EXPECT_EQ(h4.take_output(), "\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50"sv);
  handshake h6{"2001:db8::1", 80, {}, {}};
  h6.take_output();
  feed(h6, "\x05\x00"sv);
  EXPECT_EQ(h6.take_output(),
            "\x05\x01\x00\x04\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x50"sv);
}

TEST(socks5, sends_user_name_and_password_when_asked) {
  handshake h{"a", 1, "user", "secret"};
  EXPECT_EQ(h.take_output(), "\x05\x02\x00\x02"sv);
  feed(h, "\x05\x02"sv);
  EXPECT_EQ(h.take_output(), "\x01\x04user\x06secret"sv);
  feed(h, "\x01\x00"sv);
  EXPECT_EQ(h.take_output(), "\x05\x01\x00\x03\x01\x61\x00\x01"sv);
}

TEST(socks5, keeps_user_name_and_password_when_not_asked) {
  handshake h{"a", 1, "user", "secret"};
  h.take_output();
  feed(h, "\x05\x00"sv);
  EXPECT_EQ(h.take_output(), "\x05\x01\x00\x03\x01\x61\x00\x01"sv);
}

TEST(socks5, says_why_it_failed) {
  const auto fed = [](std::string_view bytes, std::string user = {}) {
    handshake h{"a", 1, user, user};
    feed(h, bytes);
    EXPECT_TRUE(h.failed());
    EXPECT_FALSE(h.done());
    EXPECT_EQ(h.wants(), 0U);
    EXPECT_NE(h.error_text(), "");
    return h;
  };
  EXPECT_EQ(fed("HT"sv).error(), fault::protocol);
  EXPECT_EQ(fed("\x04\x00"sv).error(), fault::protocol);
  EXPECT_EQ(fed("\x05\xff"sv).error(), fault::no_method);
  EXPECT_EQ(fed("\x05\x02"sv).error(), fault::protocol);  // was not offered
  EXPECT_EQ(fed("\x05\x01"sv).error(), fault::protocol);
  EXPECT_EQ(fed("\x05\x02\x01\x01"sv, "u").error(), fault::credentials);
  EXPECT_EQ(fed("\x05\x00\x04\x00"sv).error(), fault::protocol);
  EXPECT_EQ(fed("\x05\x00\x05\x00\x00\x02\x00"sv).error(), fault::protocol);  // address type
  // The rest of a refusal is not waited for.
  const auto refused = fed("\x05\x00\x05\x05"sv);
  EXPECT_EQ(refused.error(), fault::refused);
  EXPECT_EQ(refused.error_text(), "connection refused");
  EXPECT_EQ(fed("\x05\x00\x05\x7b"sv).error_text(), "unknown reply");
}

// What follows the answer belongs to the server.
TEST(socks5, takes_no_byte_of_the_connection_however_it_is_split) {
  const std::vector<std::string> answers{std::string{bound},
                                         std::string("\x05\x00\x00\x03\x04host\x00\x50", 11),
                                         std::string("\x05\x00\x00\x03\x00\x00\x50", 7),
                                         std::string("\x05\x00\x00\x04", 4) + std::string(18, 'x')};
  for (const auto& answer : answers) {
    for (std::size_t step = 1; step != 12; ++step) {
      handshake h{"a", 1, {}, {}};
      const std::string all = "\x05" + std::string(1, '\0') + answer + "SSH-2.0";
      EXPECT_EQ(feed(h, all, step), "SSH-2.0");
      EXPECT_TRUE(h.done());
    }
  }
}

}  // namespace
}  // namespace bight::http::socks5
