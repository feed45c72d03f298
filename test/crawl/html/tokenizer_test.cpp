#include "crawl/html/tokenizer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl::html::tokenizer_test {

/// Writes tokens down: `<a href="x" rel="y" @12>` (without the offset unless asked), `text`, `</>`.
class recorder final : public token_handler {
 public:
  void on_start_tag(const start_tag& token) override {
    flush();
    std::string line = "<" + std::to_string(static_cast<int>(token.name()));
    if (token.name() == tag::a) line = "<a";
    if (token.name() == tag::img) line = "<img";
    if (token.name() == tag::title) line = "<title";
    if (token.name() == tag::style) line = "<style";
    if (token.name() == tag::svg) line = "<svg";
    if (token.foreign()) line += " foreign";
    add(line, token, attr::href, "href");
    add(line, token, attr::rel, "rel");
    add(line, token, attr::src, "src");
    if (offsets) line += " @" + std::to_string(token.offset());
    tokens.push_back(line + ">");
  }
  void on_text(std::string_view piece) override { text_ += piece; }
  void on_text_end() override {
    flush();
    tokens.emplace_back("</>");
  }
  void flush() {
    if (!text_.empty()) tokens.push_back(text_);
    text_.clear();
  }
  std::vector<std::string> tokens;
  bool offsets = false;

 private:
  static void add(std::string& line, const start_tag& token, attr name, std::string_view as) {
    if (token.has(name)) line += " " + std::string(as) + "=\"" + std::string(token.raw(name)) + "\"";
  }
  std::string text_;
};

token_filter all_of_interest() {
  token_filter filter;
  filter.attributes.fill(attrs(attr::href, attr::rel, attr::src));
  filter.title = filter.style = true;
  return filter;
}

struct outcome {
  std::vector<std::string> tokens;
  std::uint64_t dropped = 0;
  bool operator==(const outcome&) const = default;
};

/// Tokenizes the pieces, each copied to memory of its own so that nothing can refer to an earlier one.
outcome tokenize(const std::vector<std::string_view>& pieces, const token_filter& filter,
                 bool offsets = false) {
  recorder out;
  out.offsets = offsets;
  tokenizer in(out, filter);
  for (const auto piece : pieces) {
    const std::vector<char> bytes(piece.begin(), piece.end());
    in.feed({bytes.data(), bytes.size()});
  }
  in.finish();
  out.flush();
  return {out.tokens, in.dropped_attributes()};
}

std::vector<std::string> tokens(std::string_view page) { return tokenize({page}, all_of_interest()).tokens; }

using list = std::vector<std::string>;

/// `page` has to give `expected` by the states alone (byte by byte), cut in two anywhere, and by
/// the fast path, which wants text around it.
void check(std::string_view page, const list& expected, const token_filter& filter = all_of_interest()) {
  EXPECT_EQ(tokenize({page}, filter).tokens, expected) << page;
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i != page.size(); ++i) bytes.push_back(page.substr(i, 1));
  EXPECT_EQ(tokenize(bytes, filter).tokens, expected) << "byte by byte: " << page;
  for (std::size_t cut = 0; cut <= page.size(); ++cut) {
    EXPECT_EQ(tokenize({page.substr(0, cut), page.substr(cut)}, filter).tokens, expected)
        << page << " cut at " << cut;
  }
  if (!page.ends_with('>')) return;
  const std::string padding(200, '.');
  EXPECT_EQ(tokenize({padding + std::string(page) + padding}, filter).tokens, expected) << "padded: " << page;
}

// 13.2.5.1 data state, .6 tag open, .7 end tag open, .8 tag name

