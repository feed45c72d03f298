#include <bight/pg/json.hpp>

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <string>
#include <vector>

#include "pg/values.hpp"

namespace bight::pg::json_test {

using namespace samples;
namespace json = boost::json;

const data_type& jsonb = type_of(oids::jsonb);

TEST(pg_json, is_a_value_both_ways) {
  const auto value = json::parse(R"({"a": [1, null, 2.5], "b": "ü\n", "c": 18446744073709551615})");
  for (const auto id : {oids::json, oids::jsonb})
    EXPECT_EQ(hex_decoded<json::value>(type_of(id), encoded(value, type_of(id))), value);
  EXPECT_EQ(encoded(json::value("x"), jsonb), "01227822");
  EXPECT_EQ(encoded(json::value("x"), type_of(oids::json)), "227822");
  EXPECT_EQ(parameter_type<json::value>(), oids::jsonb);
}

TEST(pg_json, null_of_json_is_not_null) {
  EXPECT_EQ(encoded(json::value{}, jsonb), "016e756c6c");
  EXPECT_TRUE(hex_decoded<json::value>(jsonb, "016e756c6c").is_null());
  EXPECT_EQ(problem_of<json::value>(jsonb, std::nullopt), "NULL, which only a std::optional holds");
  EXPECT_EQ(encoded(std::optional<json::value>{}, jsonb), "NULL");
}

TEST(pg_json, values_of_any_size_are_written_whole) {
  json::array all;
  for (int i = 0; i != 3000; ++i) all.emplace_back("item " + std::to_string(i));
  const json::value value = std::move(all);
  EXPECT_EQ(hex_decoded<std::string>(jsonb, encoded(value, jsonb)), json::serialize(value));
}

TEST(pg_json, what_is_invalid_is_an_error) {
  const auto problem = [](std::string_view text) {
    return problem_of<json::value>(type_of(oids::json), text).substr(0, 23);
  };
  EXPECT_EQ(problem("{\"a\" 1}"), "invalid JSON at byte 5:");
  EXPECT_EQ(problem("[1] x"), "invalid JSON at byte 4:");
  EXPECT_EQ(problem("[1"), "invalid JSON at byte 2:");
  EXPECT_EQ(problem(""), "invalid JSON at byte 0:");
  EXPECT_EQ(problem_of<json::value>(jsonb, "\x02{}"), "jsonb of version 2, which is not known");
  EXPECT_EQ(problem_of<json::value>(jsonb, ""), "malformed jsonb: 0 bytes where 1 should follow");
}

TEST(pg_json, nesting_is_limited) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(problem_of<json::value>(type_of(oids::json), nested(max_json_depth)), "");
  EXPECT_EQ(problem_of<json::value>(type_of(oids::json), nested(max_json_depth + 1)),
            "invalid JSON at byte 512: nested too deep (limit 512)");
  EXPECT_NE(problem_of<json::value>(type_of(oids::json), std::string(1'000'000, '[')), "");
}

TEST(pg_json, arrays_of_json_are_vectors) {
  const std::vector<json::value> all{json::value(1), json::value("a")};
  const auto& array = *find_builtin_array(oids::jsonb);
  EXPECT_EQ(hex_decoded<std::vector<json::value>>(array, encoded(all, array)), all);
}

}  // namespace bight::pg::json_test
