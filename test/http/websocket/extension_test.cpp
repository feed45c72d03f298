// The negotiation of permessage-deflate (RFC 7692 section 7.1).
#include "http/websocket/extension.hpp"

#include <gtest/gtest.h>
#include <stdexcept>
#include <string>

namespace bight::http::ws::extension_test {

constexpr websocket_deflate keep_contexts{.server_no_context_takeover = false,
                                          .client_no_context_takeover = false};

std::string answer_to(std::string_view offer, const websocket_deflate& options = keep_contexts) {
  const auto answer = accept_offer(offer, options);
  return answer ? answer->field : "declined";
}

TEST(websocket_extension, what_a_client_offers) {
  EXPECT_EQ(
      offer_of({}),
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits");
  EXPECT_EQ(offer_of(keep_contexts), "permessage-deflate; client_max_window_bits");
  auto options = keep_contexts;
  options.server_max_window_bits = 10;
  options.client_max_window_bits = 9;
  EXPECT_EQ(offer_of(options), "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9");
}

TEST(websocket_extension, options_out_of_range_are_named) {
  const auto what = [](auto change) -> std::string {
    websocket_deflate options;
    change(options);
    EXPECT_THROW(static_cast<void>(accept_offer("permessage-deflate", options)), std::invalid_argument);
    try {
      static_cast<void>(offer_of(options));
    } catch (const std::invalid_argument& e) { return e.what(); }
    return {};
  };
  EXPECT_EQ(what([](auto& o) { o.server_max_window_bits = 8; }),
            "bight: websocket_deflate: server_max_window_bits is from 9 to 15, not 8");
  EXPECT_EQ(what([](auto& o) { o.client_max_window_bits = 16; }),
            "bight: websocket_deflate: client_max_window_bits is from 9 to 15, not 16");
  EXPECT_EQ(what([](auto& o) { o.level = 0; }), "bight: websocket_deflate: level is from 1 to 9, not 0");
  EXPECT_EQ(what([](auto& o) { o.memory_level = 10; }),
            "bight: websocket_deflate: memory_level is from 1 to 9, not 10");
}

TEST(websocket_extension, a_server_takes_what_it_is_offered) {
  EXPECT_EQ(answer_to("permessage-deflate"), "permessage-deflate");
  EXPECT_EQ(answer_to("Permessage-Deflate"), "permessage-deflate");
  EXPECT_EQ(answer_to("permessage-deflate; server_no_context_takeover"),
            "permessage-deflate; server_no_context_takeover");
  EXPECT_EQ(answer_to("permessage-deflate; client_no_context_takeover"),
            "permessage-deflate; client_no_context_takeover");
  EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=9"),
            "permessage-deflate; server_max_window_bits=9");
  EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=\"12\""),
            "permessage-deflate; server_max_window_bits=12");
  EXPECT_EQ(answer_to("permessage-deflate; client_max_window_bits"), "permessage-deflate");
  EXPECT_EQ(answer_to("permessage-deflate; client_max_window_bits=10"),
            "permessage-deflate; client_max_window_bits=10");
  EXPECT_EQ(answer_to("permessage-deflate; client_max_window_bits=8"),
            "permessage-deflate; client_max_window_bits=8");
}

TEST(websocket_extension, a_server_says_what_it_wants) {
  EXPECT_EQ(answer_to("permessage-deflate", {}),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  auto options = keep_contexts;
  options.server_max_window_bits = 11;
  options.client_max_window_bits = 10;
  EXPECT_EQ(answer_to("permessage-deflate", options), "permessage-deflate; server_max_window_bits=11");
  EXPECT_EQ(answer_to("permessage-deflate; client_max_window_bits", options),
            "permessage-deflate; server_max_window_bits=11; client_max_window_bits=10");
  EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=13; client_max_window_bits=9", options),
            "permessage-deflate; server_max_window_bits=11; client_max_window_bits=9");
}

TEST(websocket_extension, offers_are_taken_in_order) {
  EXPECT_EQ(answer_to("x-unknown, permessage-deflate; client_no_context_takeover, permessage-deflate"),
            "permessage-deflate; client_no_context_takeover");
  EXPECT_EQ(answer_to("permessage-deflate; unknown, permessage-deflate"), "permessage-deflate");
  EXPECT_EQ(answer_to(", ,permessage-deflate ;server_max_window_bits = 10 ,"),
            "permessage-deflate; server_max_window_bits=10");
  EXPECT_EQ(answer_to("x-webkit-deflate-frame"), "declined");
  EXPECT_EQ(answer_to(""), "declined");
}