TEST(html_tokenizer, finds_start_tags_in_text) {
  check(R"(x <a href="1">y</a> <a href="2">)", {R"(<a href="1">)", R"(<a href="2">)"});
}
TEST(html_tokenizer, reads_names_in_any_case) {
  check(R"(<A HREF="1" ReL="r">)", {R"(<a href="1" rel="r">)"});
}
TEST(html_tokenizer, takes_a_less_than_without_a_name_as_text) {
  check(R"(1 < 2 <3 << <a href="1"> < )", {R"(<a href="1">)"});
}
TEST(html_tokenizer, starts_a_new_tag_at_a_doubled_less_than) { check("<<a href=1>", {R"(<a href="1">)"}); }
TEST(html_tokenizer, keeps_a_less_than_inside_a_tag_name) { check("<a<a href=1>", {R"(<0 href="1">)"}); }
TEST(html_tokenizer, ends_a_name_at_each_white_space_byte) {
  for (const char c : {' ', '\t', '\n', '\f', '\r'})
    check(std::string("<a") + c + "href=1>", {R"(<a href="1">)"});
}
TEST(html_tokenizer, ends_a_name_at_a_slash) { check("<a/href=1>", {R"(<a href="1">)"}); }
TEST(html_tokenizer, drops_a_tag_that_the_end_of_input_cuts_off) {
  check(R"(<a href="1"><a href="2" )", {R"(<a href="1">)"});
  check(R"(<a href="2)", {});
  check("<a", {});
  check("<", {});
}
TEST(html_tokenizer, takes_an_empty_end_tag_for_nothing) { check("</><a href=1>", {R"(<a href="1">)"}); }
TEST(html_tokenizer, takes_an_end_tag_without_a_letter_for_a_comment) {
  check(R"(</ <a href="0"> <a href="1">)", {R"(<a href="1">)"});
}
TEST(html_tokenizer, does_not_look_for_tags_inside_an_end_tag) {
  check(R"(</b x="<a href=0>"><a href=1>)", {R"(<a href="1">)"});
  check(R"(</b <a href=0><a href=1>)", {R"(<a href="1">)"});
}
TEST(html_tokenizer, takes_a_processing_instruction_for_a_comment) {
  check(R"(<?xml <a href=0>?><a href=1>)", {R"(<a href="1">)"});
}
TEST(html_tokenizer, does_not_know_names_with_odd_bytes) {
  using namespace std::string_view_literals;
  check("<a\0 href=1>"sv, {R"(<0 href="1">)"});
  check("<\x41\x01 href=1>", {R"(<0 href="1">)"});
  check("<a href\x01=0 href=1>", {R"(<a href="1">)"});
  check("<abbreviationlongname href=1><a_ href=2><A@ href=3>",
        {R"(<0 href="1">)", R"(<0 href="2">)", R"(<0 href="3">)"});
}

// 13.2.5.32 to .40 attributes

