// const_buffers: one piece or several, consumed from the front.
#include <bight/net/const_buffers.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace bight::net::const_buffers_test {

static_assert(std::is_trivially_copyable_v<const_buffers>);

std::vector<std::span<const std::byte>> list(std::initializer_list<std::string_view> texts) {
  std::vector<std::span<const std::byte>> all;
  for (const auto t : texts) all.push_back(std::as_bytes(std::span{t}));
  return all;
}

std::string text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string text(const const_buffers& all) {
  auto joined = text(all.front());
  for (const auto& p : all.rest()) joined += text(p);
  return joined;
}

TEST(const_buffers, nothing_is_empty) {
  EXPECT_TRUE(const_buffers{}.empty());
  EXPECT_EQ(const_buffers{}.size(), 0U);
  EXPECT_TRUE(const_buffers{std::span<const std::byte>{}}.empty());
  const auto three = list({"", "", ""});
  EXPECT_TRUE(const_buffers{three}.empty());
  EXPECT_TRUE(const_buffers{three}.rest().empty());
}

TEST(const_buffers, one_piece_has_no_rest) {
  const auto one = list({"abc"});
  const_buffers b{one.front()};
  EXPECT_EQ(b.size(), 3U);
  EXPECT_EQ(text(b.front()), "abc");
  b.consume(2);
  EXPECT_EQ(text(b.front()), "c");
  b.consume(1);
  EXPECT_TRUE(b.empty());
}

TEST(const_buffers, empty_pieces_at_the_ends_do_not_count) {
  const auto pieces = list({"", "ab", "", ""});
  const const_buffers b{pieces};
  EXPECT_EQ(text(b.front()), "ab");
  EXPECT_TRUE(b.rest().empty());
}

TEST(const_buffers, are_consumed_across_pieces_wherever_it_stops) {
  const auto pieces = list({"", "ab", "", "c", "def", "", "g", ""});
  const std::string all = "abcdefg";
  for (std::size_t first = 0; first <= all.size(); ++first) {
    for (std::size_t second = 0; first + second <= all.size(); ++second) {
      const_buffers b{pieces};
      b.consume(first);
      EXPECT_EQ(text(b), all.substr(first));
      EXPECT_EQ(b.size(), all.size() - first);
      b.consume(second);
      EXPECT_EQ(text(b), all.substr(first + second));
      EXPECT_EQ(b.empty(), first + second == all.size());
      EXPECT_EQ(b.front().empty(), b.empty());
    }
  }
}

}  // namespace bight::net::const_buffers_test
