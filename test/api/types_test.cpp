// Variants, moments, durations; and attacks by depth, size and range.
#include <bight/api/schema.hpp>

#include <bight/api/json.hpp>
#include <bight/api/operation.hpp>
#include <bight/api/router.hpp>
#include <bight/decimal.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing_http/test_client.hpp>
#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace bight::api_types_test {

using namespace std::chrono_literals;
using bight::testing::test_client;
using ::testing::HasSubstr;

struct circle {
  double radius = 0;
};
BOOST_DESCRIBE_STRUCT(circle, (), (radius))
struct square {
  double side = 0;
  std::string note;
};
BOOST_DESCRIBE_STRUCT(square, (), (side, note))
constexpr auto schema_of(api::type<circle>) {
  return api::schema(api::field(&circle::radius).above(0)).closed();
}
constexpr auto schema_of(api::type<square>) {
  return api::schema(api::field(&square::side).above(0), api::field(&square::note).or_default());
}
using figure = std::variant<circle, square>;
constexpr auto schema_of(api::type<figure>) { return api::one_of("kind", "circle", "square"); }

struct drawing {
  std::vector<figure> figures;
};
BOOST_DESCRIBE_STRUCT(drawing, (), (figures))

template <class T>
std::string errors_of(std::string_view text) {
  try {
    static_cast<void>(api::from_json<T>(text));
  } catch (const api::invalid_input& e) {
    std::string all;
    for (const auto& one : e.errors()) all += one.pointer + ' ' + one.constraint + ": " + one.detail + '\n';
    return all;
  }
  return {};
}

TEST(api_types, a_member_names_the_alternative_of_a_variant) {
  const auto d = api::from_json<drawing>(
      R"({"figures": [{"kind": "square", "side": 2}, {"radius": 1.5, "kind": "circle"}]})");
  EXPECT_EQ(std::get<square>(d.figures.at(0)).side, 2);
  EXPECT_EQ(std::get<circle>(d.figures.at(1)).radius, 1.5);
  EXPECT_EQ(api::to_json(d),
            R"({"figures":[{"kind":"square","side":2,"note":""},{"kind":"circle","radius":1.5}]})");
}

TEST(api_types, what_is_wrong_with_a_variant_is_named) {
  EXPECT_EQ(errors_of<drawing>(R"({"figures": [{"side": 1}, {"kind": "line"}, {"kind": 7}, 7,
                                 {"kind": "circle", "radius": -1, "side": 1}]})"),
            "/figures/0/kind required: missing\n"
            "/figures/1/kind enum: expected one of circle, square\n"
            "/figures/2/kind type: expected a string, not a number\n"
            "/figures/3 type: expected an object, not a number\n"
            "/figures/4/radius exclusiveMinimum: must be greater than 0\n"
            "/figures/4/side additionalProperties: no such member\n");
}

inline constexpr auto draw = api::post<drawing>("/drawings", api::body<drawing>());

