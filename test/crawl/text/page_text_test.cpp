// The charset of a page and its text, in pieces of every size.
#include "crawl/text/page_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace bight::crawl::charsets::page_text_test {

using namespace std::string_view_literals;

struct read_page {
  std::string text;
  std::string charset;
  charset_source source = charset_source::unknown;
};

read_page read(std::string_view body, std::string_view content_type, std::size_t piece) {
  page_text in(content_type);
  read_page out;
  for (; !body.empty(); body.remove_prefix(std::min(piece, body.size())))
    out.text.append(in.feed(body.substr(0, piece)));
  out.text.append(in.finish());
  out.charset = in.charset();
  out.source = in.source();
  return out;
}

std::string russian(std::string_view before, std::string_view after) {
  std::string s{before};
  // "Привет, мир, это обычный русский текст" in windows-1251.
  for (int i = 0; i != 20; ++i)
    s += "\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0, \xfd\xf2\xee \xee\xe1\xfb\xf7\xed\xfb\xe9 "
         "\xf0\xf3\xf1\xf1\xea\xe8\xe9 \xf2\xe5\xea\xf1\xf2. ";
  return s.append(after);
}

TEST(page_text, the_order_is_mark_header_declaration_detection) {
  struct page {
    std::string body;
    std::string_view type;
    std::string_view charset;
    charset_source source;
    std::string_view begin;
  };
  const page pages[] = {
      {"\xef\xbb\xbf<meta charset=gbk>\xd0\x9f", "text/html; charset=big5", "utf-8", charset_source::bom,
       "<meta"},
      {std::string("\xff\xfe<\0a\0>\0\x1f\x04", 10), "text/html; charset=big5", "utf-16le",
       charset_source::bom, "<a>\xd0\x9f"},
      {std::string("\xfe\xff\0<\0a\0>\x04\x1f", 10), "text/html", "utf-16be", charset_source::bom,
       "<a>\xd0\x9f"},
      {"<meta charset=gbk>\xcf", "text/html; charset=Windows-1251", "windows-1251", charset_source::header,
       "<meta charset=gbk>\xd0\x9f"},
      {"<meta charset=gbk>\xd6\xd0", "text/html; charset=nonsense", "gbk", charset_source::meta,
       "<meta charset=gbk>\xe4\xb8\xad"},
      {"<meta charset=big5>\xa4\xa4", "text/html", "big5", charset_source::meta,
       "<meta charset=big5>\xe4\xb8\xad"},
      {std::string("<\0a\0>\0\x1f\x04", 8), "text/html", "utf-16le", charset_source::detected, "<a>\xd0\x9f"},
      {std::string("\0<\0a\0>\x04\x1f", 8), "text/html", "utf-16be", charset_source::detected, "<a>\xd0\x9f"},
      {"<p>\xd0\x9f", "text/html", "utf-8", charset_source::detected, "<p>\xd0\x9f"},
      {"<p>plain", "text/html", "", charset_source::unknown, "<p>plain"},
      {"", "text/html", "", charset_source::unknown, ""},
      {russian("<p>", "</p>"), "text/html", "windows-1251", charset_source::detected, "<p>\xd0\x9f\xd1\x80"},
      {"<p>caf\xe9", "", "windows-1252", charset_source::detected, "<p>caf\xc3\xa9"},
  };
  for (const auto& p : pages)
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U, 100'000U}) {
      const auto got = read(p.body, p.type, piece);
      EXPECT_EQ(got.charset, p.charset) << p.body;
      EXPECT_EQ(got.source, p.source) << p.body;
      EXPECT_EQ(got.text.substr(0, p.begin.size()), p.begin) << p.body << ' ' << piece;
    }
}

TEST(page_text, utf_8_of_the_header_is_passed_on_without_a_copy_malformed_bytes_included) {
  page_text in("text/html; charset=utf-8");
  for (const auto piece : {"<p>caf\xe9"sv, "more"sv}) {
    const auto out = in.feed(piece);
    EXPECT_EQ(out.data(), piece.data());
    EXPECT_EQ(out.size(), piece.size());
  }
  EXPECT_EQ(in.finish(), "");
  EXPECT_TRUE(in.is_utf8());
}

TEST(page_text, ascii_without_a_declaration_is_passed_on_behind_the_first_kilobyte) {
  page_text in("text/html");
  const std::string head(1024, 'a');
  EXPECT_EQ(in.feed(head), head);
  const auto piece = "more"sv;
  EXPECT_EQ(in.feed(piece).data(), piece.data());
}

TEST(page_text, a_sample_is_bounded) {
  page_text in("text/html");
  std::string body(2000, 'a');
  body += russian("", "");
  while (body.size() < 60'000) body += russian("", "");
  std::size_t held = 0;
  std::size_t given = 0;
  std::size_t got = 0;
  for (std::size_t at = 0; at < 60'000; at += 100) {
    given += 100;
    got += in.feed(std::string_view{body}.substr(at, 100)).size();
    if (in.source() == charset_source::unknown) held = std::max(held, given - got);
  }
  EXPECT_LE(held, page_text::sample_bytes + 100);
  EXPECT_EQ(in.source(), charset_source::detected);
  EXPECT_EQ(in.charset(), "windows-1251");
}

TEST(page_text, a_text_that_is_cut_off_within_a_character_is_utf_8) {
  const auto got = read("<p>\xe4\xb8\xad\xe4\xb8", "text/html", 4);
  EXPECT_EQ(got.charset, "utf-8");
  EXPECT_EQ(got.text, "<p>\xe4\xb8\xad\xe4\xb8");
}

}  // namespace bight::crawl::charsets::page_text_test