TEST(html_tokenizer, reads_the_three_ways_to_quote) {
  check(R"(<a href="1" rel='2' src=3>)", {R"(<a href="1" rel="2" src="3">)"});
}
TEST(html_tokenizer, keeps_the_other_quote_inside_a_value) {
  check(R"(<a href="'" rel='"'>)", {R"(<a href="'" rel=""">)"});
}
TEST(html_tokenizer, keeps_greater_than_inside_quotes) {
  check(R"(<a href=">" rel='>'>)", {R"(<a href=">" rel=">">)"});
}
TEST(html_tokenizer, keeps_slashes_quotes_and_equals_signs_in_unquoted_values) {
  check(R"(<a href=/x/?a="b"'=/>)", {R"(<a href="/x/?a="b"'=/">)"});
}
TEST(html_tokenizer, allows_space_around_the_equals_sign) {
  check("<a href = \n \"1\" rel =2>", {R"(<a href="1" rel="2">)"});
}
TEST(html_tokenizer, gives_attributes_without_a_value_an_empty_one) {
  check("<a href>", {R"(<a href="">)"});
  check("<a href rel=1>", {R"(<a href="" rel="1">)"});
  check("<a href =>", {R"(<a href="">)"});
  check(R"(<a href="" rel=''>)", {R"(<a href="" rel="">)"});
}
TEST(html_tokenizer, takes_the_first_of_equal_attributes) {
  check(R"(<a href=1 HREF=2 href>)", {R"(<a href="1">)"});
  check(R"(<a href href="2">)", {R"(<a href="">)"});
}
TEST(html_tokenizer, starts_a_name_with_an_equals_sign_where_a_name_is_due) {
  check(R"(<a =href=0 rel=1>)", {R"(<a rel="1">)"});
  check(R"(<a = href=1>)", {R"(<a href="1">)"});
  check(R"(<a ==href=1>)", {});
}
TEST(html_tokenizer, needs_no_space_after_a_quoted_value) {
  check(R"(<a href="1"rel="2"src=3>)", {R"(<a href="1" rel="2" src="3">)"});
}
TEST(html_tokenizer, takes_a_lone_slash_for_space) {
  check(R"(<a / href=1 / rel="2"/ src="3" />)", {R"(<a href="1" rel="2" src="3">)"});
  check(R"(<a href/rel=2>)", {R"(<a href="" rel="2">)"});
}
TEST(html_tokenizer, keeps_quotes_and_less_than_in_attribute_names) {
  check(R"(<a "href=0 <rel=0 src=1>)", {R"(<a src="1">)"});
}
TEST(html_tokenizer, leaves_references_and_newlines_in_values_to_the_reader) {
  check("<a href=\"a&amp;\r\nb\">", {"<a href=\"a&amp;\r\nb\">"});
}
TEST(html_tokenizer, passes_over_long_unknown_names) {
  check(R"(<a data-a-very-long-attribute-name="<a href=0>" href="1">)", {R"(<a href="1">)"});
}
TEST(html_tokenizer, reports_where_each_tag_starts) {
  const std::string page = std::string(5000, 'x') + "<a href=1>" + std::string(70, ' ') + "<b><a href=2>";
  const list expected = {R"(<a href="1" @5000>)", R"(<a href="2" @5083>)"};
  EXPECT_EQ(tokenize({page}, all_of_interest(), true).tokens, expected);
  for (std::size_t cut = 4990; cut != page.size(); ++cut) {
    const std::string_view view(page);
    EXPECT_EQ(tokenize({view.substr(0, cut), view.substr(cut)}, all_of_interest(), true).tokens, expected);
  }
}

// Limits

TEST(html_tokenizer, drops_a_value_over_the_limit_as_if_it_were_absent) {
  auto filter = all_of_interest();
  filter.max_attribute_bytes = 4;
  check(R"(<a href="12345" rel="1234"><a href=12345 href=1>)", {R"(<a rel="1234">)", R"(<a href="1">)"},
        filter);
  EXPECT_EQ(tokenize({R"(<a href="12345" rel=123456>)"}, filter).dropped, 2u);
  EXPECT_EQ(tokenize({R"(<a href="12)", R"(34)", R"(5" rel=1234)", "56>"}, filter).dropped, 2u);
}
TEST(html_tokenizer, drops_values_that_make_a_tag_too_large) {
  auto filter = all_of_interest();
  filter.max_tag_bytes = 6;
  check(R"(<a href="1234" rel="123" src="12"><a href="123456">)",
        {R"(<a href="1234" src="12">)", R"(<a href="123456">)"}, filter);
}
TEST(html_tokenizer, does_not_hold_values_that_nobody_wants) {
  auto filter = all_of_interest();
  filter.attributes.fill(bit(attr::rel));
  filter.max_attribute_bytes = 4;
  const auto result = tokenize({R"(<a href="1234)", R"(5678" rel=1>)"}, filter);
  EXPECT_EQ(result.tokens, list{R"(<a rel="1">)"});
  EXPECT_EQ(result.dropped, 0u);
}

// 13.2.5.42 to .52 comments, .53 to .68 DOCTYPE, .69 to .71 CDATA

TEST(html_tokenizer, ends_a_comment_at_two_dashes_and_greater_than) {
  check("<!-- <a href=0> --><a href=1>", {R"(<a href="1">)"});
  check("<!----><a href=1>", {R"(<a href="1">)"});
  check("<!-- ---><a href=1>", {R"(<a href="1">)"});
}
TEST(html_tokenizer, ends_a_comment_at_dashes_bang_greater_than) {
  check("<!-- <a href=0> --!><a href=1>", {R"(<a href="1">)"});
  check("<!----!><a href=1>", {R"(<a href="1">)"});
}
TEST(html_tokenizer, ends_a_comment_abruptly) {
  check("<!--><a href=1>", {R"(<a href="1">)"});
  check("<!---><a href=1>", {R"(<a href="1">)"});
}
TEST(html_tokenizer, does_not_end_a_comment_at_other_dashes) {
  for (const std::string_view inside :
       {"-", "- >", "-- >", "--!", "--!->", "->", "--! >", "!>", "-!>", "<!-", "--!-"}) {
    check("<!-- " + std::string(inside) + "<a href=0>--><a href=1>", {R"(<a href="1">)"});
  }
}
TEST(html_tokenizer, ends_a_nested_comment_once) {
  check("<!-- <!-- --><a href=1> -->", {R"(<a href="1">)"});
  check("<!-- <!--><a href=1>", {R"(<a href="1">)"});
  check("<!-- <!--!><a href=1>", {R"(<a href="1">)"});
  check("<!--<!---><a href=1>", {R"(<a href="1">)"});
}
TEST(html_tokenizer, lets_an_open_comment_run_to_the_end) { check("<!-- <a href=0>", {}); }
TEST(html_tokenizer, ends_declarations_at_the_first_greater_than) {
  check(R"(<!DOCTYPE html PUBLIC "-//W3C//x>" "y"><a href=1>)", {R"(<a href="1">)"});
  check("<!ELEMENT <a href=0><a href=1>", {R"(<a href="1">)"});
  check("<!><a href=1>", {R"(<a href="1">)"});
  check("<!-><a href=1>", {R"(<a href="1">)"});
}
TEST(html_tokenizer, takes_cdata_in_html_for_a_comment) {
  check("<![CDATA[ <a href=0> ]]><a href=1>", {R"(<a href="1">)"});
  check("<![CDATA[><a href=1>]]>", {R"(<a href="1">)"});
}
TEST(html_tokenizer, knows_cdata_in_foreign_content) {
  check("<svg><![CDATA[ <a href=0> ] > ]] > ]]]><a href=1>", {R"(<a foreign href="1">)"});
  check("<svg><![CDAT <a href=0><a href=1>", {R"(<a foreign href="1">)"});
}

// 13.2.5.2, .3, .5, .9 to .14 RCDATA, RAWTEXT, PLAINTEXT

TEST(html_tokenizer, reads_the_text_of_title_and_style) {
  check("<title>a <b> &lt;</b> </titl> </title ></x>", {"<title>", "a <b> &lt;</b> </titl> ", "</>"});
  check("<style>a{} </styles> < / </ </style>", {"<style>", "a{} </styles> < / </ ", "</>"});
}
TEST(html_tokenizer, ends_raw_text_at_its_own_end_tag_only) {
  for (const std::string_view name :
       {"textarea", "xmp", "iframe", "noembed", "noframes", "script", "style", "title"}) {
    const std::string page =
        "<" + std::string(name) + "><a href=0></a></p></" + std::string(name) + "x><!-- ";
    const auto before = tokens(page + "<a href=1>");
    const auto after = tokens(page + "--></" + std::string(name) + "\n/ x><a href=1>");
    EXPECT_EQ(after.back(), R"(<a href="1">)") << name;
    EXPECT_TRUE(before.empty() || before.back() == "</>") << name;
    std::string upper = "</" + std::string(name) + ">";
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    EXPECT_EQ(tokens("<" + std::string(name) + ">x" + upper + "<a href=1>").back(), R"(<a href="1">)")
        << name;
  }
}
TEST(html_tokenizer, splits_raw_text_anywhere) {
  check("<textarea><a href=0></textarea><a href=1><iframe src=2></ifram></iframe/><a href=3>",
        {R"(<a href="1">)", "<" + std::to_string(static_cast<int>(tag::iframe)) + R"( src="2">)",
         R"(<a href="3">)"});
}
TEST(html_tokenizer, takes_noscript_for_markup) {
  check("<noscript><a href=1></noscript>", {R"(<a href="1">)"});
}
TEST(html_tokenizer, never_leaves_plaintext) { check("<plaintext></plaintext><a href=0>", {}); }
TEST(html_tokenizer, ends_open_text_with_the_input) {
  check("<style>a</styl", {"<style>", "a</styl", "</>"});
  check("<style>a<", {"<style>", "a<", "</>"});
  check("<style>a</", {"<style>", "a</", "</>"});
  check("<title>a</title x", {"<title>", "a", "</>"});
}
TEST(html_tokenizer, forgets_all_on_reset) {
  recorder out;
  tokenizer in(out, all_of_interest());
  in.feed("<svg><script><!-- <a href='");
  in.reset();
  in.feed("<title>t</title><a href=1>");
  in.finish();
  EXPECT_EQ(out.tokens, (list{"<title>", "t", "</>", R"(<a href="1">)"}));
}

// 13.2.5.4, .15 to .31 script data

TEST(html_tokenizer, ends_a_plain_script_at_its_end_tag) {
  check("<script>if (a<b) '<a href=0>' < /script> </script><a href=1>", {R"(<a href="1">)"});
  check("<script></script ><a href=1>", {R"(<a href="1">)"});
}
TEST(html_tokenizer, ends_an_escaped_script_at_its_end_tag) {
  check("<script><!-- </script><a href=1> -->", {R"(<a href="1">)"});
  check("<script><!-- <b </script x='>'><a href=1>", {R"(<a href="1">)"});
}
TEST(html_tokenizer, does_not_end_a_double_escaped_script_at_the_inner_end_tag) {
  check("<script><!-- <script> </script> <a href=0> --></script><a href=1>", {R"(<a href="1">)"});
  check("<script><!-- <script </script> </script><a href=1>", {R"(<a href="1">)"});
  check("<script><!-- <SCRIPT/ <a href=0> </scripty> </script\n <a href=0> </script><a href=1>",
        {R"(<a href="1">)"});
}
TEST(html_tokenizer, leaves_script_escapes_at_dashes_and_greater_than) {
  check("<script><!-- <script> --> </script><a href=1>", {R"(<a href="1">)"});
  check("<script><!--> <script> </script><a href=1>", {R"(<a href="1">)"});
  check("<script><!-- --- -> -- > <script> ----> </script><a href=1>", {R"(<a href="1">)"});
}
TEST(html_tokenizer, double_escapes_for_script_alone) {
  check("<script><!-- <scripts> </script><a href=1>", {R"(<a href="1">)"});
  check("<script><!-- <s-cript> <1script> </script><a href=1>", {R"(<a href="1">)"});
}
TEST(html_tokenizer, does_not_escape_after_other_declarations) {
  check("<script><!- <script> </script><a href=1>", {R"(<a href="1">)"});
  check("<script><! -- <script> </script><a href=1>", {R"(<a href="1">)"});
}

// 13.2.6.5 foreign content

TEST(html_tokenizer, keeps_markup_in_foreign_text_elements) {
  check("<svg><title/><style/><script/><a href=1></svg><a href=2>",
        {R"(<a foreign href="1">)", R"(<a href="2">)"});
  check("<math><style><a href=1></math><title>t</title>", {R"(<a foreign href="1">)", "<title>", "t", "</>"});
}
TEST(html_tokenizer, knows_html_inside_foreign_content) {
  check("<svg><foreignObject><style>x</style><a href=1></foreignObject><a href=2>",
        {"<style>", "x", "</>", R"(<a href="1">)", R"(<a foreign href="2">)"});
  check("<svg><desc><a href=1></desc><a href=2>", {R"(<a href="1">)", R"(<a foreign href="2">)"});
  check("<math><mi><style>x</style></mi><a href=2>", {"<style>", "x", "</>", R"(<a foreign href="2">)"});
}
TEST(html_tokenizer, leaves_foreign_content_at_html_tags) {
  check("<svg><g><p><style>x</style>", {"<style>", "x", "</>"});
  check("<svg><g></p><style>x</style>", {"<style>", "x", "</>"});
  check("<math><svg><img src=1><style>x</style>", {R"(<img src="1">)", "<style>", "x", "</>"});
}
TEST(html_tokenizer, does_not_enter_a_self_closed_root) {
  check("<svg/><style>x</style>", {"<style>", "x", "</>"});
}
TEST(html_tokenizer, survives_deep_foreign_nesting) {
  std::string page;
  for (int i = 0; i != 1000; ++i) page += "<svg>";
  for (int i = 0; i != 1000; ++i) page += "</svg>";
  EXPECT_EQ(tokens(page + "<style>x</style>"), (list{"<style>", "x", "</>"}));
}

// The fast path and its index

TEST(html_tokenizer, finds_every_tag_of_a_long_page_in_pieces_of_any_size) {
  std::string page;
  list expected;
  for (int i = 0; i != 400; ++i) {
    page += std::string(static_cast<std::size_t>(i % 70), '.') + "<p class='<'><a class=\"x\" href=\"" +
            std::to_string(i) + (i % 3 == 0 ? "\"/></a ><!-- <a href=0> -->" : "\"\n rel = r></a></p><i/>");
    expected.push_back("<a href=\"" + std::to_string(i) + "\"" + (i % 3 == 0 ? ">" : " rel=\"r\">"));
  }
  const std::string_view view(page);
  for (const std::size_t size : {1u, 7u, 31u, 32u, 33u, 64u, 100u, 1000u, 2048u, 4096u, 100000u}) {
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at < view.size(); at += size) pieces.push_back(view.substr(at, size));
    EXPECT_EQ(tokenize(pieces, all_of_interest()).tokens, expected) << size;
  }
}

}  // namespace bight::crawl::html::tokenizer_test