// zlib has no window of 256 bytes.
TEST(websocket_extension, a_server_window_of_8_bits_is_declined) {
  EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=8"), "declined");
  EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=8, permessage-deflate"),
            "permessage-deflate");
}

TEST(websocket_extension, invalid_offers_are_declined) {
  for (const std::string_view parameters : {"server_no_context_takeover=1",
                                            "client_no_context_takeover=true",
                                            "server_max_window_bits",
                                            "server_max_window_bits=7",
                                            "server_max_window_bits=16",
                                            "server_max_window_bits=010",
                                            "server_max_window_bits=+9",
                                            "server_max_window_bits=1a",
                                            "server_max_window_bits=100",
                                            "client_max_window_bits=7",
                                            "client_max_window_bits=16",
                                            "client_max_window_bits=0",
                                            "unknown",
                                            "unknown=1",
                                            "server_no_context_takeover; server_no_context_takeover",
                                            "server_max_window_bits=9; server_max_window_bits=10",
                                            "client_max_window_bits; client_max_window_bits=9",
                                            "client_max_window_bits=9; client_max_window_bits",
                                            "server_max_window_bits=",
                                            "server_max_window_bits=\"\"",
                                            "server_max_window_bits=\"10",
                                            "=10",
                                            ""}) {
    EXPECT_EQ(answer_to("permessage-deflate; " + std::string{parameters}), "declined") << parameters;
  }
  EXPECT_EQ(answer_to("permessage-deflate permessage-deflate"), "declined");
}

std::string read(std::string_view field, const websocket_deflate& options = {}) {
  const auto agreed = read_answer(field, options);
  if (!agreed) return "invalid";
  return std::string{agreed->server_no_context_takeover ? "s" : "-"} +
         (agreed->client_no_context_takeover ? "c" : "-") + " " +
         std::to_string(agreed->server_max_window_bits) + " " +
         std::to_string(agreed->client_max_window_bits);
}

TEST(websocket_extension, what_a_client_learns) {
  EXPECT_EQ(read("permessage-deflate; server_no_context_takeover"), "sc 15 15");
  EXPECT_EQ(read("permessage-deflate", keep_contexts), "-- 15 15");
  EXPECT_EQ(read("permessage-deflate; client_no_context_takeover", keep_contexts), "-c 15 15");
  EXPECT_EQ(read("permessage-deflate; server_max_window_bits=10; client_max_window_bits=9", keep_contexts),
            "-- 10 9");
  EXPECT_EQ(read("permessage-deflate; client_max_window_bits=8", keep_contexts), "-- 15 8");
}

TEST(websocket_extension, invalid_answers) {
  for (const std::string_view field :
       {"x-other", "permessage-deflate, permessage-deflate", "permessage-deflate; unknown", "",
        "permessage-deflate; client_max_window_bits", "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover", "permessage-deflate;"})
    EXPECT_EQ(read(field), "invalid") << field;
  auto options = keep_contexts;
  options.server_max_window_bits = 10;
  EXPECT_EQ(read("permessage-deflate", options),
            "invalid");  // it did not agree to the window it was asked for
  EXPECT_EQ(read("permessage-deflate; server_max_window_bits=10", options), "-- 10 15");
}

// Each offer of ours is accepted by our server, and both sides agree on what that means.
TEST(websocket_extension, both_sides_agree) {
  for (const bool server_takes : {false, true})
    for (const bool client_takes : {false, true})
      for (const int server_bits : {9, 12, 15})
        for (const int client_bits : {9, 12, 15}) {
          const websocket_deflate ours{.server_no_context_takeover = server_takes,
                                       .client_no_context_takeover = client_takes,
                                       .server_max_window_bits = server_bits,
                                       .client_max_window_bits = client_bits};
          const auto answer = accept_offer(offer_of(ours), {});
          ASSERT_TRUE(answer);
          const auto learnt = read_answer(answer->field, ours);
          ASSERT_TRUE(learnt) << answer->field;
          EXPECT_EQ(learnt->server_no_context_takeover, answer->agreed.server_no_context_takeover);
          EXPECT_EQ(learnt->client_no_context_takeover, answer->agreed.client_no_context_takeover);
          EXPECT_EQ(learnt->server_max_window_bits, answer->agreed.server_max_window_bits);
          EXPECT_EQ(learnt->client_max_window_bits, answer->agreed.client_max_window_bits);
        }
}

}  // namespace bight::http::ws::extension_test
