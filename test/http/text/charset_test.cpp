// to_utf8: which charset a text is in, and what becomes of malformed text.
#include "http/text/charset.hpp"

#include <gtest/gtest.h>
#include <unicode/ucnv.h>

#include <bight/http/charset.hpp>
#include <string>

namespace bight::http::charset_test {

std::string decoded(std::string bytes, std::string_view charset) {
  return to_utf8(std::move(bytes),
                 charset.empty() ? "text/plain" : "text/plain; charset=" + std::string{charset});
}

TEST(charset, utf_8_is_the_default_and_is_not_copied) {
  std::string text = "gr\xc3\xbc\xc3\x9f" + std::string(100, 'e');
  const char* const where = text.data();
  const std::string copy = text;
  const std::string out = to_utf8(std::move(text), "");
  EXPECT_EQ(out, copy);
  EXPECT_EQ(out.data(), where);
  EXPECT_EQ(decoded(copy, "utf-8"), copy);
  EXPECT_EQ(decoded(copy, "unknown-charset"), copy);
  EXPECT_EQ(to_utf8("\xc3\xbc", "not a media type"), "\xc3\xbc");
  EXPECT_EQ(to_utf8("", "text/plain; charset=utf-16"), "");
}

TEST(charset, malformed_utf_8_becomes_replacement_characters) {
  EXPECT_EQ(decoded("a\xff"
                    "b",
                    ""),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(decoded("\xe2\x82", "utf8"), "\xef\xbf\xbd");
  EXPECT_EQ(decoded("\xed\xa0\x80", ""), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") << "a surrogate";
}

TEST(charset, a_byte_order_mark_wins_over_the_header_and_is_dropped) {
  EXPECT_EQ(decoded("\xef\xbb\xbf\xc3\xbc", "iso-8859-1"), "\xc3\xbc");
  EXPECT_EQ(decoded(std::string("\xff\xfe\xfc\0", 4), "utf-8"), "\xc3\xbc");
  EXPECT_EQ(decoded(std::string("\xfe\xff\0\xfc", 4), ""), "\xc3\xbc");
  EXPECT_EQ(decoded("\xef\xbb\xbf\xef\xbb\xbf", ""), "\xef\xbb\xbf") << "only one";
}

TEST(charset, of_the_header) {
  EXPECT_EQ(decoded("\xfc", "iso-8859-1"), "\xc3\xbc");
  EXPECT_EQ(decoded("\x80", "latin1"), "\xe2\x82\xac") << "windows-1252, as in browsers";
  EXPECT_EQ(decoded("\x81", "ascii"), "\xc2\x81");
  EXPECT_EQ(decoded("\xa4", "ISO-8859-15"), "\xe2\x82\xac");
  EXPECT_EQ(decoded("\xcf\xf0\xe8", "windows-1251"), "\xd0\x9f\xd1\x80\xd0\xb8");
  EXPECT_EQ(decoded("\xf0\xd2", "koi8-r"), "\xd0\x9f\xd1\x80");
  EXPECT_EQ(decoded("\x93\xfa\x96\x7b", "Shift_JIS"), "\xe6\x97\xa5\xe6\x9c\xac");
  EXPECT_EQ(decoded("\xc6\xfc\xcb\xdc", "euc-jp"), "\xe6\x97\xa5\xe6\x9c\xac");
  EXPECT_EQ(decoded("\x1b$BF|K\\\x1b(B", "iso-2022-jp"), "\xe6\x97\xa5\xe6\x9c\xac");
  EXPECT_EQ(decoded("\xd6\xd0", "gb2312"), "\xe4\xb8\xad");
  EXPECT_EQ(decoded("\xa4\xa4", "big5"), "\xe4\xb8\xad");
  EXPECT_EQ(decoded("\xc7\xd1", "euc-kr"), "\xed\x95\x9c");
  EXPECT_EQ(decoded(std::string("\xfc\0\x3d\xd8\0\xde", 6), "utf-16"), "\xc3\xbc\xf0\x9f\x98\x80");
  EXPECT_EQ(decoded("\xfc", "\" Latin1 \""), "\xc3\xbc") << "quoted, with spaces";
}

TEST(charset, malformed_sequences_of_others_become_replacement_characters) {
  EXPECT_EQ(decoded(std::string("a\0\0\xd8", 4), "utf-16le"), "a\xef\xbf\xbd") << "a lone surrogate";
  EXPECT_EQ(decoded(std::string("a\0b", 3), "utf-16le"), "a\xef\xbf\xbd") << "cut off";
  EXPECT_EQ(decoded("a\x93", "shift_jis"), "a\xef\xbf\xbd");
  EXPECT_EQ(decoded("\xaa", "iso-8859-7").find('\x1a'), std::string::npos);
  EXPECT_EQ(decoded("\xff\xff", "euc-kr").find('\x1a'), std::string::npos);
}

TEST(charset, unsafe_encodings_become_one_replacement_character) {
  EXPECT_EQ(decoded("~{<script>", "hz-gb-2312"), "\xef\xbf\xbd");
  EXPECT_EQ(decoded("", "iso-2022-kr"), "");
}

TEST(charset, large_texts) {
  std::string bytes(100'000, '\xfc');
  std::string expected;
  for (int i = 0; i != 100'000; ++i) expected += "\xc3\xbc";
  EXPECT_EQ(decoded(bytes, "latin1"), expected);
}

TEST(charset, labels) {
  EXPECT_EQ(charset_of("UTF8"), "UTF-8");
  EXPECT_EQ(charset_of("\n us-ascii\t"), "windows-1252");
  EXPECT_EQ(charset_of("l9"), "iso-8859-15");
  EXPECT_EQ(charset_of(""), "");
  EXPECT_EQ(charset_of("utf-7"), "");
  EXPECT_EQ(charset_of(std::string(1000, 'x')), "");
  for (const char* label :
       {"866",      "latin2",         "latin3",    "latin4", "cyrillic", "arabic",      "greek",  "hebrew",
        "latin6",   "iso885913",      "iso885914", "l9",     "koi",      "koi8-u",      "mac",    "tis-620",
        "cp1250",   "cp1251",         "l1",        "cp1253", "latin5",   "cp1255",      "cp1256", "cp1257",
        "cp1258",   "x-mac-cyrillic", "gbk",       "big5",   "euc-jp",   "iso-2022-jp", "sjis",   "korean",
        "utf-16be", "utf-16"}) {
    const auto name = charset_of(label);
    ASSERT_FALSE(name.empty()) << label;
    UErrorCode error = U_ZERO_ERROR;
    UConverter* const converter = ucnv_open(std::string{name}.c_str(), &error);
    EXPECT_TRUE(U_SUCCESS(error)) << label << ": ICU has no " << name;
    ucnv_close(converter);
  }
}

}  // namespace bight::http::charset_test
