// Which bytes a Range field selects (RFC 9110 14.1).
#include "http/files/ranges.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace bight::http::files::ranges_test {

using ranges = std::vector<byte_range>;

constexpr std::uint64_t size = 1000;
constexpr std::size_t max_ranges = 16;

// "everything", "416", or the parts as "first-last".
std::string select(std::string_view field, std::uint64_t of = size, std::size_t limit = max_ranges) {
  const auto selected = select_ranges(field, of, limit);
  if (selected.what == range_selection::outcome::everything) return "everything";
  if (selected.what == range_selection::outcome::unsatisfiable) return "416";
  std::string text;
  for (const auto& r : selected.parts)
    text.append(text.empty() ? "" : ",")
        .append(std::to_string(r.first))
        .append("-")
        .append(std::to_string(r.first + r.size - 1));
  return text;
}

TEST(select_ranges, reads_the_three_forms) {
  EXPECT_EQ(select("bytes=0-499"), "0-499");
  EXPECT_EQ(select("bytes=500-999"), "500-999");
  EXPECT_EQ(select("bytes=500-"), "500-999");
  EXPECT_EQ(select("bytes=-500"), "500-999");
  EXPECT_EQ(select("bytes=0-"), "0-999");
  EXPECT_EQ(select("bytes=0-0"), "0-0");
  EXPECT_EQ(select("bytes=999-999"), "999-999");
  EXPECT_EQ(select("bytes=-1"), "999-999");
}

TEST(select_ranges, cuts_what_is_beyond_the_end) {
  EXPECT_EQ(select("bytes=900-1000"), "900-999");
  EXPECT_EQ(select("bytes=0-99999999999999999999999999"), "0-999");
  EXPECT_EQ(select("bytes=-99999999999999999999999999"), "0-999");
  EXPECT_EQ(select("bytes=-18446744073709551615"), "0-999");
  EXPECT_EQ(select("bytes=0-18446744073709551615"), "0-999");
}

TEST(select_ranges, nothing_that_exists_is_416) {
  for (const auto* const field : {"bytes=1000-", "bytes=1000-2000", "bytes=-0",
                                  "bytes=99999999999999999999999999-", "bytes=1000-,-0,2000-3000"})
    EXPECT_EQ(select(field), "416") << field;
  EXPECT_EQ(select("bytes=1000-,5-6"), "5-6") << "what exists is enough";
  EXPECT_EQ(select("bytes=-0,-1"), "999-999");
}

TEST(select_ranges, everything_that_is_malformed_is_ignored) {
  for (const auto* const field :
       {"",           "bytes",      "bytes=",        "bytes=,",       "bytes= ",       "=0-1",
        "bytes 0-1",  "bytes:0-1",  "bytes=0",       "bytes=-",       "bytes=--1",     "bytes=a-b",
        "bytes=0-a",  "bytes=a-",   "bytes=0x0-0x1", "bytes=+0-1",    "bytes=0-+1",    "bytes=0 -1",
        "bytes=0- 1", "bytes=1-0",  "bytes=5-4,0-1", "bytes=0-1,x",   "bytes=0-1-2",   "bytes=0-1;2-3",
        "bytes =0-1", " bytes=0-1", "bytes==0-1",    "bytes=\"0-1\"", "bytes=0-1 2-3", "bytes=1000-999"})
    EXPECT_EQ(select(field), "everything") << field;
}

TEST(select_ranges, other_units_are_ignored) {
  for (const auto* const field : {"items=0-1", "byte=0-1", "bytess=0-1", "none=0-1"})
    EXPECT_EQ(select(field), "everything") << field;
  EXPECT_EQ(select("BYTES=0-1"), "0-1") << "RFC 9110 14.1: case-insensitive";
}

TEST(select_ranges, empty_elements_and_blanks_count_for_nothing) {
  EXPECT_EQ(select("bytes=,0-1,, ,200-201,"), "0-1,200-201");
  EXPECT_EQ(select("bytes= 0-1 ,\t200-201"), "0-1,200-201");
}

