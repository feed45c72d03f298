#include "crawl/html/css_urls.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl::html::css_urls_test {

using list = std::vector<std::string>;

class recorder final : public css_handler {
 public:
  void on_css_url(bool import, std::string_view url, std::uint64_t offset) override {
    found.push_back((import ? "import " : "") + std::string(url));
    offsets.push_back(offset);
  }
  list found;
  std::vector<std::uint64_t> offsets;
};

list scan(const std::vector<std::string_view>& pieces) {
  recorder out;
  css_scanner scanner(out, 1000);
  for (const auto piece : pieces) scanner.feed(piece);
  scanner.finish();
  return out.found;
}

/// Whole, byte by byte, and cut in two anywhere.
void check(std::string_view css, const list& expected) {
  EXPECT_EQ(scan({css}), expected) << css;
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i != css.size(); ++i) bytes.push_back(css.substr(i, 1));
  EXPECT_EQ(scan(bytes), expected) << "byte by byte: " << css;
  for (std::size_t cut = 0; cut <= css.size(); ++cut) {
    EXPECT_EQ(scan({css.substr(0, cut), css.substr(cut)}), expected) << css << " cut at " << cut;
  }
}

TEST(css_urls, are_found_quoted_and_bare) {
  check("a{b:url(1.png)}c{d:url( \"2.png\" ) url('3.png')e:url(\n4.png\t)}",
        {"1.png", "2.png", "3.png", "4.png"});
}
TEST(css_urls, are_found_in_any_case) { check("URL(1) Url('2') uRL(3)", {"1", "2", "3"}); }
TEST(css_urls, are_found_behind_numbers_and_signs) {
  check("5% url(1),url(2)-url(x)+url(3).url(4)", {"1", "2", "3", "4"});
}
TEST(css_urls, are_no_part_of_longer_words) {
  check("myurl(1) url-x(2) -url(3) _url(4) 5url(5) #url(6) @url(7) \xC3\xA4url(8) url (9) urls(10)", {});
}
TEST(css_urls, are_not_in_comments) {
  check("/* url(1) **/url(2)/*/ url(3) */ url(4) / * url(5) */", {"2", "4", "5"});
}
TEST(css_urls, are_not_in_strings) { check("'url(1)' \"a\\\"url(2)\" 'a\\\n url(3)' url(4)", {"4"}); }
TEST(css_urls, resume_after_a_string_broken_by_a_newline) { check("'abc\n url(1) \"\r url(2)", {"1", "2"}); }
TEST(css_urls, take_commas_and_such_as_they_are) {
  check("url(a,b;c{d}/*e*/:f?g=h&i)", {"a,b;c{d}/*e*/:f?g=h&i"});
}
TEST(css_urls, decode_escapes) {
  check(R"(url(a\)b\(c\'d) url("a\22 b\"c") url(\000041\42 C) url(\26x))",
        {"a)b(c'd", "a\"b\"c", "ABC", "&x"});
  check("url(\\41\r\nB) url('a\\\r\nb') url('\\\fc')", {"AB", "ab", "c"});
  check("url(\\0\\d800\\110000\\e9 )", {"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xC3\xA9"});
  check("url(\\0000412)", {"A2"});
}
TEST(css_urls, decode_escapes_of_the_function_name) {
  check(R"(\75rl(1) u\72 l(2) \55\52\4c(3))", {"1", "2", "3"});
}
TEST(css_urls, drop_bad_urls_whole) {
  check("url(a b url(1) c) url(2)", {"2"});
  check("url(a\"b) url(1) url(a'b) url(a(b) url(2)", {"1", "2"});
  check("url(a\\\nb) url(1) url(x\x01y) url(a b\\) url(c)) url(2)", {"1", "2"});
}
TEST(css_urls, are_complete_at_the_end_of_input) {
  check("url(1", {"1"});
  check("url(1 ", {"1"});
  check("url('1", {"1"});
  check("@import '1", {"import 1"});
  check("url(\\31", {"1"});
  check("url", {});
}
TEST(css_urls, of_import_are_told_apart) {
  check("@import 'a.css'; @IMPORT url(b.css) screen; @import/**/ url(\"c.css\") supports(x);@import\"d.css\"",
        {"import a.css", "import b.css", "import c.css", "import d.css"});
  check("@\\69mport '1'", {"import 1"});
}
TEST(css_urls, of_import_have_to_come_first) {
  check("@import x 'a' url(1); @import; 'b' url(2) @import {'c' url(3)} @imports 'd'", {"1", "2", "3"});
  check("@import url(a) 'b' url(c)", {"import a", "c"});
}
TEST(css_urls, of_namespaces_are_names) {
  check("@namespace svg url(http://www.w3.org/2000/svg); @namespace 'x'; a{b:url(1)}", {"1"});
  check("@namespace url('x'); url(1)", {"1"});
}
TEST(css_urls, of_fragments_and_nothing_are_left_out) {
  check("url(#a) url() url( ) url('') url(\" #b\") url(c#d)", {"c#d"});
}
TEST(css_urls, keep_other_bytes) { check("url(\xC3\xA4.png)", {"\xC3\xA4.png"}); }
TEST(css_urls, skip_html_comment_marks) { check("<!-- a{b:url(1)} -->", {"1"}); }
TEST(css_urls, over_the_limit_are_dropped_and_counted) {
  recorder out;
  css_scanner scanner(out, 5);
  scanner.feed("url(12345) url(1234");
  scanner.feed("56) url('1234567') '12345678' url(x)");
  scanner.finish();
  EXPECT_EQ(out.found, (list{"12345", "x"}));
  EXPECT_EQ(scanner.dropped(), 2u);
}
TEST(css_urls, know_their_place) {
  recorder out;
  css_scanner scanner(out, 100);
  scanner.feed("a{b:url( x)} @im");
  scanner.feed("port 'y'");
  scanner.finish();
  EXPECT_EQ(out.offsets, (std::vector<std::uint64_t>{9, 21}));
}
TEST(css_urls, start_afresh_after_finish) {
  recorder out;
  css_scanner scanner(out, 100);
  for (const std::string_view css : {"@import ", "'x' /* ", "url(1) '", "url(2) \\", "url(3) url(4"}) {
    scanner.feed(css);
    scanner.finish();
  }
  EXPECT_EQ(out.found, (list{"1", "2", "3", "4"}));
}

}  // namespace bight::crawl::html::css_urls_test
