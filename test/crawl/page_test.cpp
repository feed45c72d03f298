// page: a line of JSON.
#include <bight/crawl/page.hpp>

#include <gmock/gmock.h>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <vector>

namespace bight::crawl::page_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

page example() {
  page p;
  p.url = http::url{"http://example.org/a%20b?x=1&y=%22#part"};
  p.final_url = http::url{"https://example.org/c"};
  p.status = 302;
  p.depth = 7;
  p.referrer = "http://example.org/";
  p.content_type = "text/html; charset=\"utf-8\"";
  p.bytes = 18'446'744'073'709'551'615U;
  p.elapsed = 1'234'567ns;
  p.link_count = 42;
  return p;
}

boost::json::object parsed(const page& p) { return boost::json::parse(to_json(p)).as_object(); }

TEST(page_json, has_these_fields_in_this_order) {
  std::vector<std::string> names;
  for (const auto& member : parsed(example())) names.emplace_back(member.key().data(), member.key().size());
  EXPECT_THAT(names, ElementsAre("url", "final_url", "status", "verdict", "depth", "referrer", "content_type",
                                 "bytes", "elapsed_ms", "links", "error", "warnings"));
}

TEST(page_json, shows_no_password) {
  auto p = example();
  p.url = http::url{"http://me:swordfish@example.org/a"};
  p.final_url = http::url{"http://me:swordfish@example.org/b"};
  p.referrer = "http://me:swordfish@example.org/c@d:e";
  const auto o = parsed(p);
  EXPECT_EQ(o.at("url").as_string(), "http://me:***@example.org/a");
  EXPECT_EQ(o.at("final_url").as_string(), "http://me:***@example.org/b");
  EXPECT_EQ(o.at("referrer").as_string(), "http://me:***@example.org/c@d:e");
}

TEST(page_json, has_the_values_of_the_page) {
  const auto o = parsed(example());
  EXPECT_EQ(o.at("url").as_string(), "http://example.org/a%20b?x=1&y=%22#part");
  EXPECT_EQ(o.at("final_url").as_string(), "https://example.org/c");
  EXPECT_EQ(o.at("status").to_number<int>(), 302);
  EXPECT_EQ(o.at("depth").to_number<int>(), 7);
  EXPECT_EQ(o.at("referrer").as_string(), "http://example.org/");
  EXPECT_EQ(o.at("content_type").as_string(), "text/html; charset=\"utf-8\"");
  EXPECT_EQ(o.at("bytes").to_number<std::uint64_t>(), 18'446'744'073'709'551'615U);
  EXPECT_NEAR(o.at("elapsed_ms").to_number<double>(), 1.234567, 0.001);
  EXPECT_EQ(o.at("links").to_number<int>(), 42);
  EXPECT_EQ(o.at("error").as_string(), "");
}

TEST(page_json, is_one_line_of_ascii_whatever_a_server_says) {
  auto p = example();
  std::string all;
  for (int c = 0; c != 256; ++c) all.push_back(static_cast<char>(c));
  p.content_type = all;
  p.error = "a \"quote\", a \\ and\r\n\xe2\x82\xac \xff\xfe" + std::string(1, '\0') + "end";
  p.referrer = "</script>\x7f";
  const auto text = to_json(p);
  for (const char c : text) {
    EXPECT_GE(c, ' ');
    EXPECT_LT(static_cast<unsigned char>(c), 0x80U);
  }
  const auto o = parsed(p);
  EXPECT_EQ(o.at("content_type").as_string().size(), 256U) << "nothing is lost but what is not ASCII";
  EXPECT_EQ(o.at("content_type").as_string().subview(0, 128), boost::json::string_view(all).substr(0, 128));
  const auto& error = o.at("error").as_string();
  EXPECT_TRUE(error.starts_with("a \"quote\", a \\ and\r\n"));
  EXPECT_TRUE(error.ends_with("end"));
}

TEST(page_json, of_a_default_page_is_an_object_too) {
  const auto o = parsed(page{});
  EXPECT_EQ(o.size(), 12U);
  EXPECT_EQ(o.at("url").as_string(), "");
  EXPECT_EQ(o.at("status").to_number<int>(), 0);
}

TEST(page_json, has_no_infinite_or_exponential_numbers) {
  auto p = example();
  p.elapsed = std::chrono::hours{24 * 365};
  EXPECT_NEAR(parsed(p).at("elapsed_ms").to_number<double>(), 31'536'000'000.0, 1);
  EXPECT_THAT(to_json(p), HasSubstr("\"elapsed_ms\":31536000000.000"));
}

}  // namespace bight::crawl::page_test