TEST(api_types, a_variant_has_a_discriminator_in_the_document) {
  api::router routes;
  routes.add(draw, [](drawing d) { return d; });
  const auto document = boost::json::parse(routes.openapi());
  const auto& schemas = document.at("components").at("schemas");
  EXPECT_EQ(
      boost::json::serialize(schemas.at("circle_or_square")),
      R"({"oneOf":[{"$ref":"#/components/schemas/circle_or_square.circle"},)"
      R"({"$ref":"#/components/schemas/circle_or_square.square"}],"discriminator":{"propertyName":"kind",)"
      R"("mapping":{"circle":"#/components/schemas/circle_or_square.circle",)"
      R"("square":"#/components/schemas/circle_or_square.square"}}})");
  EXPECT_EQ(
      boost::json::serialize(schemas.at("circle_or_square.circle")),
      R"({"type":"object","properties":{"kind":{"type":"string","const":"circle"},)"
      R"("radius":{"type":"number","format":"double","exclusiveMinimum":0}},"required":["kind","radius"],)"
      R"("additionalProperties":false})");
}

using moment = std::chrono::sys_time<std::chrono::milliseconds>;

TEST(api_types, moments_are_rfc_3339) {
  const auto read = [](const std::string& text) { return api::from_json<moment>('"' + text + '"'); };
  EXPECT_EQ(api::to_json(read("2026-11-30T23:59:58.25Z")), R"("2026-11-30T23:59:58.250Z")");
  EXPECT_EQ(api::to_json(read("2026-12-01T01:59:58.2509+02:00")), R"("2026-11-30T23:59:58.250Z")");
  EXPECT_EQ(api::to_json(read("1969-12-31t23:59:59z")), R"("1969-12-31T23:59:59.000Z")");
  EXPECT_EQ(api::to_json(read("2016-12-31T23:59:60Z")), R"("2017-01-01T00:00:00.000Z")");
  EXPECT_EQ(api::to_json(std::chrono::sys_seconds{1s}), R"("1970-01-01T00:00:01Z")");
  for (const auto* const bad : {"2026-11-30", "2026-11-30T23:59Z", "2026-11-31T00:00:00Z",
                                "2026-11-30T24:00:00Z", "2026-11-30T00:00:00", "2026-11-30T00:00:00.Z",
                                "2026-11-30T00:00:00+2:00", "2026-11-30T00:00:00+24:00",
                                "2026-11-30 00:00:00Z", "2026-11-30T00:00:00Z ", "26-11-30T00:00:00Z", ""})
    EXPECT_EQ(errors_of<moment>('"' + std::string{bad} + '"'), " format: not a date-time\n") << bad;
  // Nanoseconds of 64 bits end in 2262.
  EXPECT_EQ(errors_of<std::chrono::sys_time<std::chrono::nanoseconds>>(R"("9999-12-31T23:59:59Z")"),
            " format: not a date-time\n");
}

TEST(api_types, durations_are_iso_8601) {
  using milliseconds = std::chrono::milliseconds;
  const auto read = [](const std::string& text) { return api::from_json<milliseconds>('"' + text + '"'); };
  EXPECT_EQ(read("PT1.5S"), 1500ms);
  EXPECT_EQ(read("P1DT2H3M4S"), 93784s);
  EXPECT_EQ(read("-PT0.5S"), -500ms);
  EXPECT_EQ(read("P2W"), 336h);
  EXPECT_EQ(api::to_json(milliseconds{1500}), R"("PT1.5S")");
  EXPECT_EQ(api::to_json(milliseconds{-1500}), R"("-PT1.5S")");
  EXPECT_EQ(api::to_json(milliseconds{0}), R"("PT0S")");
  EXPECT_EQ(api::to_json(std::chrono::hours{49}), R"("P2DT1H")");
  for (const auto* const bad : {"", "P", "PT", "1S", "PT1", "PT1.S", "P1Y", "P1M", "PT-1S", "P1DT", "PT1S1M",
                                "PT99999999999999999999S", "P9999999999999999D", "PT1S "})
    EXPECT_EQ(errors_of<milliseconds>('"' + std::string{bad} + '"'), " format: not a duration\n") << bad;
  EXPECT_EQ(errors_of<std::chrono::duration<std::int32_t>>(R"("P30000D")"), " format: not a duration\n");
}

// ---- attacks ----

struct tree {
  std::vector<tree> children;
};
BOOST_DESCRIBE_STRUCT(tree, (), (children))

struct numbers {
  std::int8_t small = 0;
  std::uint64_t large = 0;
  float real = 0;
};
BOOST_DESCRIBE_STRUCT(numbers, (), (small, large, real))

std::string nested(std::string_view open, int depth, std::string_view inner, std::string_view close) {
  std::string text;
  for (int i = 0; i != depth; ++i) text += open;
  text += inner;
  for (int i = 0; i != depth; ++i) text += close;
  return text;
}

TEST(api_attack, depth_is_limited_before_anything_is_made_of_it) {
  EXPECT_THAT(errors_of<tree>(nested(R"({"children":[)", 200'000, "", "]}")),
              HasSubstr("nested too deep (limit 32)"));
  EXPECT_THAT(errors_of<boost::json::value>(std::string(1'000'000, '[')),
              HasSubstr("nested too deep (limit 32)"));
  EXPECT_EQ(errors_of<tree>(nested(R"({"children":[)", 15, R"({"children":[]})", "]}")), "");
}

TEST(api_attack, the_number_of_errors_is_limited) {
  std::string text = R"({"children":[)";
  for (int i = 0; i != 100'000; ++i) text += "7,";
  text += "7]}";
  try {
    static_cast<void>(api::from_json<tree>(text));
    FAIL();
  } catch (const api::invalid_input& e) {
    EXPECT_EQ(e.errors().size(), 100U);
    EXPECT_LT(e.to_json().size(), 20'000U);
  }
}

TEST(api_attack, a_long_value_is_not_repeated_whole) {
  const auto text = R"({"small": ")" + std::string(1'000'000, 'x') + R"(", "large": 1, "real": 1})";
  try {
    static_cast<void>(api::from_json<numbers>(text));
    FAIL();
  } catch (const api::invalid_input& e) { EXPECT_LT(e.to_json().size(), 1000U); }
}

TEST(api_attack, numbers_out_of_range_are_refused_and_not_wrapped) {
  const auto with = [](std::string_view small, std::string_view large, std::string_view real) {
    return std::string{"{\"small\":"}
               .append(small)
               .append(",\"large\":")
               .append(large)
               .append(",\"real\":")
               .append(real) +
           '}';
  };
  EXPECT_EQ(errors_of<numbers>(with("-128", "18446744073709551615", "3e38")), "");
  EXPECT_EQ(errors_of<numbers>(with("128", "18446744073709551616", "4e38")),
            "/small maximum: must be at most 127\n/large maximum: must be at most 18446744073709551615\n"
            "/real type: out of the range of the number\n");
  EXPECT_EQ(errors_of<numbers>(with("-129", "-1", "0")),
            "/small minimum: must be at least -128\n/large minimum: must be at least 0\n");
  EXPECT_EQ(errors_of<numbers>(with("1e2", "1e19", "-0.0")), "");
  EXPECT_THAT(errors_of<numbers>(with("1.5", "0.5", "1")), HasSubstr("/small type: expected an integer"));
  EXPECT_NE(errors_of<numbers>(with("1e400", "0", "0")), "");
  EXPECT_NE(errors_of<numbers>(with("0", "0", "1e999999999999")), "");
  EXPECT_NE(errors_of<numbers>(with(std::string(10'000, '9'), "0", "0")), "");
  EXPECT_NE(errors_of<numbers>(with("NaN", "0", "Infinity")), "");
}

// A decimal has all its digits, and a body of 1 MiB has room for 80,000 of "1e131071".
TEST(api_attack, a_decimal_of_a_few_bytes_does_not_become_a_hundred_kilobytes) {
  EXPECT_EQ(errors_of<decimal>(R"("1e131071")"), " format: not a decimal\n");
  EXPECT_EQ(errors_of<decimal>(R"("1E-16000")"), " format: not a decimal\n");
  EXPECT_EQ(errors_of<decimal>(R"("1e99999999999999999999")"), " format: not a decimal\n");
  EXPECT_EQ(api::to_json(api::from_json<decimal>(R"("-1.5e+2")")), R"("-150")");
  EXPECT_EQ(api::to_json(api::from_json<decimal>(R"("1E-3")")), R"("0.001")");
}

ASYNC_TEST(api_attack, a_body_beyond_its_limit_is_413_and_not_read) {
  api::router routes;
  routes.add(draw, [](drawing d) { return d; }).max_body(1000);
  test_client web{std::move(routes).routes()};
  auto request = web.post("/drawings");
  request.body(std::string(1001, ' '), "application/json");
  const auto r = co_await std::move(request);
  EXPECT_EQ(r.status(), 413);
}

}  // namespace bight::api_types_test
