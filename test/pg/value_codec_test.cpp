#include <bight/pg/value_codec.hpp>

#include <gtest/gtest.h>

#include <array>
#include <bight/pg/codec.hpp>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pg/values.hpp"

namespace bight::pg::value_codec_test {

struct celsius {
  double degrees = 0;
};
struct user_id {
  std::int64_t number = 0;
  friend bool operator==(const user_id&, const user_id&) = default;
};
enum class mood { sad, happy };
struct no_default {
  explicit no_default(int n) : number(n) {}
  int number;
};

}  // namespace bight::pg::value_codec_test

template <>
struct bight::pg::codec<bight::pg::value_codec_test::celsius> {
  using celsius = bight::pg::value_codec_test::celsius;
  static bool accepts(const data_type& t) { return t.id() == oids::float8; }
  static void encode(const celsius& t, value_writer& out) { codec<double>::encode(t.degrees, out); }
  static celsius decode(value_reader& in) { return celsius{codec<double>::decode(in)}; }
};

template <>
struct bight::pg::codec<bight::pg::value_codec_test::user_id>
    : bight::pg::codec_via<bight::pg::value_codec_test::user_id, std::int64_t> {
  using user_id = bight::pg::value_codec_test::user_id;
  static std::int64_t store(const user_id& id) { return id.number; }
  static user_id load(std::int64_t number) { return user_id{number}; }
};

template <>
struct bight::pg::codec<bight::pg::value_codec_test::mood>
    : bight::pg::enum_codec<bight::pg::value_codec_test::mood> {
  using mood = bight::pg::value_codec_test::mood;
  static constexpr std::array labels{std::pair{mood::sad, "sad"}, std::pair{mood::happy, "happy"}};
};

template <>
struct bight::pg::codec<bight::pg::value_codec_test::no_default>
    : bight::pg::codec_via<bight::pg::value_codec_test::no_default, int> {
  using no_default = bight::pg::value_codec_test::no_default;
  static int store(const no_default& n) { return n.number; }
  static no_default load(int n) { return no_default{n}; }
};

