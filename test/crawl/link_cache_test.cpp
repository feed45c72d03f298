// link_cache: good links for a while; files of others are not overwritten.
#include <bight/crawl/link_cache.hpp>

#include <bight/core/sleep.hpp>
#include <bight/fs/temporary.hpp>
#include <bight/fs/write_file.hpp>
#include <bight/testing/async_test.hpp>
#include <stdexcept>
#include <string>

namespace bight::crawl::link_cache_test {

using namespace std::chrono_literals;

ASYNC_TEST(link_cache, remembers_urls_until_they_are_too_old) {
  link_cache cache{1h};
  cache.add("http://a.example/", "");
  cache.add("http://a.example/x", "http://a.example/y");
  EXPECT_EQ(cache.find("http://a.example/"), "");
  EXPECT_EQ(cache.find("http://a.example/x"), "http://a.example/y");
  EXPECT_FALSE(cache.find("http://a.example/z"));
  co_await sleep(59min);
  EXPECT_TRUE(cache.find("http://a.example/"));
  co_await sleep(2min);
  EXPECT_FALSE(cache.find("http://a.example/"));
  EXPECT_EQ(cache.to_text(), "# bight link cache 1\n") << "what is too old is not saved";
}

ASYNC_TEST(link_cache, text_has_the_same_entries) {
  link_cache cache{1h};
  cache.add("http://b.example/?a=b", "http://c.example/#d");
  cache.add("http://a.example/", "");
  link_cache again{1h};
  again.add_text(cache.to_text(), "f");
  EXPECT_EQ(again.to_text(), cache.to_text());
  EXPECT_EQ(again.find("http://b.example/?a=b"), "http://c.example/#d");
  co_return;
}

ASYNC_TEST(link_cache, other_files_are_errors_with_their_line) {
  for (const auto& [text, error] : std::vector<std::pair<std::string, std::string>>{
           {"http://a.example/ 1\n", "f:1: this file is not a link cache"},
           {"# bight link cache 1\nx\n", "f:2: expected a URL and a time"},
           {"# bight link cache 1\n\nhttp://a/ 1x\n", "f:3: expected a URL, a time and possibly another URL"},
           {"# bight link cache 1\nhttp://a/ 1 http://b/ http://c/\n",
            "f:2: expected a URL, a time and possibly another URL"}}) {
    link_cache cache;
    try {
      cache.add_text(text, "f");
      ADD_FAILURE() << text;
    } catch (const std::runtime_error& e) { EXPECT_EQ(std::string{e.what()}, error); }
  }
  link_cache empty;
  empty.add_text("", "f");
  EXPECT_EQ(empty.size(), 0U);
  co_return;
}

ASYNC_TEST(link_cache, entries_of_the_future_are_dropped) {
  link_cache cache;
  cache.add_text("# bight link cache 1\nhttp://a/ 99999999999\nhttp://b/ -5\n", "f");
  EXPECT_EQ(cache.size(), 0U);
  co_return;
}

}  // namespace bight::crawl::link_cache_test
