// Described types with constraints, to and from JSON.
#include <bight/api/json.hpp>

#include <bight/http/json_error.hpp>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/shop.hpp"

namespace bight::api_json_test {

using test::shop::category;
using test::shop::colour;
using test::shop::item;
using test::shop::login;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

template <class T>
std::vector<api::invalid_value> errors_of(std::string_view text, const api::decoding_limits& limits = {}) {
  try {
    static_cast<void>(api::from_json<T>(text, limits));
  } catch (const api::invalid_input& e) { return e.errors(); }
  return {};
}

// "/price exclusiveMinimum: must be greater than 0 (-1)"
template <class T>
std::vector<std::string> complaints(std::string_view text, const api::decoding_limits& limits = {}) {
  std::vector<std::string> out;
  for (const auto& e : errors_of<T>(text, limits))
    out.push_back(e.pointer + " " + e.constraint + ": " + e.detail + " (" + e.value + ")");
  return out;
}

TEST(api_json, structs_go_there_and_back) {
  const std::string text =
      R"({"name":"rope","price":9.5,"stock":3,"paint":"green","note":null,"tags":["a","b"],)"
      R"("parts":[{"name":"core","weight":1}],"sizes":{"m":2}})";
  const auto one = api::from_json<item>(text);
  EXPECT_EQ(one.name, "rope");
  EXPECT_EQ(one.paint, colour::green);
  EXPECT_EQ(one.sizes.at("m"), 2);
  EXPECT_EQ(api::to_json(one), text);
}

TEST(api_json, absent_members_have_their_initializers) {
  const auto one = api::from_json<item>(R"({"name":"rope","price":1})");
  EXPECT_EQ(one.stock, 1);
  EXPECT_EQ(one.paint, colour::red);
  EXPECT_FALSE(one.note);
}

TEST(api_json, all_errors_are_collected) {
  EXPECT_THAT(complaints<item>(R"({"name":"","price":-1,"stock":1.5,"paint":"blue","note":"too long",)"
                               R"("parts":[{"name":1},{"weight":"x","name":"n"}],"sizes":{"a/b":"x"}})"),
              ElementsAre(R"(/name minLength: must have at least 1 character (""))",
                          "/price exclusiveMinimum: must be greater than 0 (-1)",
                          "/stock type: expected an integer, not a number (1.5E0)",
                          R"(/paint enum: expected one of red, green ("blue"))",
                          R"(/note maxLength: must have at most 5 characters ("too long"))",
                          "/parts/0/name type: expected a string, not a number (1)",
                          "/parts/0/weight required: missing ()",
                          R"(/parts/1/weight type: expected a number, not a string ("x"))",
                          R"(/sizes/a~1b type: expected an integer, not a string ("x"))"));
}

TEST(api_json, values_are_not_converted) {
  EXPECT_THAT(complaints<int>("\"7\""), ElementsAre(" type: expected an integer, not a string (\"7\")"));
  EXPECT_THAT(complaints<int>("true"), ElementsAre(" type: expected an integer, not a boolean (true)"));
  EXPECT_THAT(complaints<bool>("1"), ElementsAre(" type: expected a boolean, not a number (1)"));
  EXPECT_THAT(complaints<std::string>("7"), ElementsAre(" type: expected a string, not a number (7)"));
  EXPECT_THAT(complaints<std::string>("null"), ElementsAre(" type: expected a string, not null (null)"));
  EXPECT_EQ(api::from_json<int>("7.0"), 7);
}

TEST(api_json, integers_have_the_range_of_their_type) {
  EXPECT_EQ(api::from_json<std::int8_t>("-128"), -128);
  EXPECT_THAT(complaints<std::int8_t>("128"), ElementsAre(" maximum: must be at most 127 (128)"));
  EXPECT_THAT(complaints<std::int8_t>("-129"), ElementsAre(" minimum: must be at least -128 (-129)"));
  EXPECT_THAT(complaints<unsigned>("-1"), ElementsAre(" minimum: must be at least 0 (-1)"));
  EXPECT_EQ(api::from_json<unsigned>("-0"), 0U);
  const auto most = std::numeric_limits<std::uint64_t>::max();
  const auto least = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(api::from_json<std::uint64_t>(std::to_string(most)), most);
  EXPECT_EQ(api::to_json(most), std::to_string(most));
  EXPECT_EQ(api::from_json<std::int64_t>(std::to_string(least)), least);
  EXPECT_EQ(api::to_json(least), std::to_string(least));
  for (const std::string_view big : {"18446744073709551616", "1e300", "9223372036854775808"})
    EXPECT_EQ(errors_of<std::int64_t>(big).size(), 1U) << big;
  EXPECT_EQ(errors_of<std::uint64_t>("18446744073709551616").size(), 1U);
}

TEST(api_json, numbers_are_finite) {
  EXPECT_EQ(errors_of<float>("1e39").size(), 1U);
  EXPECT_EQ(errors_of<double>("1e999").size(), 1U);
  EXPECT_EQ(api::from_json<float>("1e38"), 1e38F);
  EXPECT_THROW(static_cast<void>(api::to_json(std::numeric_limits<double>::quiet_NaN())), http::json_error);
}

TEST(api_json, lengths_count_characters) {
  EXPECT_THAT(complaints<item>("{\"name\":\"x\",\"price\":1,\"note\":\"\u00e4\u00f6\u00fc\u00df\u20ac\"}"),
              IsEmpty());
}

TEST(api_json, depth_is_limited) {
  std::string deep;
  for (int i = 0; i != 100'000; ++i) deep += R"({"name":"a","children":[)";
  EXPECT_THAT(complaints<category>(deep), ElementsAre(HasSubstr("nested too deep (limit 32)")));
}

TEST(api_json, types_may_contain_themselves) {
  const std::string text = R"({"name":"a","children":[{"name":"b","children":[]}]})";
  EXPECT_EQ(api::to_json(api::from_json<category>(text)), text);
  EXPECT_THAT(complaints<category>(R"({"name":"a","children":[{"name":"b","children":[{"name":1}]}]})"),
              ElementsAre("/children/0/children/0/name type: expected a string, not a number (1)",
                          "/children/0/children/0/children required: missing ()"));
}

TEST(api_json, the_number_of_errors_is_limited) {
  std::string many = "[";
  for (int i = 0; i != 1000; ++i) many += "\"x\",";
  many += "0]";
  EXPECT_EQ(errors_of<std::vector<int>>(many).size(), 100U);
  EXPECT_EQ(errors_of<std::vector<int>>(many, api::decoding_limits{.max_errors = 3}).size(), 3U);
}

TEST(api_json, items_beyond_the_limit_are_not_read) {
  EXPECT_THAT(complaints<item>(R"({"name":"a","price":1,"tags":[1,2,3]})"),
              ElementsAre("/tags maxItems: must have at most 2 items ()"));
}

TEST(api_json, values_are_cut_and_secrets_left_out) {
  const auto long_name = std::string(300, 'n');
  const auto cut = errors_of<item>("{\"price\":1,\"name\":\"" + long_name + "\"}");
  EXPECT_EQ(cut.at(0).value, "\"" + std::string(99, 'n') + "...");
  const auto secret = complaints<login>(R"({"user":"ann","password":"hunter2"})");
  EXPECT_THAT(secret, ElementsAre("/password minLength: must have at least 8 characters ()"));
  for (const std::string_view wrong :
       {R"({"user":"","password":"hunter2"})", R"({"user":"a","password":["hunter2"]})",
        R"({"user":"a","pasword":"hunter2"})", R"(["hunter2"])",
        R"({"user":{"x":"hunter2"},"password":"long enough"})"}) {
    try {
      static_cast<void>(api::from_json<login>(wrong));
      ADD_FAILURE() << wrong;
    } catch (const api::invalid_input& e) { EXPECT_THAT(e.to_json(), Not(HasSubstr("hunter2"))) << wrong; }
  }
}

TEST(api_json, closed_types_refuse_other_members) {
  EXPECT_THAT(complaints<login>(R"({"user":"ann","password":"long enough","admin":true})"),
              ElementsAre("/admin additionalProperties: no such member ()"));
  EXPECT_THAT(complaints<item>(R"({"name":"a","price":1,"colour":7})"), IsEmpty());
}

TEST(api_json, texts_with_a_format) {
  using date = std::chrono::year_month_day;
  EXPECT_EQ(api::to_json(api::from_json<date>("\"2024-02-29\"")), "\"2024-02-29\"");
  for (const std::string_view wrong : {"2023-02-29", "2023-2-9", "20230209", "2023-02-09T", "2023-+2-09", ""})
    EXPECT_EQ(errors_of<date>(api::to_json(std::string{wrong})).size(), 1U) << wrong;
  EXPECT_EQ(api::to_json(api::from_json<decimal>("\"9.90\"")), "\"9.90\"");
  EXPECT_EQ(errors_of<decimal>("\"NaN\"").size(), 1U);
  EXPECT_EQ(errors_of<decimal>("9.9").size(), 1U);
  const std::string id = "\"1b4e28ba-2fa1-4d02-883f-0016d3cca427\"";
  EXPECT_EQ(api::to_json(api::from_json<uuid>(id)), id);
  EXPECT_THAT(complaints<uuid>("\"1b4e\""), ElementsAre(" format: not a uuid (\"1b4e\")"));
}

TEST(api_json, text_that_is_not_json) {
  EXPECT_THAT(complaints<item>("{"), ElementsAre(HasSubstr(" json: not JSON: byte 1")));
  EXPECT_EQ(errors_of<item>("").size(), 1U);
  EXPECT_EQ(errors_of<item>("[1] 2").size(), 1U);
}

}  // namespace bight::api_json_test