namespace bight::pg::value_codec_test {

using namespace samples;
using namespace std::chrono;
using namespace std::string_view_literals;

const data_type& int2 = type_of(oids::int2);
const data_type& int4 = type_of(oids::int4);
const data_type& int8 = type_of(oids::int8);
const data_type& text = type_of(oids::text);
const data_type& int4_array = *find_builtin_array(oids::int4);

// ---- NULL

TEST(pg_value_codec, null_is_read_into_an_optional_only) {
  codec_error error;
  EXPECT_EQ(read_value<std::optional<int>>(int4, format::binary, std::nullopt, error), std::nullopt);
  EXPECT_FALSE(error);
  EXPECT_EQ(problem_of<int>(int4, std::nullopt), "NULL, which only a std::optional holds");
  EXPECT_EQ(problem_of<no_default>(int4, std::nullopt), "NULL, which only a std::optional holds");
  EXPECT_EQ(hex_decoded<std::optional<int>>(int4, "00000005"), 5);
}

TEST(pg_value_codec, null_is_written_from_an_empty_optional_and_nullopt) {
  EXPECT_EQ(encoded(std::optional<int>{}, int4), "NULL");
  EXPECT_EQ(encoded(std::optional<int>{5}, int4), "00000005");
  EXPECT_EQ(encoded(std::nullopt, int4_array), "NULL");
  EXPECT_EQ(encoded(std::optional<const char*>{"a"}, text), "61");
}

// ---- integers

TEST(pg_value_codec, integer_results_are_never_narrowed) {
  EXPECT_EQ(check_result<std::int32_t>(int8, format::binary), "int8 cannot be read as int");
  EXPECT_EQ(check_result<std::int16_t>(int4, format::binary), "int4 cannot be read as short");
  EXPECT_EQ(check_result<std::uint32_t>(int8, format::binary), "int8 cannot be read as unsigned int");
  EXPECT_EQ(check_result<std::int32_t>(type_of(oids::oid_), format::binary), "oid cannot be read as int");
  EXPECT_EQ(check_result<std::int64_t>(type_of(oids::oid_), format::binary), "");
  EXPECT_EQ(check_result<std::int64_t>(int2, format::binary), "");
  EXPECT_EQ(hex_decoded<std::int64_t>(int2, "ffff"), -1);
  EXPECT_EQ(hex_decoded<std::uint32_t>(type_of(oids::oid_), "ffffffff"), 4294967295u);
}

TEST(pg_value_codec, unsigned_results_are_not_negative) {
  EXPECT_EQ(hex_decoded<std::uint32_t>(int4, "7fffffff"), 2147483647u);
  EXPECT_EQ(hex_problem_of<std::uint32_t>(int4, "ffffffff"),
            "-1 does not fit into an unsigned 32-bit integer");
  EXPECT_EQ(hex_problem_of<std::uint64_t>(int8, "8000000000000000"),
            "-9223372036854775808 does not fit into an unsigned 64-bit integer");
}

TEST(pg_value_codec, integer_parameters_fit_or_are_errors) {
  EXPECT_EQ(encoded(5, int2), "0005");
  EXPECT_EQ(encoded(std::int64_t{-5}, int4), "fffffffb");
  EXPECT_EQ(encoded(std::size_t{7}, int8), "0000000000000007");
  EXPECT_EQ(encoded(32768, int2), "error: 32768 does not fit into int2");
  EXPECT_EQ(encoded(std::int64_t{1} << 31, int4), "error: 2147483648 does not fit into int4");
  EXPECT_EQ(encoded(std::numeric_limits<std::uint64_t>::max(), int8),
            "error: 18446744073709551615 does not fit into int8");
  EXPECT_EQ(encoded(-1, type_of(oids::oid_)), "error: -1 does not fit into oid");
  EXPECT_EQ(encoded(1, text), "error: int cannot be written as text");
  EXPECT_EQ(encoded(1, type_of(oids::boolean)), "error: int cannot be written as bool");
}

TEST(pg_value_codec, integers_are_other_numbers_if_that_is_exact) {
  EXPECT_EQ(encoded(2, type_of(oids::float8)), "4000000000000000");
  EXPECT_EQ(encoded(-16777216, type_of(oids::float4)), "cb800000");
  EXPECT_EQ(encoded(16777217, type_of(oids::float4)), "error: 16777217 does not fit into float4");
  EXPECT_EQ(encoded((std::int64_t{1} << 53) + 1, type_of(oids::float8)),
            "error: 9007199254740993 does not fit into float8");
  EXPECT_EQ(encoded(std::numeric_limits<std::int64_t>::min(), type_of(oids::float8)),
            "error: -9223372036854775808 does not fit into float8");
  EXPECT_EQ(encoded(10001, type_of(oids::numeric)), "000200010000000000010001");
  EXPECT_EQ(
      decoded<decimal>(type_of(oids::numeric),
                       from_hex(encoded(std::numeric_limits<std::uint64_t>::max(), type_of(oids::numeric)))),
      decimal{"18446744073709551615"});
}

TEST(pg_value_codec, doubles_are_not_narrowed) {
  EXPECT_EQ(check_result<float>(type_of(oids::float8), format::binary), "float8 cannot be read as float");
  EXPECT_EQ(encoded(0.5, type_of(oids::float4)), "error: double cannot be written as float4");
  EXPECT_EQ(hex_decoded<double>(type_of(oids::float4), "bfc00000"), -1.5);
  EXPECT_EQ(encoded(1.5F, type_of(oids::float8)), "3ff8000000000000");
  EXPECT_EQ(encoded(1.5, type_of(oids::numeric)), "error: double cannot be written as numeric");
}

TEST(pg_value_codec, booleans_are_0_or_1) {
  EXPECT_EQ(hex_problem_of<bool>(type_of(oids::boolean), "02"), "malformed bool: 2");
  EXPECT_EQ(hex_problem_of<bool>(type_of(oids::boolean), ""),
            "malformed bool: 0 bytes where 1 should follow");
}

// ---- texts

TEST(pg_value_codec, texts_are_read_as_views_of_the_bytes) {
  const std::string bytes = "hello";
  EXPECT_EQ(decoded<std::string_view>(text, bytes).data(), bytes.data());
  EXPECT_EQ(decoded<std::string>(text, bytes), "hello");
  EXPECT_EQ(decoded<std::string_view>(type_of(oids::void_), ""), "");
}

TEST(pg_value_codec, jsonb_is_text_behind_its_version) {
  const auto& jsonb = type_of(oids::jsonb);
  EXPECT_EQ(hex_decoded<std::string>(jsonb, "017b7d"), "{}");
  EXPECT_EQ(hex_problem_of<std::string>(jsonb, "027b7d"), "jsonb of version 2, which is not known");
  EXPECT_NE(hex_problem_of<std::string>(jsonb, ""), "");
  EXPECT_EQ(encoded("{}", jsonb), "017b7d");
  EXPECT_EQ(encoded("{}", type_of(oids::json)), "7b7d");
}

TEST(pg_value_codec, unknown_types_are_text_both_ways) {
  const auto& money = type_of(790);
  EXPECT_EQ(check_result<std::string>(money, format::text), "");
  EXPECT_EQ(decoded<std::string>(money, "$1.00", format::text), "$1.00");
  EXPECT_EQ(encoded("$1.00"sv, money), "24312e3030");
  EXPECT_EQ(check_result<int>(int4, format::text),
            "int4, which is transferred as text, cannot be read as int");
  EXPECT_EQ(check_result<int>(money, format::text),
            "money, which is transferred as text, cannot be read as int");
  EXPECT_EQ(check_parameter<int>(money), "int cannot be written as money");
  codec_error error;
  static_cast<void>(read_value<int>(int4, format::text, "5"sv, error));
  EXPECT_EQ(error.reason(), "int4 is transferred as text here; read it as std::string");
}

TEST(pg_value_codec, texts_are_not_bytes_and_not_other_types) {
  EXPECT_EQ(check_parameter<std::string>(type_of(oids::bytea)), "std::string cannot be written as bytea");
  EXPECT_EQ(check_result<std::string>(type_of(oids::bytea), format::binary),
            "bytea cannot be read as std::string");
  EXPECT_EQ(check_parameter<const char*>(type_of(oids::timestamptz)),
            "std::string_view cannot be written as timestamptz");
  EXPECT_EQ(check_result<std::string>(type_of(oids::uuid), format::binary),
            "uuid cannot be read as std::string");
}

TEST(pg_value_codec, bytes_are_read_as_views_or_copies) {
  const auto& bytea = type_of(oids::bytea);
  const std::string bytes("\0\xff", 2);
  EXPECT_EQ(static_cast<const void*>(decoded<std::span<const std::byte>>(bytea, bytes).data()), bytes.data());
  const std::vector<std::byte> copy{std::byte{0}, std::byte{255}};
  EXPECT_EQ(decoded<std::vector<std::byte>>(bytea, bytes), copy);
  EXPECT_EQ(encoded(copy, bytea), "00ff");
  EXPECT_EQ(encoded(std::as_bytes(std::span{bytes}), bytea), "00ff");
}

// ---- times

TEST(pg_value_codec, infinity_is_an_error_unless_asked_for) {
  const auto& date = type_of(oids::date);
  EXPECT_EQ(hex_problem_of<sys_days>(date, "7fffffff"), "infinity, which only a pg::maybe_infinite holds");
  EXPECT_NE(hex_problem_of<sys_days>(date, "80000000"), "");
  EXPECT_TRUE(hex_decoded<maybe_infinite<sys_days>>(date, "80000000").is_minus_infinity());
  const auto& timestamptz = type_of(oids::timestamptz);
  using when = sys_time<microseconds>;
  EXPECT_NE(hex_problem_of<when>(timestamptz, "7fffffffffffffff"), "");
  EXPECT_NE(hex_problem_of<when>(timestamptz, "8000000000000000"), "");
  EXPECT_TRUE(hex_decoded<maybe_infinite<when>>(timestamptz, "7fffffffffffffff").is_infinity());
  EXPECT_EQ(encoded(maybe_infinite<when>::minus_infinity(), timestamptz), "8000000000000000");
  EXPECT_NE(hex_problem_of<maybe_infinite<when>>(timestamptz, "7fffffff"), "");
}

TEST(pg_value_codec, times_that_would_be_infinity_or_overflow_are_errors) {
  const auto& timestamp = type_of(oids::timestamp);
  using when = local_time<microseconds>;
  EXPECT_EQ(encoded(when::min(), timestamp), "error: a time that timestamp cannot hold");
  EXPECT_EQ(hex_problem_of<when>(timestamp, "7ffffffffffffffe"),
            "outside of what the type of the result can hold");
  EXPECT_EQ(encoded(sys_time<seconds>::max(), type_of(oids::timestamptz)),
            "error: a time that timestamptz cannot hold");
  EXPECT_EQ(encoded(sys_days::min(), type_of(oids::date)), "error: a time that date cannot hold");
  EXPECT_EQ(hex_problem_of<sys_days>(type_of(oids::date), "7ffffffe"),
            "outside of what the type of the result can hold");
  EXPECT_EQ(encoded(hours::max(), type_of(oids::interval)), "error: a time that interval cannot hold");
}

TEST(pg_value_codec, times_may_be_coarser_as_parameters_and_finer_as_results) {
  const auto& timestamptz = type_of(oids::timestamptz);
  const sys_seconds noon = sys_days{2024y / 2 / 29} + 12h;
  const auto hex = encoded(noon, timestamptz);
  EXPECT_EQ(hex_decoded<sys_time<microseconds>>(timestamptz, hex), noon);
  EXPECT_EQ(hex_decoded<system_clock::time_point>(timestamptz, hex), noon);
  EXPECT_EQ(
      hex_problem_of<sys_time<nanoseconds>>(timestamptz, encoded(sys_days{9999y / 1 / 1} + 0us, timestamptz)),
      "outside of what the type of the result can hold");
}

TEST(pg_value_codec, timestamps_with_and_without_zone_are_different_types) {
  EXPECT_NE(check_result<sys_time<microseconds>>(type_of(oids::timestamp), format::binary), "");
  EXPECT_NE(check_result<local_time<microseconds>>(type_of(oids::timestamptz), format::binary), "");
  EXPECT_NE(check_parameter<sys_days>(type_of(oids::timestamptz)), "");
  EXPECT_NE(check_parameter<local_seconds>(type_of(oids::timestamptz)), "");
}

TEST(pg_value_codec, dates_are_days_or_dates_of_the_calendar) {
  const auto& date = type_of(oids::date);
  EXPECT_EQ(hex_decoded<year_month_day>(date, "00002279"), 2024y / 2 / 29);
  EXPECT_EQ(encoded(2024y / 2 / 29, date), "00002279");
  EXPECT_EQ(encoded(2023y / 2 / 29, date), "error: not a date of the calendar");
  EXPECT_EQ(hex_problem_of<year_month_day>(date, "70000000"),
            "outside of what the type of the result can hold");
  EXPECT_EQ(hex_decoded<sys_days>(date, "70000000").time_since_epoch().count(), 0x70000000 + 10957);
}

TEST(pg_value_codec, times_of_day_are_within_a_day) {
  const auto& time = type_of(oids::time);
  EXPECT_EQ(encoded(time_of_day{24h}, time), "000000141dd76000");
  EXPECT_EQ(encoded(time_of_day{24h + 1us}, time), "error: a time that time cannot hold");
  EXPECT_EQ(encoded(time_of_day{-1us}, time), "error: a time that time cannot hold");
  EXPECT_EQ(hex_problem_of<time_of_day>(time, "000000141dd76001"), "malformed time: not within a day");
  EXPECT_NE(hex_problem_of<time_of_day>(time, "ffffffffffffffff"), "");
}

TEST(pg_value_codec, durations_are_intervals_without_months_and_days) {
  const auto& type = type_of(oids::interval);
  EXPECT_EQ(encoded(5min, type), "0000000011e1a3000000000000000000");
  EXPECT_EQ(hex_decoded<nanoseconds>(type, "0000000011e1a3000000000000000000"), 5min);
  EXPECT_EQ(hex_problem_of<microseconds>(type, "00000000000000000000000100000000"),
            "an interval of months or days, which have no fixed length; read it as pg::interval");
  EXPECT_NE(hex_problem_of<microseconds>(type, "00000000000000000000000000000001"), "");
}

// ---- numeric

TEST(pg_value_codec, numerics_that_make_no_sense_are_errors) {
  const auto& numeric = type_of(oids::numeric);
  const auto problem = [&](std::string_view hex) { return hex_problem_of<decimal>(numeric, hex); };
  EXPECT_EQ(problem("00010000000000002710"), "malformed numeric: digit 10000");
  EXPECT_EQ(problem("0001000000000000ffff"), "malformed numeric: digit 65535");
  EXPECT_EQ(problem("0000000010000000"), "malformed numeric: sign 4096");
  EXPECT_EQ(problem("0000000000004000"), "malformed numeric: scale 16384");
  EXPECT_EQ(problem("0001ffff000000001388"), "malformed numeric: digits behind its scale");
  EXPECT_EQ(problem("0001800000000000270f"), "malformed numeric: digits behind its scale");
  EXPECT_EQ(problem("ffff7fff000000000001"), "malformed numeric: 0 bytes where 2 should follow");
  EXPECT_EQ(problem("00000000c00000000001"), "malformed numeric: 2 bytes too many");
}

TEST(pg_value_codec, numerics_in_unusual_forms_are_read) {
  const auto& numeric = type_of(oids::numeric);
  const auto read = [&](std::string_view hex) { return hex_decoded<decimal>(numeric, hex).to_string(); };
  EXPECT_EQ(read("0003000200000000000000000007"), "7");  // zeros in front
  EXPECT_EQ(read("00030000000000000007"
                 "00000000"),
            "7");                               // zeros behind the point
  EXPECT_EQ(read("0000000040000002"), "0.00");  // minus zero
  EXPECT_EQ(read("00018000000000020000"), "0.00");
  EXPECT_EQ(read("00017fff000000000001").size(), 32767u * 4 + 1);
}

TEST(pg_value_codec, numerics_of_every_length_come_back) {
  const auto& numeric = type_of(oids::numeric);
  for (std::size_t before = 0; before != 10; ++before)
    for (std::size_t behind = 0; behind != 10; ++behind)
      for (const char* digits :
           {"1234567891", "1000000000", "0000000001", "0000100000", "9999999999", "0000000000"}) {
        const std::string value =
            std::string{digits}.substr(10 - before) + '.' + std::string{digits}.substr(10 - behind);
        const auto parsed = decimal::parse(before + behind == 0 ? "0" : value).value();
        const auto hex = encoded(parsed, numeric);
        EXPECT_EQ(hex_decoded<decimal>(numeric, hex).to_string(), parsed.to_string()) << hex;
      }
  const auto longest = decimal::parse(std::string(131'072, '7') + '.' + std::string(16'383, '8')).value();
  EXPECT_EQ(hex_decoded<decimal>(numeric, encoded(longest, numeric)).to_string(), longest.to_string());
}

// ---- arrays

TEST(pg_value_codec, arrays_of_the_wrong_depth_are_errors) {
  const auto flat = encoded(std::vector{1, 2}, int4_array);
  EXPECT_EQ(hex_problem_of<std::vector<std::vector<int>>>(int4_array, flat),
            "an array of 1 dimensions, read as one of 2");
  const auto empty = encoded(std::vector<int>{}, int4_array);
  EXPECT_TRUE(hex_decoded<std::vector<std::vector<int>>>(int4_array, empty).empty());
  EXPECT_EQ(check_result<std::vector<int>>(int4, format::binary), "int4 cannot be read as std::vector<int>");
  EXPECT_EQ(check_result<std::vector<std::int16_t>>(int4_array, format::binary),
            "int4[] cannot be read as std::vector<short>");
}

TEST(pg_value_codec, arrays_are_rectangular) {
  using matrix = std::vector<std::vector<int>>;
  EXPECT_EQ(encoded(matrix{{1}, {2, 3}}, int4_array),
            "error: [1]: not as long as the one before: arrays are rectangular");
  EXPECT_EQ(encoded(matrix{{}, {1}}, int4_array),
            "error: [1]: not as long as the one before: arrays are rectangular");
  EXPECT_EQ(encoded(matrix{{1}, {}}, int4_array),
            "error: [1]: not as long as the one before: arrays are rectangular");
  EXPECT_EQ(encoded(matrix{{}, {}}, int4_array), encoded(std::vector<int>{}, int4_array));
  EXPECT_EQ(encoded(std::vector<matrix>{{{}}, {{1}}}, int4_array),
            "error: [1][0]: not as long as the one before: arrays are rectangular");
  EXPECT_EQ(encoded(std::vector<matrix>{{{1}}, {{}}}, int4_array),
            "error: [1][0]: not as long as the one before: arrays are rectangular");
  EXPECT_EQ(encoded(std::vector<matrix>{{{1}}, {{1}, {2}}}, int4_array).substr(0, 6), "error:");
}

TEST(pg_value_codec, null_elements_need_optionals) {
  const std::vector<std::optional<int>> some{1, std::nullopt};
  const auto hex = encoded(some, int4_array);
  EXPECT_EQ(hex,
            "000000010000000100000017000000020000000100000004"
            "00000001"
            "ffffffff");
  EXPECT_EQ(hex_decoded<std::vector<std::optional<int>>>(int4_array, hex), some);
  EXPECT_EQ(hex_problem_of<std::vector<int>>(int4_array, hex), "[1]: NULL, which only a std::optional holds");
}

TEST(pg_value_codec, array_dimension_bombs_take_no_memory) {
  const auto problem = [&](std::string_view hex) {
    return hex_problem_of<std::vector<int>>(int4_array, hex);
  };
  // one dimension of 2^31 - 1 elements, in no bytes
  EXPECT_EQ(problem("0000000100000000000000177fffffff00000001"),
            "malformed int4[]: 2147483647 elements in 0 bytes");
  // six of them: the product overflows
  std::string six = "000000060000000000000017";
  for (int i = 0; i != 6; ++i) six += "7fffffff00000001";
  EXPECT_EQ(problem(six), "malformed int4[]: too many elements");
  EXPECT_EQ(problem("000000070000000000000017"), "malformed int4[]: 7 dimensions");
  EXPECT_EQ(problem("ffffffff0000000000000017"), "malformed int4[]: -1 dimensions");
  EXPECT_EQ(problem("000000010000000000000017ffffffff00000001"), "malformed int4[]: a negative dimension");
  EXPECT_EQ(problem("000000010000000200000017"), "malformed int4[]: unknown flags");
  EXPECT_EQ(problem("000000010000000000000019"), "malformed int4[]: its elements are of type 25, not 23");
  // many rows of nothing are nothing
  const auto rows = hex_decoded<std::vector<std::vector<int>>>(
      int4_array, "0000000200000000000000177fffffff000000010000000000000001");
  EXPECT_TRUE(rows.empty());
  EXPECT_EQ(problem("00000001000000000000001700000001"
                    "00000001"
                    "fffffffe"),
            "[0]: malformed int4[]: negative length");
}

TEST(pg_value_codec, lower_bounds_are_kept_by_pg_array) {
  const std::string hex =
      "000000010000000000000017"
      "00000002"
      "00000002"
      "0000000400000001"
      "0000000400000002";
  const array<int> value{{1, 2}, 2};
  EXPECT_EQ(hex_decoded<array<int>>(int4_array, hex), value);
  EXPECT_EQ(encoded(value, int4_array), hex);
  EXPECT_EQ(hex_decoded<std::vector<int>>(int4_array, hex), (std::vector{1, 2}));

  array<std::optional<int>> square;
  square.dimensions = {{2, 0}, {2, -5}};
  square.elements = {1, 2, std::nullopt, 4};
  EXPECT_EQ(hex_decoded<array<std::optional<int>>>(int4_array, encoded(square, int4_array)), square);
  square.elements.pop_back();
  EXPECT_EQ(encoded(square, int4_array), "error: the dimensions say 4 elements, but there are 3");
  square.dimensions[0].size = -1;
  EXPECT_EQ(encoded(square, int4_array).substr(0, 6), "error:");
  EXPECT_EQ(encoded(array<int>{}, int4_array), encoded(std::vector<int>{}, int4_array));
}

TEST(pg_value_codec, spans_and_arrays_are_parameters) {
  const std::vector numbers{1, 2};
  EXPECT_EQ(encoded(std::span{numbers}, int4_array), encoded(numbers, int4_array));
  EXPECT_EQ(encoded(std::array{1, 2}, int4_array), encoded(numbers, int4_array));
  EXPECT_EQ(encoded(std::vector<bool>{true, false}, *find_builtin_array(oids::boolean)),
            "000000010000000000000010"
            "0000000200000001"
            "0000000101"
            "0000000100");
  EXPECT_EQ(encoded(std::vector<std::string_view>{"a"}, *find_builtin_array(oids::varchar)),
            "000000010000000000000413"
            "0000000100000001"
            "0000000161");
}

TEST(pg_value_codec, errors_name_the_place) {
  const std::vector<std::vector<std::int64_t>> values{{1, 2}, {3, std::int64_t{1} << 40}};
  EXPECT_EQ(encoded(values, int4_array), "error: [1][1]: 1099511627776 does not fit into int4");
  const auto hex = encoded(std::vector<int>{1, -1}, int4_array);
  EXPECT_EQ(hex_problem_of<std::vector<unsigned>>(int4_array, hex),
            "[1]: -1 does not fit into an unsigned 32-bit integer");
}

// ---- what the database defines

class user_types : public ::testing::Test {
 protected:
  user_types() {
    std::vector<type_row> rows(7);
    rows[0].id = 20001, rows[0].name = "mood", rows[0].kind = 'e';
    rows[1].id = 20002, rows[1].name = "positive", rows[1].kind = 'd', rows[1].element = oids::int4;
    rows[2].id = 20003, rows[2].name = "pair", rows[2].kind = 'c';
    rows[2].attribute_names = {"feeling", "n"};
    rows[2].attribute_types = {20001, 20002};
    rows[3].id = 20004, rows[3].name = "pair[]", rows[3].kind = 'a', rows[3].element = 20003;
    rows[4].id = 20005, rows[4].name = "floatrange", rows[4].kind = 'r', rows[4].element = oids::float8;
    rows[5].id = 20006, rows[5].name = "numbers", rows[5].kind = 'd', rows[5].element = 1007;
    rows[6].id = 20007, rows[6].name = "numbers[]", rows[6].kind = 'a', rows[6].element = 20006;
    catalog_.add(rows);
  }
  const data_type& type(oid id) const { return *catalog_.find(id); }

