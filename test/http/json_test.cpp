// JSON to and from C++ types.
#include <bight/http/json.hpp>

#include <array>
#include <bight/http/client.hpp>
#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

namespace bight::http::json_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

enum class colour { red, green };
BOOST_DESCRIBE_ENUM(colour, red, green)

struct part {
  std::string name;
  double weight = 0;
};
BOOST_DESCRIBE_STRUCT(part, (), (name, weight))

struct base {
  int id = 0;
};
BOOST_DESCRIBE_STRUCT(base, (), (id))

struct product : base {
  std::optional<std::string> note;
  std::vector<part> parts;
  std::map<std::string, int> stock;
  colour paint = colour::red;
};
BOOST_DESCRIBE_STRUCT(product, (base), (note, parts, stock, paint))

std::string error_of(auto f) {
  try {
    f();
  } catch (const json_error& e) {
    EXPECT_EQ(e.code(), make_error_code(errc::invalid_json));
    return e.pointer() + " | " + e.reason();
  }
  return "no error";
}

TEST(json, structs_go_there_and_back) {
  const std::string text =
      R"({"id":7,"note":null,"parts":[{"name":"a","weight":1.5},{"name":"b","weight":2}],)"
      R"("stock":{"x":1},"paint":"green"})";
  const auto p = from_json<product>(text);
  EXPECT_EQ(p.id, 7);
  EXPECT_FALSE(p.note);
  ASSERT_EQ(p.parts.size(), 2U);
  EXPECT_EQ(p.parts[1].name, "b");
  EXPECT_EQ(p.parts[1].weight, 2);
  EXPECT_EQ(p.stock.at("x"), 1);
  EXPECT_EQ(p.paint, colour::green);
  EXPECT_EQ(to_json(p), text);
}

// What is no text in UTF-8 would make a document that nobody can read.
TEST(json, malformed_utf8_is_replaced) {
  const std::string text{"caf\xe9 \"\xc3\xa9\""};
  EXPECT_EQ(to_json(text), "\"caf\xef\xbf\xbd \\\"\xc3\xa9\\\"\"");
  EXPECT_EQ(from_json<std::string>(to_json(text)), "caf\xef\xbf\xbd \"\xc3\xa9\"");
  const std::map<std::string, int> names{{"\xff", 1}};
  EXPECT_EQ(to_json(names), "{\"\xef\xbf\xbd\":1}");
}

