#include <bight/pg/codec.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "pg/server_values.hpp"
#include "pg/values.hpp"

namespace bight::pg::codec_test {

using namespace samples;

TEST(pg_codec, bytes_of_the_server_are_its_text_and_are_written_as_read) {
  for (const auto& v : server_values) {
    const auto bytes = from_hex(v.hex);
    const auto& type = type_of(v.type);
    const auto rank = bytes.size() > 3 ? static_cast<std::uint8_t>(bytes[3]) : std::uint8_t{0};
    EXPECT_TRUE(with_type(v.type, rank, [&]<class T>(T*) {
      ASSERT_EQ(problem_of<T>(type, bytes), "") << type.name() << ' ' << v.text;
      const auto value = decoded<T>(type, bytes);
      const auto written = encoded(value, type);
      if (type.id() != oids::bpchar) {  // the cast to text drops the spaces at the end
        EXPECT_EQ(text_of(value), v.text) << type.name();
      }
      if (v.text.ends_with("Infinity"))  // the server sends a scale that it ignores
        EXPECT_EQ(text_of(decoded<T>(type, from_hex(written))), v.text);
      else
        EXPECT_EQ(written, v.hex) << type.name() << ' ' << v.text;
    })) << type.name();
  }
}

// A value that ends early or goes on is an error, and so is one whose bytes make no sense: never a crash,
// never more memory than the value has bytes for.
TEST(pg_codec, every_truncation_is_an_error) {
  for (const auto& v : server_values) {
    const auto bytes = from_hex(v.hex);
    const auto& type = type_of(v.type);
    if (detail::is_text_type(type) || v.type == oids::bytea) continue;
    const auto rank = bytes.size() > 3 ? static_cast<std::uint8_t>(bytes[3]) : std::uint8_t{0};
    with_type(v.type, rank, [&]<class T>(T*) {
      for (std::size_t n = 0; n != bytes.size(); ++n)
        EXPECT_NE(problem_of<T>(type, std::string_view{bytes}.substr(0, n)), "")
            << type.name() << ' ' << v.text << ", " << n << " bytes";
      EXPECT_NE(problem_of<T>(type, bytes + '\0'), "") << type.name() << ' ' << v.text;
    });
  }
}

TEST(pg_codec, every_flipped_bit_is_an_error_or_another_value) {
  for (const auto& v : server_values) {
    const auto& type = type_of(v.type);
    for (std::size_t bit = 0; bit != 4 * v.hex.size(); ++bit) {
      auto bytes = from_hex(v.hex);
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
      with_type(v.type, 1, [&]<class T>(T*) {
        if (!problem_of<T>(type, bytes).empty()) return;
        const auto value = decoded<T>(type, bytes);
        const auto again = encoded(value, type);
        EXPECT_EQ(again.substr(0, 6) == "error:", false)
            << type.name() << ' ' << to_hex(bytes) << ' ' << again;
      });
    }
  }
}

}  // namespace bight::pg::codec_test