TEST(select_ranges, parts_keep_the_order_in_which_they_were_asked_for) {
  EXPECT_EQ(select("bytes=500-509,0-9,900-909"), "500-509,0-9,900-909");
  EXPECT_EQ(select("bytes=-10,0-9"), "990-999,0-9");
}

TEST(select_ranges, overlaps_and_small_gaps_are_joined) {
  EXPECT_EQ(select("bytes=0-9,5-19"), "0-19");
  EXPECT_EQ(select("bytes=5-19,0-9"), "0-19");
  EXPECT_EQ(select("bytes=0-9,10-19"), "0-19");
  EXPECT_EQ(select("bytes=0-99,50-59"), "0-99");
  EXPECT_EQ(select("bytes=0-9,89-99"), "0-99") << "79 bytes";
  EXPECT_EQ(select("bytes=0-9,90-99"), "0-9,90-99") << "80 bytes";
  EXPECT_EQ(select("bytes=0-9,500-509,15-19"), "0-19,500-509") << "in the place of the first of them";
  EXPECT_EQ(select("bytes=500-509,15-19,0-9"), "500-509,0-19");
  EXPECT_EQ(select("bytes=0-9,20-29,10-19"), "0-29");
}

// CVE-2011-3192: "bytes=0-,5-0,5-1,5-2,...", which made a server copy a file a thousand times.
TEST(select_ranges, the_attack_of_many_overlapping_ranges_gets_the_file_once) {
  std::string field = "bytes=0-";
  for (int i = 5; i != 1300; ++i) field += ",5-" + std::to_string(i);
  EXPECT_EQ(select(field), "everything");
  EXPECT_EQ(select(field, size, 100'000), "everything") << "also without a limit of their number";
  EXPECT_EQ(select("bytes=0-,0-"), "everything");
  EXPECT_EQ(select("bytes=0-599,400-"), "everything") << "1,200 bytes of 1,000";
  EXPECT_EQ(select("bytes=0-499,500-999"), "0-999");
}

TEST(select_ranges, the_attack_of_many_small_ranges_gets_the_file_once) {
  const auto field = [](int count) {
    std::string text = "bytes=";
    for (int i = 0; i != count; ++i) text += std::to_string(i * 1000) + '-' + std::to_string(i * 1000) + ',';
    return text;
  };
  constexpr std::uint64_t large = 1'000'000;
  EXPECT_EQ(select_ranges(field(16), large, max_ranges).parts.size(), 16U);
  EXPECT_EQ(select(field(17), large), "everything");
  EXPECT_EQ(select("bytes=0-1,2000-", size, 1), "everything") << "those that do not exist count, too";
  EXPECT_EQ(select("bytes=0-1", size, 0), "everything");
}

TEST(select_ranges, of_nothing_there_are_none) {
  for (const auto* const field : {"bytes=0-", "bytes=-1", "bytes=0-0", "bytes=-0", "bytes=7-"})
    EXPECT_EQ(select(field, 0), "everything") << field;
}

TEST(select_ranges, works_at_the_end_of_the_numbers) {
  constexpr std::uint64_t most = 0xffff'ffff'ffff'ffff;
  EXPECT_EQ(select("bytes=-1", most), "18446744073709551614-18446744073709551614");
  EXPECT_EQ(select("bytes=0-", most), "0-18446744073709551614");
  EXPECT_EQ(select("bytes=0-,-1", most), "everything");
  EXPECT_EQ(select("bytes=18446744073709551615-", most), "416");
}

TEST(content_range, names_the_last_byte_and_the_size) {
  EXPECT_EQ(content_range({0, 100}, 1000), "bytes 0-99/1000");
  EXPECT_EQ(content_range({999, 1}, 1000), "bytes 999-999/1000");
}

}  // namespace bight::http::files::ranges_test
