#include <bight/decimal.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <vector>

namespace bight::decimal_test {

std::string round_trip(std::string_view text) {
  const auto parsed = decimal::parse(text);
  return parsed                                             ? parsed->to_string()
         : parsed.error() == std::errc::result_out_of_range ? "range"
                                                            : "invalid";
}

TEST(decimal, is_zero_by_default) {
  EXPECT_EQ(decimal{}.to_string(), "0");
  EXPECT_TRUE(decimal{}.is_zero());
}

TEST(decimal, text_is_kept_exactly) {
  for (const char* text : {"0", "1", "-1", "0.5", "-0.50", "123456789012345678901234567890.000",
                           "0.000000000001", "NaN", "Infinity", "-Infinity", "0.00"})
    EXPECT_EQ(round_trip(text), text);
}

TEST(decimal, every_spelling_has_one_canonical_form) {
  const std::vector<std::pair<std::string, std::string>> spellings{
      {"007", "7"},
      {"+7", "7"},
      {"-0", "0"},
      {"-0.00", "0.00"},
      {".5", "0.5"},
      {"5.", "5"},
      {"-.5", "-0.5"},
      {"000.50", "0.50"},
      {"1e3", "1000"},
      {"1.5e3", "1500"},
      {"1.5e1", "15"},
      {"1.50e1", "15.0"},
      {"1.5E-3", "0.0015"},
      {"15e-1", "1.5"},
      {"0.05e1", "0.5"},
      {"0.0005e+2", "0.05"},
      {"0e5", "0"},
      {"0e-3", "0.000"},
      {"0e9999999999999999999999", "0"},
      {"100e-2", "1.00"},
      {"-12e-4", "-0.0012"},
      {"nan", "NaN"},
      {"inf", "Infinity"},
      {"+INF", "Infinity"},
      {"-inf", "-Infinity"},
      {"infinity", "Infinity"},
  };
  for (const auto& [text, canonical] : spellings) EXPECT_EQ(round_trip(text), canonical) << text;
}

TEST(decimal, what_is_no_number_is_refused) {
  for (const char* text :
       {"",     "+",   "-",   ".",     "e5",   "1e",   "1e+",  "1e5.5",   "1 ",    " 1",  "1,5",
        "0x10", "--1", "+-1", "1.2.3", "-nan", "+nan", "nano", "infinit", "1_000", "1e5x"})
    EXPECT_EQ(round_trip(text), "invalid") << text;
}

TEST(decimal, exponents_do_not_make_numbers_of_any_length) {
  EXPECT_EQ(round_trip("1e131071").size(), decimal::max_integer_digits);
  EXPECT_EQ(round_trip("1e131072"), "range");
  EXPECT_EQ(round_trip("0.1e131072").size(), decimal::max_integer_digits);
  EXPECT_EQ(round_trip("1e-16383").size(), decimal::max_scale + 2);
  EXPECT_EQ(round_trip("1e-16384"), "range");
  EXPECT_EQ(round_trip("1e999999999999999999999999"), "range");
  EXPECT_EQ(round_trip("-1e-999999999999999999999999"), "range");
  EXPECT_EQ(round_trip("1.5e9223372036854775807"), "range");
  EXPECT_EQ(round_trip(std::string(200'000, '0') + "1"), "1");
  EXPECT_EQ(round_trip(std::string(131'073, '9')), "range");
}

TEST(decimal, the_constructor_names_what_it_cannot_read) {
  EXPECT_EQ(decimal{"1.50"}.to_string(), "1.50");
  try {
    const decimal bad{"12,5"};
    FAIL() << bad.to_string();
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(), "bight::decimal: \"12,5\" is not a number");
  }
  EXPECT_THROW(decimal{"1e200000"}, std::invalid_argument);
}

TEST(decimal, integers_convert_exactly) {
  EXPECT_EQ(decimal{std::numeric_limits<std::int64_t>::min()}.to_string(), "-9223372036854775808");
  EXPECT_EQ(decimal{std::numeric_limits<std::uint64_t>::max()}.to_string(), "18446744073709551615");
  EXPECT_EQ(decimal{-5}, decimal{"-5.000"});
  EXPECT_EQ(decimal{"-9223372036854775808"}.to_int64(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(decimal{"9223372036854775807.000"}.to_int64(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(decimal{"9223372036854775808"}.to_int64(), std::nullopt);
  EXPECT_EQ(decimal{"-9223372036854775809"}.to_int64(), std::nullopt);
  EXPECT_EQ(decimal{"1.5"}.to_int64(), std::nullopt);
  EXPECT_EQ(decimal{"0.000"}.to_int64(), 0);
  EXPECT_EQ(decimal::nan().to_int64(), std::nullopt);
  EXPECT_EQ(decimal::infinity().to_int64(), std::nullopt);
}

TEST(decimal, integers_of_a_scale_are_cents) {
  EXPECT_EQ(decimal{"19.90"}.to_int64(2), 1990);
  EXPECT_EQ(decimal{"-19.9"}.to_int64(2), -1990);
  EXPECT_EQ(decimal{"19.905"}.to_int64(2), std::nullopt);
  EXPECT_EQ(decimal{"19.900"}.to_int64(2), 1990);
  EXPECT_EQ(decimal{"0"}.to_int64(4'000'000'000), 0);
  EXPECT_EQ(decimal{"1"}.to_int64(4'000'000'000), std::nullopt);
  EXPECT_EQ(decimal{"0.0000000000000000000001"}.to_int64(22), 1);
}

TEST(decimal, doubles_are_the_nearest) {
  EXPECT_EQ(decimal{"0.1"}.to_double(), 0.1);
  EXPECT_EQ(decimal{"-1234.5"}.to_double(), -1234.5);
  EXPECT_EQ(decimal{"1e400"}.to_double(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(decimal{"-1e400"}.to_double(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(decimal{"1e-400"}.to_double(), 0.0);
  EXPECT_TRUE(std::isnan(decimal::nan().to_double()));
  EXPECT_EQ(decimal::minus_infinity().to_double(), -std::numeric_limits<double>::infinity());
}

TEST(decimal, digits_are_those_of_the_text) {
  const decimal d{"-12.50"};
  EXPECT_EQ(d.integer_digits(), "12");
  EXPECT_EQ(d.fraction_digits(), "50");
  EXPECT_EQ(d.scale(), 2u);
  EXPECT_TRUE(d.is_negative());
  EXPECT_EQ(decimal{"0.5"}.integer_digits(), "");
  EXPECT_EQ(decimal::minus_infinity().integer_digits(), "");
  EXPECT_EQ(decimal::nan().fraction_digits(), "");
}

TEST(decimal, numbers_are_in_order) {
  const std::vector<decimal> ordered{decimal::minus_infinity(),
                                     decimal{"-100"},
                                     decimal{"-99.99"},
                                     decimal{"-1.01"},
                                     decimal{"-1"},
                                     decimal{"-0.001"},
                                     decimal{},
                                     decimal{"0.0009"},
                                     decimal{"0.001"},
                                     decimal{"0.01"},
                                     decimal{"0.1"},
                                     decimal{"0.11"},
                                     decimal{"1"},
                                     decimal{"1.0001"},
                                     decimal{"9"},
                                     decimal{"10"},
                                     decimal{"99.9"},
                                     decimal{"100"},
                                     decimal::infinity(),
                                     decimal::nan()};
  for (std::size_t i = 0; i != ordered.size(); ++i)
    for (std::size_t j = 0; j != ordered.size(); ++j)
      EXPECT_EQ(ordered[i] <=> ordered[j], i <=> j)
          << ordered[i].to_string() << ' ' << ordered[j].to_string();
}

TEST(decimal, trailing_zeros_change_neither_equality_nor_hash) {
  const std::hash<decimal> hash;
  for (const char* text : {"1", "-1", "0", "10", "100", "12.34", "0.5"}) {
    const decimal a{text};
    const decimal b{std::string{text} + (a.scale() == 0 ? ".000" : "000")};
    EXPECT_EQ(a, b);
    EXPECT_EQ(hash(a), hash(b)) << text;
    EXPECT_NE(a.to_string(), b.to_string());
  }
  EXPECT_EQ(hash(decimal{"-0.0"}), hash(decimal{}));
  EXPECT_EQ(decimal::nan(), decimal::nan());
  const std::unordered_set<decimal> set{decimal{"1.0"}, decimal{"1"}, decimal{"10"}, decimal::nan(),
                                        decimal::nan()};
  EXPECT_EQ(set.size(), 3u);
}

}  // namespace bight::decimal_test
