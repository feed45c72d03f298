// Messages that many connections send.
#include "http/websocket/shared_message.hpp"

#include <gtest/gtest.h>
#include <string>

namespace bight::http::shared_message_test {

TEST(websocket_shared_message, is_compressed_once_for_each_set_of_parameters) {
  const ws::shared_message m{ws::opcode::text, std::string(1000, 'x')};
  EXPECT_EQ(m.payload(), std::string(1000, 'x'));
  EXPECT_EQ(m.frame().size(), 1004U);
  const ws::deflate_settings usual;
  auto small = usual;
  small.window_bits = 10;
  const auto* const first = &m.frame(usual);
  const auto* const second = &m.frame(small);
  EXPECT_EQ(&m.frame(usual), first);
  EXPECT_EQ(&m.frame(small), second);
  EXPECT_NE(first, second);
  EXPECT_LT(first->size(), 100U);
}

}  // namespace bight::http::shared_message_test
