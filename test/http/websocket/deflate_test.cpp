// permessage-deflate: what is compressed and what is decompressed (RFC 7692).
#include "http/websocket/deflate.hpp"

#include <gtest/gtest.h>
#include <string>

#include "http/websocket/receiver.hpp"
#include "transcript.hpp"

namespace bight::http::ws::deflate_test {

using namespace std::string_literals;

std::string compressed(std::string_view text, const deflate_settings& settings = {}) {
  deflater out{settings};
  std::string result;
  out.deflate(text, result);
  return result;
}

std::string varied(std::size_t size) {
  std::string text;
  unsigned state = 1;
  while (text.size() < size) {
    state = state * 1664525U + 1013904223U;
    text.append(std::to_string(state)).append(state % 3 == 0 ? " words " : ",");
  }
  text.resize(size);
  return text;
}

std::string read(const std::string& input, std::size_t split, bool takeover = false,
                 const receive_limits& limits = {}) {
  receiver in{side::server, limits, std::make_unique<inflater>(takeover)};
  return transcript(in, input, split);
}

TEST(websocket_deflate, examples_of_the_rfc) {  // RFC 7692 section 7.2.3
  const auto hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;
  for (const std::size_t split : {1000U, 1U, 2U, 3U}) {
    EXPECT_EQ(read(frame(0xc1, hello), split), "text:Hello\n");
    EXPECT_EQ(read(frame(0x41, hello.substr(0, 3)) + frame(0x80, hello.substr(3)), split), "text:Hello\n");
    // With a shared window, the second time is shorter.
    EXPECT_EQ(read(frame(0xc1, hello) + frame(0xc1, "\xf2\x00\x11\x00\x00"s), split, true),
              "text:Hello\ntext:Hello\n");
    EXPECT_EQ(read(frame(0xc1, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s), split), "text:Hello\n");
    EXPECT_EQ(read(frame(0xc1, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s), split), "text:Hello\n");  // BFINAL
    EXPECT_EQ(read(frame(0xc1, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s), split),
              "text:Hello\n");
    EXPECT_EQ(read(frame(0xc1, "\x00"s), split), "text:\n");
  }
}

TEST(websocket_deflate, a_final_block_does_not_end_the_connection) {
  const auto final_block = frame(0xc1, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s);
  for (const bool takeover : {false, true})
    EXPECT_EQ(read(final_block + final_block + frame(0xc1, compressed("more")), 1, takeover),
              "text:Hello\ntext:Hello\ntext:more\n");
}

TEST(websocket_deflate, plain_messages_between_compressed_ones) {
  EXPECT_EQ(read(frame(0xc1, compressed("one")) + frame(0x81, "two") + frame(0xc2, compressed("three")), 1),
            "text:one\ntext:two\nbinary:three\n");
}

TEST(websocket_deflate, compressed_messages_come_back) {
  for (const std::size_t size : {0U, 1U, 2U, 63U, 64U, 65U, 1000U, 4096U, 100000U, 300000U}) {
    const auto text = varied(size);
    for (const int bits : {9, 10, 15}) {
      deflate_settings settings;
      settings.window_bits = bits;
      const auto wire = compressed(text, settings);
      EXPECT_LT(wire.size(), size + 16);
      EXPECT_EQ(read(frame(0xc1, wire), 1000000), "text:" + text + "\n") << size << " " << bits;
      EXPECT_EQ(read(frame(0xc1, wire), 7), "text:" + text + "\n");
    }
  }
}

TEST(websocket_deflate, context_takeover_shortens_what_repeats) {
  deflate_settings settings;
  settings.takeover = true;
  deflater out{settings};
  const auto text = varied(1000);
  std::string first;
  std::string second;
  out.deflate(text, first);
  out.deflate({}, second);
  EXPECT_EQ(second, "\0"s);
  second.clear();
  out.deflate(text, second);
  EXPECT_LT(second.size(), first.size() / 4);
  const auto input = frame(0xc1, first) + frame(0xc1, "\0"s) + frame(0xc1, second);
  EXPECT_EQ(read(input, 5, true), "text:" + text + "\ntext:\ntext:" + text + "\n");
  // Without it, the receiver has forgotten what the second one refers to.
  EXPECT_EQ(read(input, 5, false), "text:" + text + "\ntext:\nerror:1007 invalid compressed data");
}

// What one connection has compressed must not be seen by another one of the thread.
TEST(websocket_deflate, contexts_that_are_shared_forget) {
  const auto text = varied(1000);
  const auto first = compressed(text);
  EXPECT_EQ(compressed(text), first);
  deflater a{deflate_settings{}};
  for (int i = 0; i != 3; ++i) {
    std::string again;
    a.deflate(text, again);
    EXPECT_EQ(again, first);
  }
}

TEST(websocket_deflate, invalid_data) {
  const auto hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;
  EXPECT_EQ(read(frame(0xc1, "\xff\xff\xff"s), 1), "error:1007 invalid compressed data");
  EXPECT_EQ(read(frame(0xc1, "\x06"s), 1000), "error:1007 invalid compressed data");  // reserved block type
  EXPECT_EQ(read(frame(0xc1, ""), 1), "error:1007 invalid compressed data");  // not even an empty block
  for (std::size_t n = 1; n != 5; ++n)
    EXPECT_EQ(read(frame(0xc1, hello.substr(0, n)), 1), "error:1007 invalid compressed data") << n;
  EXPECT_EQ(read(frame(0xc1, compressed("a\xff")), 1), "error:1007 text is not UTF-8");
  EXPECT_EQ(read(frame(0xc2, compressed("a\xff")), 1), "binary:a\xff\n");
  EXPECT_EQ(read(frame(0xc1, compressed("a\xc3")), 1), "error:1007 text ends inside a character");
}

// Also compressed text fails at the first wrong byte: here long before the end of its message.
TEST(websocket_deflate, invalid_text_fails_early) {
  std::string wire;
  deflate_settings settings;
  settings.takeover = true;
  deflater out{settings};
  out.deflate("\xed\xa0", wire);
  receiver in{side::server, {}, std::make_unique<inflater>(false)};
  auto begin = frame(0x41, wire + std::string("\0\0\xff\xff", 4));
  EXPECT_EQ(in.feed(begin).what, receiver::event::error);
}

TEST(websocket_deflate, a_bomb_stops_at_the_limit) {
  const auto wire = compressed(std::string(std::size_t{64} << 20U, '\0'));
  EXPECT_LT(wire.size(), 400000U);
  receive_limits limits;
  limits.max_inflated = 100000;
  EXPECT_EQ(read(frame(0xc2, wire), wire.size() + 20, false, limits),
            "error:1009 message too large after decompression");
  EXPECT_EQ(read(frame(0xc2, wire), 1000, false, limits), "error:1009 message too large after decompression");
  const auto exact = compressed(std::string(100000, 'x'));
  EXPECT_EQ(read(frame(0xc2, exact), 10, false, limits).size(), 100008U);
  EXPECT_EQ(read(frame(0xc2, compressed(std::string(100001, 'x'))), 10, false, limits),
            "error:1009 message too large after decompression");
  limits = {};
  limits.max_message = 50;
  EXPECT_EQ(read(frame(0xc2, varied(51)), 10, false, limits), "error:1009 message too large");
}

}  // namespace bight::http::ws::deflate_test