TEST(json, every_kind_of_value) {
  EXPECT_EQ(from_json<bool>("true"), true);
  EXPECT_EQ(from_json<int>("-5"), -5);
  EXPECT_EQ(from_json<int>("1e3"), 1000);
  EXPECT_EQ(from_json<std::uint64_t>("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(from_json<std::int64_t>("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(from_json<float>("0.5"), 0.5F);
  EXPECT_EQ(from_json<double>("3"), 3.0);
  EXPECT_EQ(from_json<std::string>(R"("a\u00e9\n")"), "a\xc3\xa9\n");
  EXPECT_THAT(from_json<std::vector<int>>("[1,2,3]"), ElementsAre(1, 2, 3));
  EXPECT_THAT(from_json<std::vector<bool>>("[true,false]"), ElementsAre(true, false));
  EXPECT_THAT((from_json<std::array<int, 2>>("[1,2]")), ElementsAre(1, 2));
  EXPECT_EQ((from_json<std::tuple<int, std::string>>(R"([1,"a"])")), (std::tuple<int, std::string>{1, "a"}));
  EXPECT_EQ((from_json<std::pair<int, int>>("[1,2]")), (std::pair{1, 2}));
  EXPECT_EQ((from_json<std::unordered_map<std::string, int>>(R"({"a":1})")).at("a"), 1);
  using either = std::variant<int, std::string, part>;
  EXPECT_EQ(std::get<int>(from_json<either>("4")), 4);
  EXPECT_EQ(std::get<std::string>(from_json<either>(R"("4")")), "4");
  EXPECT_EQ(std::get<part>(from_json<either>(R"({"name":"p","weight":0})")).name, "p");
  EXPECT_EQ(from_json<std::optional<int>>("null"), std::nullopt);
  EXPECT_EQ(from_json(R"({"a":[1]})").at("a").at(0).as_int64(), 1);
  EXPECT_TRUE(from_json<boost::json::object>("{}").empty());
  EXPECT_EQ(from_json<int>("\xef\xbb\xbf 1 "), 1);
}

TEST(json, is_written_compactly) {
  EXPECT_EQ(to_json(true), "true");
  EXPECT_EQ(to_json(-5), "-5");
  EXPECT_EQ(to_json(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(to_json(1.5), "1.5");
  EXPECT_EQ(to_json(1e300), "1e+300");
  EXPECT_EQ(to_json("plain"), R"("plain")");
  EXPECT_EQ(to_json(std::string{"q\" b\\ n\n \x01 \xc3\xa9"}), "\"q\\\" b\\\\ n\\n \\u0001 \xc3\xa9\"");
  EXPECT_EQ(to_json(std::vector<int>{}), "[]");
  EXPECT_EQ(to_json(std::vector<bool>{true, false}), "[true,false]");
  EXPECT_EQ(to_json(std::map<std::string, int>{}), "{}");
  EXPECT_EQ(to_json(std::tuple{1, "a", nullptr}), R"([1,"a",null])");
  EXPECT_EQ(to_json(std::variant<int, std::string>{"x"}), R"("x")");
  EXPECT_EQ(to_json(std::optional<int>{}), "null");
  EXPECT_EQ(to_json(boost::json::value{{"a", 1}}), R"({"a":1})");
}

TEST(json, errors_name_the_place_and_the_reason) {
  const auto read = [](std::string_view text) { return error_of([&] { (void)from_json<product>(text); }); };
  EXPECT_EQ(read(R"([])"), " | expected an object, not an array");
  EXPECT_EQ(read(R"({})"), "/id | missing");
  EXPECT_EQ(read(R"({"id":"7"})"), "/id | expected an integer, not a string");
  EXPECT_EQ(read(R"({"id":1.5})"), "/id | expected an integer, not 1.5E0");
  EXPECT_EQ(read(R"({"id":3000000000})"), "/id | 3000000000 is out of the range of a 32-bit integer");
  EXPECT_EQ(read(R"({"id":1,"parts":[{"name":"a","weight":1},{"name":"b","weight":"x"}]})"),
            "/parts/1/weight | expected a number, not a string");
  EXPECT_EQ(read(R"({"id":1,"parts":[],"stock":{"a/b~c":null}})"),
            "/stock/a~1b~0c | expected an integer, not null");
  EXPECT_EQ(read(R"({"id":1,"parts":[],"stock":{},"paint":"blue"})"), "/paint | expected one of red, green");
  EXPECT_EQ(error_of([] { (void)from_json<unsigned>("-1"); }),
            " | -1 is out of the range of an unsigned 32-bit integer");
  EXPECT_EQ(error_of([] { (void)from_json<std::array<int, 2>>("[1]"); }), " | expected 2 items, not 1");
  EXPECT_EQ(error_of([] {
              (void)to_json(std::vector<double>{1, std::numeric_limits<double>::infinity()});
            }),
            "/1 | JSON has no infinity and no NaN");
}

TEST(json, text_that_is_not_json) {
  const auto read = [](std::string_view text) { return error_of([&] { (void)from_json(text); }); };
  EXPECT_THAT(read(""), HasSubstr("byte 0: "));
  EXPECT_THAT(read("{\"a\":}"), HasSubstr("byte 5: "));
  EXPECT_THAT(read("1 2"), HasSubstr("byte 2: "));
  EXPECT_THAT(read("[1,"), HasSubstr("byte 3: "));
  EXPECT_THAT(read(std::string(33, '[') + std::string(33, ']')), HasSubstr("nested too deep (limit 32)"));
  EXPECT_EQ(error_of([] { (void)from_json(std::string(33, '[') + std::string(33, ']'), json_limits{40}); }),
            "no error");
}

ASYNC_TEST(json, of_a_response) {
  response r{200, R"({"name":"p","weight":2})"};
  const auto p = co_await json<part>(r);
  EXPECT_EQ(p.name, "p");
  const auto any = co_await json(response{200, "[1]"});
  EXPECT_EQ(any.at(0).as_int64(), 1);
}

ASYNC_TEST(json, of_a_request_and_as_a_response_of_a_server) {
  server_request r{method::post, "/", {}, R"({"name":"p","weight":2})"};
  const auto p = co_await json<part>(r);
  auto answer = json_response(p, status::created);
  EXPECT_EQ(answer.status(), 201);
  EXPECT_EQ(answer.headers().get("Content-Type"), "application/json");
  CO_ASSERT_NE(answer.body().text(), nullptr);
  EXPECT_EQ(*answer.body().text(), R"({"name":"p","weight":2})");
}

}  // namespace bight::http::json_test