  type_catalog catalog_;
};
using pg_user_types = user_types;

TEST_F(pg_user_types, enums_are_labels) {
  EXPECT_EQ(encoded(mood::happy, type(20001)), to_hex("happy"));
  EXPECT_EQ(decoded<mood>(type(20001), "sad"), mood::sad);
  EXPECT_EQ(problem_of<mood>(type(20001), "angry"), "the label \"angry\" is not known");
  EXPECT_EQ(encoded(static_cast<mood>(7), type(20001)), "error: a value of the enum that has no label");
  EXPECT_EQ(decoded<std::string>(type(20001), "sad"), "sad");
  EXPECT_EQ(encoded("sad", type(20001)), to_hex("sad"));
  EXPECT_EQ(check_result<mood>(int4, format::binary).substr(0, 20), "int4 cannot be read ");
}

TEST_F(pg_user_types, domains_are_what_they_are_based_on) {
  EXPECT_EQ(hex_decoded<int>(type(20002), "00000005"), 5);
  EXPECT_EQ(encoded(5, type(20002)), "00000005");
  EXPECT_EQ(encoded(std::vector<int>{5}, type(20006)), encoded(std::vector<int>{5}, int4_array));
  const std::vector<std::optional<std::vector<int>>> nested{std::vector{1, 2}, std::nullopt,
                                                            std::vector<int>{}};
  const auto hex = encoded(nested, type(20007));
  EXPECT_EQ(hex_decoded<std::vector<std::optional<std::vector<int>>>>(type(20007), hex), nested);
}

TEST_F(pg_user_types, composites_are_tuples) {
  const std::string hex =
      "00000002"
      "00004e21"
      "00000003736164"
      "00004e22"
      "0000000400000007";
  using pair = std::pair<mood, int>;
  EXPECT_EQ(encoded(pair{mood::sad, 7}, type(20003)), hex);
  EXPECT_EQ(hex_decoded<pair>(type(20003), hex), (pair{mood::sad, 7}));
  using loose = std::tuple<std::string, std::optional<std::int64_t>>;
  EXPECT_EQ(hex_decoded<loose>(type(20003), hex), (loose{"sad", 7}));
  const loose with_null{"happy", std::nullopt};
  EXPECT_EQ(hex_decoded<loose>(type(20003), encoded(with_null, type(20003))), with_null);
  EXPECT_EQ(hex_problem_of<pair>(type(20003), encoded(with_null, type(20003))),
            ".n: NULL, which only a std::optional holds");
  EXPECT_EQ(encoded(loose{"sad", std::int64_t{1} << 33}, type(20003)),
            "error: .n: 8589934592 does not fit into int4");

  const std::vector<std::vector<pair>> many{{{mood::sad, 1}}, {{mood::happy, 2}}};
  EXPECT_EQ(hex_decoded<std::vector<std::vector<pair>>>(type(20004), encoded(many, type(20004))), many);
}

TEST_F(pg_user_types, composites_that_were_altered_are_errors) {
  using pair = std::pair<mood, int>;
  EXPECT_EQ(hex_problem_of<pair>(type(20003),
                                 "00000001"
                                 "00004e21"
                                 "00000003736164"),
            "pair has 1 fields, not 2 as before: it has been altered");
  EXPECT_EQ(hex_problem_of<pair>(type(20003),
                                 "00000002"
                                 "00000017"
                                 "0000000400000001"
                                 "00004e22"
                                 "0000000400000007"),
            ".feeling: of type 23, not mood as before: the composite type has been altered");
  EXPECT_NE(hex_problem_of<pair>(type(20003), "7fffffff"), "");
  EXPECT_NE(hex_problem_of<pair>(type(20003), "ffffffff"), "");
  EXPECT_EQ((check_result<std::tuple<mood>>(type(20003), format::binary)).substr(0, 20),
            "pair cannot be read ");
  EXPECT_NE((check_parameter<std::pair<int, int>>(type(20003))), "");
}

TEST_F(pg_user_types, records_say_what_their_fields_are) {
  const auto& record = type_of(oids::record);
  const std::string hex =
      "00000002"
      "00000017"
      "0000000400000005"
      "00000019"
      "0000000161";
  using row = std::tuple<int, std::string>;
  EXPECT_EQ(hex_decoded<row>(record, hex), (row{5, "a"}));
  EXPECT_EQ((hex_problem_of<std::tuple<int, int>>(record, hex)), "[1]: text cannot be read as int");
  EXPECT_EQ(hex_problem_of<std::tuple<int>>(record, hex), "2 fields, read as 1");
  EXPECT_EQ((hex_problem_of<std::tuple<std::string, std::string>>(record,
                                                                  "00000002"
                                                                  "00004e21"
                                                                  "0000000161"
                                                                  "00000019"
                                                                  "0000000161")),
            "[0]: a field of a record is of type 20001, which is not known; cast the record");
  EXPECT_NE(check_parameter<row>(record), "");
}

TEST_F(pg_user_types, ranges_of_the_database_are_ranges) {
  const range<double> r{1.5, std::nullopt};
  EXPECT_EQ(hex_decoded<range<double>>(type(20005), encoded(r, type(20005))), r);
  EXPECT_NE(check_result<range<int>>(type(20005), format::binary), "");
}

TEST(pg_value_codec, ranges_that_make_no_sense_are_errors) {
  const auto& int4range = type_of(3904);
  EXPECT_EQ(hex_problem_of<range<int>>(int4range, "40"), "malformed int4range: unknown flags");
  EXPECT_EQ(hex_problem_of<range<int>>(int4range, "0100"), "malformed int4range: 1 bytes too many");
  EXPECT_EQ(hex_problem_of<range<int>>(int4range, "02ffffffff0000000400000001"),
            "NULL, which only a std::optional holds");
  EXPECT_EQ(hex_problem_of<multirange<int>>(type_of(4451), "7fffffff"),
            "malformed int4multirange: 2147483647 ranges in 0 bytes");
  EXPECT_NE(hex_problem_of<multirange<int>>(type_of(4451), "ffffffff"), "");
}

TEST(pg_value_codec, addresses_that_make_no_sense_are_errors) {
  const auto& type = type_of(oids::inet);
  EXPECT_EQ(hex_problem_of<inet>(type, "022100040a000001"), "malformed inet: family 2, prefix 33, 4 bytes");
  EXPECT_EQ(hex_problem_of<inet>(type, "040000040a000001"), "malformed inet: family 4, prefix 0, 4 bytes");
  EXPECT_EQ(hex_problem_of<inet>(type, "0220001000000000000000000000000000000000"),
            "malformed inet: family 2, prefix 32, 16 bytes");
  EXPECT_EQ(encoded(inet{net::ip_address{}, 33}, type), "error: a prefix of 33 bits");
  EXPECT_EQ(encoded(net::ip_address::parse("fe80::1%2").value(), type),
            "error: an address with a zone, which inet cannot hold");
  EXPECT_EQ(hex_decoded<net::ip_address>(type, "022000040a000001").to_string(), "10.0.0.1");
  EXPECT_EQ(hex_problem_of<net::ip_address>(type, "021800040a000000"),
            "10.0.0.0/24 is a network, not an address; read it as pg::inet");
}

// ---- codecs of users

TEST(pg_value_codec, users_write_codecs_of_their_own) {
  const auto& float8 = type_of(oids::float8);
  EXPECT_EQ(hex_decoded<celsius>(float8, encoded(celsius{36.6}, float8)).degrees, 36.6);
  EXPECT_EQ(check_parameter<celsius>(text).substr(0, 5), "pg::v");
  EXPECT_EQ(hex_decoded<user_id>(int8, encoded(user_id{7}, int8)), user_id{7});
  EXPECT_EQ(parameter_type<user_id>(), oids::int8);
  EXPECT_EQ(parameter_type<celsius>(), 0u);
  EXPECT_NE(check_result<user_id>(text, format::binary), "");
  EXPECT_EQ(hex_decoded<no_default>(int4, "00000005").number, 5);
  const std::vector<user_id> ids{{1}, {2}};
  EXPECT_EQ(hex_decoded<std::vector<user_id>>(*find_builtin_array(oids::int8),
                                              encoded(ids, *find_builtin_array(oids::int8))),
            ids);
}

TEST(pg_value_codec, types_of_parameters_are_known_without_asking) {
  EXPECT_EQ(parameter_type<int>(), oids::int4);
  EXPECT_EQ(parameter_type<std::uint32_t>(), oids::int8);
  EXPECT_EQ(parameter_type<std::optional<short>>(), oids::int2);
  EXPECT_EQ(parameter_type<const char*>(), oids::unknown);
  EXPECT_EQ(parameter_type<char[4]>(), oids::unknown);
  EXPECT_EQ(parameter_type<std::vector<std::vector<int>>>(), 1007u);
  EXPECT_EQ(parameter_type<std::vector<std::optional<decimal>>>(), 1231u);
  EXPECT_EQ(parameter_type<std::vector<std::string>>(), 0u);
  EXPECT_EQ(parameter_type<range<int>>(), 0u);
  EXPECT_EQ(parameter_type<std::nullopt_t>(), 0u);
}

TEST(pg_value_codec, after_a_failure_nothing_is_read) {
  codec_error error;
  value_reader in{int8, format::binary, "abc"sv, error};
  EXPECT_EQ(in.take<std::int64_t>(), 0);
  EXPECT_EQ(error.to_string(), "malformed int8: 3 bytes where 8 should follow");
  EXPECT_EQ(in.take<std::uint8_t>(), 0);
  EXPECT_EQ(in.take_bytes(1), "");
  in.fail("something else");
  in.finish();
  EXPECT_EQ(error.reason(), "malformed int8: 3 bytes where 8 should follow");
}

}  // namespace bight::pg::value_codec_test
