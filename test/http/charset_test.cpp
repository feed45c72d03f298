// text_decoder and encode_query: texts that arrive in pieces, and queries of pages that are not UTF-8.
#include <bight/http/charset.hpp>

#include <gtest/gtest.h>

#include <bight/http/url.hpp>
#include <string>
#include <string_view>

namespace bight::http::charset_pieces_test {

std::string decoded(std::string_view bytes, std::string_view label, std::size_t piece) {
  text_decoder decoder{label};
  std::string out;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    decoder.decode(bytes.substr(0, piece), out);
  decoder.finish(out);
  return out;
}

TEST(text_decoder, the_pieces_do_not_matter) {
  struct text {
    std::string_view label;
    std::string_view bytes;
    std::string_view utf8;
  };
  const text texts[] = {
      {"gb2312", "\xd6\xd0\xce\xc4 a", "\xe4\xb8\xad\xe6\x96\x87 a"},
      {"big5", "\xa4\xa4\xa4\xe5", "\xe4\xb8\xad\xe6\x96\x87"},
      {"windows-1251", "\xcf\xf0", "\xd0\x9f\xd1\x80"},
      {"shift_jis", "\x93\xfa\x96\x7b", "\xe6\x97\xa5\xe6\x9c\xac"},
      {"iso-2022-jp", "\x1b$BF|K\\\x1b(B!", "\xe6\x97\xa5\xe6\x9c\xac!"},
      {"utf-16le", {"a\0\x2d\x4e", 4}, "a\xe4\xb8\xad"},
      {"utf-16be", {"\xd8\x3d\xde\x00", 4}, "\xf0\x9f\x98\x80"},
      {"utf-8", "\xe4\xb8\xad\xff\xe4\xb8", "\xe4\xb8\xad\xef\xbf\xbd\xef\xbf\xbd"},
      {"unknown", "gr\xc3\xbc", "gr\xc3\xbc"},
      {"iso-2022-kr", "unsafe", "\xef\xbf\xbd"},
  };
  for (const auto& t : texts)
    for (const std::size_t piece : {1U, 2U, 3U, 100U}) {
      EXPECT_EQ(decoded(t.bytes, t.label, piece), t.utf8) << t.label << ' ' << piece;
    }
}

TEST(text_decoder, a_text_that_ends_within_a_character_ends_with_a_replacement_and_another_may_begin) {
  for (const auto* const label : {"gb2312", "utf-8"}) {
    text_decoder decoder{label};
    std::string out;
    decoder.decode(std::string_view{label} == "utf-8" ? "a\xe4" : "a\xd6", out);
    decoder.finish(out);
    EXPECT_EQ(out, "a\xef\xbf\xbd") << label;
    out.clear();
    decoder.decode("b", out);
    decoder.finish(out);
    EXPECT_EQ(out, "b") << label;
  }
}

TEST(encode_query, is_that_of_the_page_and_the_path_stays_utf_8) {
  const url page("http://h/dir/");
  const auto resolved = [&](std::string_view reference, std::string_view label) {
    return url::parse(encode_query(reference, label), page).value().href();
  };
  constexpr std::string_view link = "\xe4\xb8\xad?q=\xe4\xb8\xad&b=1#\xe4\xb8\xad";
  EXPECT_EQ(resolved(link, "gb2312"), "http://h/dir/%E4%B8%AD?q=%D6%D0&b=1#%E4%B8%AD");
  EXPECT_EQ(resolved(link, "big5"), "http://h/dir/%E4%B8%AD?q=%A4%A4&b=1#%E4%B8%AD");
  EXPECT_EQ(resolved("?q=\xd0\x9f", "windows-1251"), "http://h/dir/?q=%CF");
  EXPECT_EQ(resolved(link, "utf-8"), "http://h/dir/%E4%B8%AD?q=%E4%B8%AD&b=1#%E4%B8%AD");
  EXPECT_EQ(resolved(link, "utf-16le"), resolved(link, "utf-8"));
  EXPECT_EQ(resolved(link, "no such"), resolved(link, "utf-8"));
}

TEST(encode_query, what_the_charset_does_not_have_is_a_numeric_reference) {
  EXPECT_EQ(encode_query("?q=\xe4\xb8\xad", "windows-1251"), "?q=%26%2320013%3B");
  EXPECT_EQ(encode_query("?a=\xf0\x9f\x98\x80z", "gbk"), "?a=%26%23128512%3Bz");
  EXPECT_EQ(encode_query("?\xe2\x82\xac", "windows-1252"), "?%80");
}

TEST(encode_query, ascii_and_references_without_a_query_are_as_they_were) {
  EXPECT_EQ(encode_query("/a?b=%D6&c=;", "gb2312"), "/a?b=%D6&c=;");
  EXPECT_EQ(encode_query("\xe4\xb8\xad#?\xe4\xb8\xad", "gb2312"), "\xe4\xb8\xad#?\xe4\xb8\xad");
  EXPECT_EQ(encode_query("", "gb2312"), "");
}

}  // namespace bight::http::charset_pieces_test
