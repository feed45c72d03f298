#include "http/coding/accept_encoding.hpp"

#include <gtest/gtest.h>

#include <array>

namespace bight::http::coding::accept_encoding_test {

TEST(parse_weight, takes_at_most_three_digits_from_0_to_1) {
  EXPECT_EQ(parse_weight("0"), 0);
  EXPECT_EQ(parse_weight("1"), 1000);
  EXPECT_EQ(parse_weight("0."), 0);
  EXPECT_EQ(parse_weight("0.5"), 500);
  EXPECT_EQ(parse_weight("0.05"), 50);
  EXPECT_EQ(parse_weight("0.005"), 5);
  EXPECT_EQ(parse_weight("1.000"), 1000);
  for (const auto* text : {"", "2", ".5", "1.001", "0.0005", "-0", "0,5", "1e0", "0.x", "00", " 1"})
    EXPECT_EQ(parse_weight(text), std::nullopt) << text;
}

TEST(accepted_codings, join_all_lines_and_the_first_mention_counts) {
  constexpr std::array preferred{content_coding::br, content_coding::gzip};
  headers fields;
  fields.append("Accept-Encoding", "br;q=0, zstd");
  fields.append("Accept-Encoding", "gzip;q=0.1 , br");
  EXPECT_EQ(accepted_codings{fields}.choose(preferred), content_coding::gzip);
}

TEST(accepted_codings, nothing_is_chosen_of_nothing) {
  const headers fields{{"Accept-Encoding", "gzip"}};
  EXPECT_EQ(accepted_codings{fields}.choose({}), std::nullopt);
  EXPECT_EQ(accepted_codings{headers{}}.choose(std::array{content_coding::gzip}), std::nullopt);
}

}  // namespace bight::http::coding::accept_encoding_test
