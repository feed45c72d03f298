// What a WebSocket accepts and refuses (RFC 6455, RFC 7692 section 6): each case whole, byte by byte, and
// split at every byte.
#include "http/websocket/receiver.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "http/websocket/close_code.hpp"
#include "transcript.hpp"

namespace bight::http::ws::receiver_test {

using namespace std::string_literals;

receiver make(side self, const receive_limits& limits = {}, bool deflate = false) {
  return receiver{self, limits, deflate ? std::make_unique<inflater>(false) : nullptr};
}

// Reads `input` whole, byte by byte, and in two pieces at each place; all must say the same.
std::string read(side self, const std::string& input, const receive_limits& limits = {},
                 bool deflate = false) {
  auto whole = make(self, limits, deflate);
  const auto said = transcript(whole, input, input.size() + 1);
  auto single = make(self, limits, deflate);
  EXPECT_EQ(transcript(single, input, 1), said);
  const std::size_t step = input.size() > 2000 ? 211 : 1;
  for (std::size_t at = 1; at < input.size(); at += step) {
    auto split = make(self, limits, deflate);
    auto both = transcript(split, std::string_view{input}.substr(0, at), at);
    if (both.find("error:") == std::string::npos)
      both += transcript(split, std::string_view{input}.substr(at), input.size());
    EXPECT_EQ(both, said) << "split at " << at;
  }
  return said;
}

std::string server(const std::string& input, const receive_limits& limits = {}) {
  return read(side::server, input, limits);
}

// The number of bytes after which the error is known.
std::size_t fails_after(const std::string& input, bool deflate = false) {
  auto in = make(side::server, {}, deflate);
  for (std::size_t i = 0; i != input.size(); ++i) {
    char byte = input[i];
    while (true) {
      const auto step = in.feed(std::span{&byte, 1});
      if (step.what == receiver::event::error) return i + 1;
      if (step.what == receiver::event::need_input || step.consumed == 1) break;
    }
  }
  return 0;
}

TEST(websocket_receiver, examples_of_the_rfc) {  // RFC 6455 section 5.7
  EXPECT_EQ(read(side::client, "\x81\x05Hello"s), "text:Hello\n");
  EXPECT_EQ(server("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s), "text:Hello\n");
  EXPECT_EQ(read(side::client, "\x01\x03Hel\x80\x02lo"s), "text:Hello\n");
  EXPECT_EQ(read(side::client, "\x89\x05Hello"s), "ping:Hello\n");
  EXPECT_EQ(server("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s), "pong:Hello\n");
}

TEST(websocket_receiver, every_opcode) {
  const std::string rest = frame(0x81, "after");
  for (unsigned code = 0; code != 16; ++code) {
    const auto said = server(frame(0x80U | code, code == 8 ? "" : "x") + rest);
    switch (code) {
      case 1:
        EXPECT_EQ(said, "text:x\ntext:after\n");
        break;
      case 2:
        EXPECT_EQ(said, "binary:x\ntext:after\n");
        break;
      case 8:
        EXPECT_EQ(said, "close:1005 \n");  // nothing behind it counts
        break;
      case 9:
        EXPECT_EQ(said, "ping:x\ntext:after\n");
        break;
      case 10:
        EXPECT_EQ(said, "pong:x\ntext:after\n");
        break;
      case 0:
        EXPECT_EQ(said, "error:1002 continuation without a message");
        break;
      default:
        EXPECT_EQ(said, "error:1002 reserved opcode") << code;
        EXPECT_EQ(fails_after(frame(0x80U | code, "x")), 1U);
    }
  }
}

TEST(websocket_receiver, reserved_bits) {
  for (const unsigned code : {0x1U, 0x2U, 0x8U, 0x9U, 0xaU}) {
    for (const unsigned bits : {0x10U, 0x20U, 0x30U, 0x50U, 0x60U, 0x70U}) {
      EXPECT_EQ(server(frame(0x80U | bits | code, "")), "error:1002 reserved bits are set");
      EXPECT_EQ(fails_after(frame(0x80U | bits | code, "")), 1U);
    }
    EXPECT_EQ(server(frame(0xc0U | code, "")), "error:1002 RSV1 is set where nothing is compressed");
  }
  // With permessage-deflate: on the first frame of a message only.
  for (const unsigned code : {0x8U, 0x9U, 0xaU})
    EXPECT_EQ(read(side::server, frame(0xc0U | code, ""), {}, true),
              "error:1002 RSV1 is set where nothing is compressed");
  EXPECT_EQ(read(side::server, frame(0x01, "a") + frame(0xc0, "b"), {}, true),
            "error:1002 RSV1 is set where nothing is compressed");
}

TEST(websocket_receiver, clients_mask_and_servers_do_not) {
  EXPECT_EQ(server(frame(0x81, "x", "")), "error:1002 unmasked frame from a client");
  EXPECT_EQ(server(frame(0x89, "", "")), "error:1002 unmasked frame from a client");
  EXPECT_EQ(read(side::client, frame(0x81, "x")), "error:1002 masked frame from a server");
  EXPECT_EQ(fails_after(frame(0x81, "x", "")), 2U);
  EXPECT_EQ(server(frame(0x81, "zero", "\0\0\0\0"s)), "text:zero\n");
}

TEST(websocket_receiver, every_form_of_the_length) {
  for (const std::size_t size :
       {0U, 1U, 124U, 125U, 126U, 127U, 128U, 255U, 256U, 65534U, 65535U, 65536U, 65537U}) {
    const std::string payload(size, 'p');
    EXPECT_EQ(server(frame(0x82, payload)), "binary:" + payload + "\n") << size;
  }
}

TEST(websocket_receiver, a_length_not_in_its_shortest_form) {
  EXPECT_EQ(server("\x82\xfe\x00\x7d"s + "K3y!" + std::string(125, 'x')),
            "error:1002 frame length not in its shortest form");
  EXPECT_EQ(server("\x82\xff\x00\x00\x00\x00\x00\x00\x00\x7d"s + "K3y!"),
            "error:1002 frame length not in its shortest form");
  EXPECT_EQ(server("\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff"s + "K3y!"),
            "error:1002 frame length not in its shortest form");
  EXPECT_EQ(server("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00"s + "K3y!"),
            "error:1002 frame length with the highest bit set");
  EXPECT_EQ(server("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff"s + "K3y!"),
            "error:1002 frame length with the highest bit set");
  EXPECT_EQ(server("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff"s + "K3y!"), "error:1009 message too large");
}

TEST(websocket_receiver, control_frames_are_short_and_whole) {
  const std::string most(125, 'c');
  EXPECT_EQ(server(frame(0x89, most)), "ping:" + most + "\n");
  EXPECT_EQ(server(frame(0x89, std::string(126, 'c'))), "error:1002 control frame longer than 125 bytes");
  EXPECT_EQ(server("\x88\xff"s), "error:1002 control frame longer than 125 bytes");
  for (const unsigned code : {0x8U, 0x9U, 0xaU})
    EXPECT_EQ(server(frame(code, "")), "error:1002 fragmented control frame");
  EXPECT_EQ(fails_after(frame(0x09, "")), 1U);
  EXPECT_EQ(fails_after(frame(0x89, std::string(126, 'c'))), 2U);
}

TEST(websocket_receiver, control_frames_between_fragments) {
  EXPECT_EQ(
      server(frame(0x01, "a") + frame(0x89, "1") + frame(0x00, "b") + frame(0x8a, "2") + frame(0x80, "c")),
      "ping:1\npong:2\ntext:abc\n");
  EXPECT_EQ(server(frame(0x02, "") + frame(0x00, "") + frame(0x80, "")), "binary:\n");
  EXPECT_EQ(server(frame(0x01, "a") + frame(0x88, close_payload(1000)) + frame(0x80, "b")), "close:1000 \n");
}

TEST(websocket_receiver, order_of_fragments) {
  EXPECT_EQ(server(frame(0x01, "a") + frame(0x81, "b")),
            "error:1002 new message inside a fragmented message");
  EXPECT_EQ(server(frame(0x01, "a") + frame(0x02, "b")),
            "error:1002 new message inside a fragmented message");
  EXPECT_EQ(server(frame(0x00, "a")), "error:1002 continuation without a message");
  EXPECT_EQ(server(frame(0x81, "a") + frame(0x80, "b")), "text:a\nerror:1002 continuation without a message");
  EXPECT_EQ(server(frame(0x01, "a") + frame(0x80, "b") + frame(0x00, "c")),
            "text:ab\nerror:1002 continuation without a message");
}

TEST(websocket_receiver, text_is_utf8) {
  const std::vector<std::string> valid{"",
                                       "ascii",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
                                       "\0"s};
  for (const auto& text : valid) {
    EXPECT_EQ(server(frame(0x81, text)), "text:" + text + "\n");
    for (std::size_t at = 0; at <= text.size(); ++at)  // fragments may split a character
      EXPECT_EQ(server(frame(0x01, text.substr(0, at)) + frame(0x80, text.substr(at))),
                "text:" + text + "\n");
  }
  EXPECT_EQ(server(frame(0x82, "\xff\xfe")), "binary:\xff\xfe\n");
}

TEST(websocket_receiver, text_that_is_not_utf8_fails_at_its_first_wrong_byte) {
  struct wrong {
    std::string text;
    std::size_t at;  // of the byte
  };
  const std::vector<wrong> all{{"\x80", 0},                  // continuation byte alone
                               {"a\xbf", 1},                 //
                               {"\xc0\xaf", 0},              // overlong
                               {"\xc1\xbf", 0},              //
                               {"\xe0\x9f\xbf", 1},          //
                               {"\xf0\x8f\xbf\xbf", 1},      //
                               {"\xed\xa0\x80", 1},          // surrogates
                               {"\xed\xbf\xbf", 1},          //
                               {"\xf4\x90\x80\x80", 1},      // beyond U+10FFFF
                               {"\xf5\x80\x80\x80", 0},      //
                               {"\xf8\x88\x80\x80\x80", 0},  // five bytes
                               {"\xfe", 0},                  //
                               {"\xff", 0},                  //
                               {"\xc3(", 1},                 // cut short by another character
                               {"\xe2\x82(", 2},             //
                               {"\xf0\x9f\x98(", 3},         //
                               {std::string(40, 'a') + "\xce\xba\xed\xa0\x80" + "b", 43}};
  for (const auto& one : all) {
    const auto more = one.text + "and more";
    EXPECT_EQ(server(frame(0x81, more)), "error:1007 text is not UTF-8") << one.at;
    EXPECT_EQ(fails_after(frame(0x81, more)), 6 + one.at + 1);
    EXPECT_EQ(fails_after(frame(0x01, more)), 6 + one.at + 1);  // before the message is complete
  }
}

TEST(websocket_receiver, text_may_not_end_inside_a_character) {
  for (const std::string text : {"\xc3", "\xe2\x82", "\xf0\x9f\x98", "abc\xf0\x9f"})
    EXPECT_EQ(server(frame(0x81, text)), "error:1007 text ends inside a character");
  EXPECT_EQ(server(frame(0x01, "\xe2\x82") + frame(0x80, "")), "error:1007 text ends inside a character");
}

TEST(websocket_receiver, close_codes) {
  EXPECT_EQ(server(frame(0x88, "")), "close:1005 \n");
  EXPECT_EQ(server(frame(0x88, "\x03")), "error:1002 close code of one byte");
  for (const unsigned code : {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1009U, 1010U, 1011U, 1012U, 1013U,
                              1014U, 3000U, 3999U, 4000U, 4999U})
    EXPECT_EQ(server(frame(0x88, close_payload(code))), "close:" + std::to_string(code) + " \n");
  for (const unsigned code :
       {0U, 1U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 1100U, 2000U, 2999U, 5000U, 65535U}) {
    EXPECT_EQ(server(frame(0x88, close_payload(code))), "error:1002 invalid close code") << code;
    EXPECT_FALSE(is_sendable(static_cast<std::uint16_t>(code)));
  }
}

TEST(websocket_receiver, close_reasons) {
  const std::string most(123, 'r');
  EXPECT_EQ(server(frame(0x88, close_payload(1000, most))), "close:1000 " + most + "\n");
  EXPECT_EQ(server(frame(0x88, close_payload(1000, "gr\xc3\xbc\xc3\x9f"))),
            "close:1000 gr\xc3\xbc\xc3\x9f\n");
  EXPECT_EQ(server(frame(0x88, close_payload(1000, "\xff"))), "error:1007 close reason is not UTF-8");
  EXPECT_EQ(server(frame(0x88, close_payload(1000, "a\xc3"))), "error:1007 close reason is not UTF-8");
}

TEST(websocket_receiver, limits) {
  receive_limits limits;
  limits.max_message = 10;
  limits.max_fragments = 3;
  EXPECT_EQ(server(frame(0x82, std::string(10, 'x')), limits), "binary:xxxxxxxxxx\n");
  EXPECT_EQ(server(frame(0x82, std::string(11, 'x')), limits), "error:1009 message too large");
  EXPECT_EQ(server(frame(0x02, "123456") + frame(0x80, "7890"), limits), "binary:1234567890\n");
  EXPECT_EQ(server(frame(0x02, "123456") + frame(0x80, "78901"), limits), "error:1009 message too large");
  EXPECT_EQ(server(frame(0x02, "a") + frame(0x00, "b") + frame(0x80, "c"), limits), "binary:abc\n");
  EXPECT_EQ(server(frame(0x02, "a") + frame(0x00, "b") + frame(0x00, "") + frame(0x80, "c"), limits),
            "error:1009 too many fragments");
  limits.max_inflated = 5;  // holds for all messages
  EXPECT_EQ(server(frame(0x82, "123456"), limits), "error:1009 message too large");
}

// 4 MiB in frames of 64 bytes, as conformance suites send them.
TEST(websocket_receiver, small_fragments_of_a_large_message_are_within_the_default_limits) {
  constexpr std::size_t pieces = 64 * 1024;
  const std::string piece(64, '*');
  std::string all = frame(0x01, piece);
  for (std::size_t i = 2; i != pieces; ++i) all += frame(0x00, piece);
  all += frame(0x80, piece);
  auto in = make(side::server, receive_limits{});
  const auto step = in.feed(all);
  ASSERT_EQ(step.what, receiver::event::message) << in.failure().rule;
  EXPECT_EQ(in.take_message().size(), pieces * piece.size());
}

// A head alone must not make the receiver allocate what it announces.
TEST(websocket_receiver, a_size_that_is_only_announced_is_not_allocated) {
  receive_limits limits;
  limits.max_message = limits.max_inflated = std::uint64_t{1} << 62U;
  auto in = make(side::server, limits);
  std::string head = "\x82\xff\x3f\xff\xff\xff\xff\xff\xff\xff"s + "K3y!" + "some";
  EXPECT_EQ(in.feed(head).what, receiver::event::need_input);
  EXPECT_TRUE(in.in_message());
}

}  // namespace bight::http::ws::receiver_test
