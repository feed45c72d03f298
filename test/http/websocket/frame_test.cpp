// The heads and the masking of WebSocket frames.
#include "http/websocket/frame.hpp"

#include <gtest/gtest.h>
#include <set>
#include <span>
#include <string>

namespace bight::http::ws::frame_test {

using namespace std::string_literals;

std::string head_of(const frame_head& head) {
  char room[max_frame_head];
  return {room, write_head(room, head)};
}

frame_head sized(std::uint64_t size) {
  frame_head head;
  head.size = size;
  return head;
}

TEST(websocket_frame, examples_of_the_rfc) {  // RFC 6455 section 5.7
  std::string out;
  append_frame(out, {}, "Hello");
  EXPECT_EQ(out, "\x81\x05Hello"s);
  out.clear();
  frame_head masked;
  masked.masked = true;
  masked.key = {'\x37', '\xfa', '\x21', '\x3d'};
  append_frame(out, masked, "Hello");
  EXPECT_EQ(out, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s);
  out.clear();
  frame_head first;
  first.fin = false;
  append_frame(out, first, "Hel");
  frame_head last;
  last.code = opcode::continuation;
  append_frame(out, last, "lo");
  EXPECT_EQ(out, "\x01\x03Hel\x80\x02lo"s);
  out.clear();
  frame_head ping;
  ping.code = opcode::ping;
  append_frame(out, ping, "Hello");
  EXPECT_EQ(out, "\x89\x05Hello"s);
  out.clear();
  frame_head binary;
  binary.code = opcode::binary;
  append_frame(out, binary, std::string(256, 'x'));
  EXPECT_EQ(out.substr(0, 4), "\x82\x7e\x01\x00"s);
  EXPECT_EQ(out.size(), 260U);
  out.clear();
  append_frame(out, binary, std::string(65536, 'x'));
  EXPECT_EQ(out.substr(0, 10), "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s);
}

TEST(websocket_frame, a_length_has_its_shortest_form) {
  EXPECT_EQ(head_of(sized(0)), "\x81\x00"s);
  EXPECT_EQ(head_of(sized(125)), "\x81\x7d"s);
  EXPECT_EQ(head_of(sized(126)), "\x81\x7e\x00\x7e"s);
  EXPECT_EQ(head_of(sized(0xffff)), "\x81\x7e\xff\xff"s);
  EXPECT_EQ(head_of(sized(0x10000)), "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s);
  EXPECT_EQ(head_of(sized(0x0102030405060708)), "\x81\x7f\x01\x02\x03\x04\x05\x06\x07\x08"s);
}

TEST(websocket_frame, the_first_byte_has_flags_and_opcode) {
  frame_head head;
  head.compressed = true;
  EXPECT_EQ(head_of(head), "\xc1\x00"s);
  head.fin = false;
  head.code = opcode::pong;
  EXPECT_EQ(head_of(head), "\x4a\x00"s);
}

// Compared with the definition, for all sizes around the words of the loop, offsets and alignments.
TEST(websocket_frame, masking_is_that_of_the_definition) {
  const mask_key key{'\x01', '\x80', '\xff', '\x37'};
  for (std::size_t size = 0; size != 100; ++size) {
    for (std::size_t offset = 0; offset != 5; ++offset) {
      for (std::size_t alignment = 0; alignment != 8; ++alignment) {
        std::string data(alignment + size, '\0');
        for (std::size_t i = 0; i != data.size(); ++i) data[i] = static_cast<char>(i * 7);
        auto expected = data;
        for (std::size_t i = 0; i != size; ++i)
          expected[alignment + i] = static_cast<char>(expected[alignment + i] ^ key[(i + offset) % 4]);
        apply_mask(std::span{data}.subspan(alignment), key, offset);
        ASSERT_EQ(data, expected) << size << " " << offset << " " << alignment;
      }
    }
  }
}

TEST(websocket_frame, masks_differ) {
  std::set<mask_key> seen;
  for (int i = 0; i != 1000; ++i) seen.insert(random_mask());
  EXPECT_GT(seen.size(), 990U);
}

}  // namespace bight::http::ws::frame_test
