#include <bight/http/url.hpp>

#include <gtest/gtest.h>
#include <bight/http/error.hpp>

#include <initializer_list>
#include <string_view>

namespace url_resolve_test {

namespace http = bight::http;
using std::string_view_literals::operator""sv;

constexpr std::string_view fails;

struct row {
  std::string_view input;
  std::string_view href;
};

// Each reference gives that href, or fails, in every way of parsing.
void check(std::string_view base_text, std::initializer_list<row> rows) {
  const http::url base(base_text);
  http::url reused;
  for (const auto& [input, href] : rows) {
    const auto parsed = http::url::parse(input, base);
    const bool resolved = http::url::resolve_into(input, base, reused);
    EXPECT_EQ(resolved, parsed.has_value()) << input;
    if (href.empty()) {
      EXPECT_EQ(parsed.error(), http::errc::invalid_url)
          << input << " gave " << (parsed ? parsed->href() : "");
      EXPECT_TRUE(reused.empty()) << input;
      continue;
    }
    ASSERT_TRUE(parsed) << input;
    EXPECT_EQ(parsed->href(), href) << input;
    EXPECT_EQ(*parsed, reused) << input;
    http::url same = base;
    EXPECT_TRUE(http::url::resolve_into(input, same, same));
    EXPECT_EQ(same, *parsed) << input;
    const http::url whole(href);
    EXPECT_EQ(parsed->host_and_port(), whole.host_and_port()) << input;
    EXPECT_EQ(parsed->username(), whole.username()) << input;
    EXPECT_EQ(parsed->path(), whole.path()) << input;
    EXPECT_EQ(parsed->has_query(), whole.has_query()) << input;
    EXPECT_EQ(parsed->query(), whole.query()) << input;
    EXPECT_EQ(parsed->has_fragment(), whole.has_fragment()) << input;
    EXPECT_EQ(parsed->fragment(), whole.fragment()) << input;
  }
}

TEST(url_resolve, rfc_3986_examples) {
  check("http://a/b/c/d;p?q"sv, {
                                    {"g:h"sv, "g:h"sv},
                                    {"g"sv, "http://a/b/c/g"sv},
                                    {"./g"sv, "http://a/b/c/g"sv},
                                    {"g/"sv, "http://a/b/c/g/"sv},
                                    {"/g"sv, "http://a/g"sv},
                                    {"//g"sv, "http://g/"sv},
                                    {"?y"sv, "http://a/b/c/d;p?y"sv},
                                    {"g?y"sv, "http://a/b/c/g?y"sv},
                                    {"#s"sv, "http://a/b/c/d;p?q#s"sv},
                                    {"g#s"sv, "http://a/b/c/g#s"sv},
                                    {"g?y#s"sv, "http://a/b/c/g?y#s"sv},
                                    {";x"sv, "http://a/b/c/;x"sv},
                                    {"g;x"sv, "http://a/b/c/g;x"sv},
                                    {"g;x?y#s"sv, "http://a/b/c/g;x?y#s"sv},
                                    {""sv, "http://a/b/c/d;p?q"sv},
                                    {"."sv, "http://a/b/c/"sv},
                                    {"./"sv, "http://a/b/c/"sv},
                                    {".."sv, "http://a/b/"sv},
                                    {"../"sv, "http://a/b/"sv},
                                    {"../g"sv, "http://a/b/g"sv},
                                    {"../.."sv, "http://a/"sv},
                                    {"../../"sv, "http://a/"sv},
                                    {"../../g"sv, "http://a/g"sv},
                                    {"../../../g"sv, "http://a/g"sv},
                                    {"../../../../g"sv, "http://a/g"sv},
                                    {"/./g"sv, "http://a/g"sv},
                                    {"/../g"sv, "http://a/g"sv},
                                    {"g."sv, "http://a/b/c/g."sv},
                                    {".g"sv, "http://a/b/c/.g"sv},
                                    {"g.."sv, "http://a/b/c/g.."sv},
                                    {"..g"sv, "http://a/b/c/..g"sv},
                                    {"./../g"sv, "http://a/b/g"sv},
                                    {"./g/."sv, "http://a/b/c/g/"sv},
                                    {"g/./h"sv, "http://a/b/c/g/h"sv},
                                    {"g/../h"sv, "http://a/b/c/h"sv},
                                    {"g;x=1/./y"sv, "http://a/b/c/g;x=1/y"sv},
                                    {"g;x=1/../y"sv, "http://a/b/c/y"sv},
                                    {"g?y/./x"sv, "http://a/b/c/g?y/./x"sv},
                                    {"g?y/../x"sv, "http://a/b/c/g?y/../x"sv},
                                    {"g#s/./x"sv, "http://a/b/c/g#s/./x"sv},
                                    {"g#s/../x"sv, "http://a/b/c/g#s/../x"sv},
                                    {"http:g"sv, "http://a/b/c/g"sv},
                                });
}

TEST(url_resolve, relative_paths_replace_the_last_segment) {
  check("https://u:p@h:8443/x/y/z?q#f"sv, {
                                              {"a"sv, "https://u:p@h:8443/x/y/a"sv},
                                              {"a/b"sv, "https://u:p@h:8443/x/y/a/b"sv},
                                              {"a/"sv, "https://u:p@h:8443/x/y/a/"sv},
                                              {"./"sv, "https://u:p@h:8443/x/y/"sv},
                                              {"./a"sv, "https://u:p@h:8443/x/y/a"sv},
                                              {"../a"sv, "https://u:p@h:8443/x/a"sv},
                                              {"../../../a"sv, "https://u:p@h:8443/a"sv},
                                              {"a?r"sv, "https://u:p@h:8443/x/y/a?r"sv},
                                              {"a#g"sv, "https://u:p@h:8443/x/y/a#g"sv},
                                              {"a?r#g"sv, "https://u:p@h:8443/x/y/a?r#g"sv},
                                              {"a b"sv, "https://u:p@h:8443/x/y/a%20b"sv},
                                              {"a\\b"sv, "https://u:p@h:8443/x/y/a/b"sv},
                                              {"%2e%2e/a"sv, "https://u:p@h:8443/x/a"sv},
                                              {".%2E"sv, "https://u:p@h:8443/x/"sv},
                                              {"a%2fb"sv, "https://u:p@h:8443/x/y/a%2fb"sv},
                                              {"a^"sv, "https://u:p@h:8443/x/y/a%5E"sv},
                                              {"é"sv, "https://u:p@h:8443/x/y/%C3%A9"sv},
                                              {"a//b"sv, "https://u:p@h:8443/x/y/a//b"sv},
                                              {".../a"sv, "https://u:p@h:8443/x/y/.../a"sv},
                                              {"..a"sv, "https://u:p@h:8443/x/y/..a"sv},
                                              {".a/../b"sv, "https://u:p@h:8443/x/y/b"sv},
                                              {".a/./b"sv, "https://u:p@h:8443/x/y/.a/b"sv},
                                              {"a:b"sv, "a:b"sv},
                                              {"./a:b"sv, "https://u:p@h:8443/x/y/a:b"sv},
                                              {"1:2"sv, "https://u:p@h:8443/x/y/1:2"sv},
                                              {"a/b:c"sv, "https://u:p@h:8443/x/y/a/b:c"sv},
                                              {"x?y:z"sv, "https://u:p@h:8443/x/y/x?y:z"sv},
                                              {"x#y:z"sv, "https://u:p@h:8443/x/y/x#y:z"sv},
                                              {"@"sv, "https://u:p@h:8443/x/y/@"sv},
                                              {"a;b,c=d"sv, "https://u:p@h:8443/x/y/a;b,c=d"sv},
                                              {"it's"sv, "https://u:p@h:8443/x/y/it's"sv},
                                              {"a|b"sv, "https://u:p@h:8443/x/y/a|b"sv},
                                              {"{a}"sv, "https://u:p@h:8443/x/y/%7Ba%7D"sv},
                                          });
}

TEST(url_resolve, absolute_paths_replace_the_path) {
  check("https://u:p@h:8443/x/y/z?q#f"sv,
        {
            {"/"sv, "https://u:p@h:8443/"sv},
            {"/a"sv, "https://u:p@h:8443/a"sv},
            {"/a/b/"sv, "https://u:p@h:8443/a/b/"sv},
            {"/../a"sv, "https://u:p@h:8443/a"sv},
            {"/./a"sv, "https://u:p@h:8443/a"sv},
            {"/a/.."sv, "https://u:p@h:8443/"sv},
            {"/a?r"sv, "https://u:p@h:8443/a?r"sv},
            {"/a#g"sv, "https://u:p@h:8443/a#g"sv},
            {"/a:b"sv, "https://u:p@h:8443/a:b"sv},
            {"/wiki/Category:Foo"sv, "https://u:p@h:8443/wiki/Category:Foo"sv},
            {"\\a"sv, "https://u:p@h:8443/a"sv},
            {"\\a\\..\\b"sv, "https://u:p@h:8443/b"sv},
            {"/."sv, "https://u:p@h:8443/"sv},
            {"/%2e%2e/b"sv, "https://u:p@h:8443/b"sv},
            {"/a b"sv, "https://u:p@h:8443/a%20b"sv},
            {"/C|/x"sv, "https://u:p@h:8443/C|/x"sv},
            {"/a?b=c&d#e"sv, "https://u:p@h:8443/a?b=c&d#e"sv},
            {"/?'"sv, "https://u:p@h:8443/?%27"sv},
            {"/.a/.."sv, "https://u:p@h:8443/"sv},
            {"/é?é#é"sv, "https://u:p@h:8443/%C3%A9?%C3%A9#%C3%A9"sv},
        });
}

TEST(url_resolve, queries_and_fragments_alone_keep_the_path) {
  check("https://u:p@h:8443/x/y/z?q#f"sv, {
                                              {""sv, "https://u:p@h:8443/x/y/z?q"sv},
                                              {"?"sv, "https://u:p@h:8443/x/y/z?"sv},
                                              {"?r"sv, "https://u:p@h:8443/x/y/z?r"sv},
                                              {"?r#g"sv, "https://u:p@h:8443/x/y/z?r#g"sv},
                                              {"#"sv, "https://u:p@h:8443/x/y/z?q#"sv},
                                              {"#g"sv, "https://u:p@h:8443/x/y/z?q#g"sv},
                                              {"#g h"sv, "https://u:p@h:8443/x/y/z?q#g%20h"sv},
                                              {"#a#b"sv, "https://u:p@h:8443/x/y/z?q#a#b"sv},
                                              {"?a?b"sv, "https://u:p@h:8443/x/y/z?a?b"sv},
                                              {"? "sv, "https://u:p@h:8443/x/y/z?"sv},
                                              {"?'"sv, "https://u:p@h:8443/x/y/z?%27"sv},
                                              {"?é"sv, "https://u:p@h:8443/x/y/z?%C3%A9"sv},
                                              {"#é"sv, "https://u:p@h:8443/x/y/z?q#%C3%A9"sv},
                                              {"?a/../b"sv, "https://u:p@h:8443/x/y/z?a/../b"sv},
                                              {"#a/../b"sv, "https://u:p@h:8443/x/y/z?q#a/../b"sv},
                                              {" "sv, "https://u:p@h:8443/x/y/z?q"sv},
                                              {"\t#g\n"sv, "https://u:p@h:8443/x/y/z?q#g"sv},
                                          });
}

TEST(url_resolve, references_with_two_slashes_keep_the_scheme) {
  check("https://u:p@h:8443/x/y/z?q#f"sv, {
                                              {"//g"sv, "https://g/"sv},
                                              {"//G/a"sv, "https://g/a"sv},
                                              {"//g?r"sv, "https://g/?r"sv},
                                              {"//g#s"sv, "https://g/#s"sv},
                                              {"///g"sv, "https://g/"sv},
                                              {"////g/a"sv, "https://g/a"sv},
                                              {"\\\\g\\a"sv, "https://g/a"sv},
                                              {"/\\g"sv, "https://g/"sv},
                                              {"//g:443/"sv, "https://g/"sv},
                                              {"//g:80"sv, "https://g:80/"sv},
                                              {"//u@g"sv, "https://u@g/"sv},
                                              {"//"sv, fails},
                                              {"///"sv, fails},
                                              {"//?"sv, fails},
                                              {"//1.2/"sv, "https://1.0.0.2/"sv},
                                              {"//é/"sv, "https://xn--9ca/"sv},
                                              {"//XN--/"sv, "https://xn--/"sv},
                                              {"//g.h/a/../b?c#d"sv, "https://g.h/b?c#d"sv},
                                              {"//g/.a/./b"sv, "https://g/.a/b"sv},
                                          });
}

TEST(url_resolve, same_special_scheme_without_slashes_is_relative) {
  check("http://h/x/y"sv, {
                              {"http:"sv, "http://h/x/y"sv},
                              {"http:a"sv, "http://h/x/a"sv},
                              {"http:/a"sv, "http://h/a"sv},
                              {"http://a"sv, "http://a/"sv},
                              {"http:?q"sv, "http://h/x/y?q"sv},
                              {"http:#f"sv, "http://h/x/y#f"sv},
                              {"HTTP:a"sv, "http://h/x/a"sv},
                              {"https:a"sv, "https://a/"sv},
                              {"https:/a"sv, "https://a/"sv},
                              {"ws:a"sv, "ws://a/"sv},
                              {"http:\\\\a"sv, "http://a/"sv},
                              {"http:/\\a"sv, "http://a/"sv},
                              {"file:a"sv, "file:///a"sv},
                              {"foo:a"sv, "foo:a"sv},
                              {"http:../a"sv, "http://h/a"sv},
                              {"javascript:void(0)"sv, "javascript:void(0)"sv},
                              {"mailto:a@b"sv, "mailto:a@b"sv},
                              {"data:,x"sv, "data:,x"sv},
                          });
}

TEST(url_resolve, whitespace_inside_references_is_dropped) {
  check("http://h/x/y"sv, {
                              {" a "sv, "http://h/x/a"sv},
                              {"\na\n"sv, "http://h/x/a"sv},
                              {"a\nb"sv, "http://h/x/ab"sv},
                              {"\t/a\t/b"sv, "http://h/a/b"sv},
                              {"\000a"sv, "http://h/x/a"sv},
                              {"a\000b"sv, "http://h/x/a%00b"sv},
                              {"http\n://g/"sv, "http://g/"sv},
                              {"/\n/g"sv, "http://g/"sv},
                              {"#\ng"sv, "http://h/x/y#g"sv},
                              {"a b"sv, "http://h/x/a%20b"sv},
                              {"\302\240a"sv, "http://h/x/%C2%A0a"sv},
                          });
}

TEST(url_resolve, opaque_bases_take_only_fragments) {
  check("mailto:x@y?z#f"sv, {
                                {"#g"sv, "mailto:x@y?z#g"sv},
                                {"#"sv, "mailto:x@y?z#"sv},
                                {""sv, fails},
                                {"a"sv, fails},
                                {"/a"sv, fails},
                                {"?q"sv, fails},
                                {"//h"sv, fails},
                                {"a#g"sv, fails},
                                {"http://h/"sv, "http://h/"sv},
                                {"foo:b"sv, "foo:b"sv},
                                {"#a b"sv, "mailto:x@y?z#a%20b"sv},
                            });
}

TEST(url_resolve, other_schemes_resolve_too) {
  check("foo://h/x/y?q#f"sv,
        {
            {"a"sv, "foo://h/x/a"sv},       {"../a"sv, "foo://h/a"sv},      {"../../../a"sv, "foo://h/a"sv},
            {"/a"sv, "foo://h/a"sv},        {"//g"sv, "foo://g"sv},         {"///a"sv, "foo:///a"sv},
            {""sv, "foo://h/x/y?q"sv},      {"?r"sv, "foo://h/x/y?r"sv},    {"#g"sv, "foo://h/x/y?q#g"sv},
            {"."sv, "foo://h/x/"sv},        {".."sv, "foo://h/"sv},         {"\\a"sv, "foo://h/x/\\a"sv},
            {"a\\b"sv, "foo://h/x/a\\b"sv}, {"foo:a"sv, "foo:a"sv},         {"foo:"sv, "foo:"sv},
            {"http:a"sv, "http://a/"sv},    {"C|/a"sv, "foo://h/x/C|/a"sv}, {"//g:80"sv, "foo://g:80"sv},
            {"/..//a"sv, "foo://h//a"sv},   {"a b"sv, "foo://h/x/a%20b"sv}, {"?'"sv, "foo://h/x/y?'"sv},
        });
}

TEST(url_resolve, empty_path_of_other_scheme_is_a_base_too) {
  check("foo://h"sv, {
                         {"a"sv, "foo://h/a"sv},
                         {""sv, "foo://h"sv},
                         {"?r"sv, "foo://h?r"sv},
                         {"#g"sv, "foo://h#g"sv},
                         {".."sv, "foo://h/"sv},
                         {"."sv, "foo://h/"sv},
                         {"/"sv, "foo://h/"sv},
                         {"/a"sv, "foo://h/a"sv},
                         {"../a"sv, "foo://h/a"sv},
                         {"//"sv, "foo://"sv},
                     });
}

TEST(url_resolve, hostless_bases_stay_hostless) {
  check("foo:/x/y"sv, {
                          {"a"sv, "foo:/x/a"sv},
                          {"../a"sv, "foo:/a"sv},
                          {"/a"sv, "foo:/a"sv},
                          {"//h"sv, "foo://h"sv},
                          {"///a"sv, "foo:///a"sv},
                          {"..//a"sv, "foo:/.//a"sv},
                          {"/.//a"sv, "foo:/.//a"sv},
                          {".//a"sv, "foo:/x//a"sv},
                          {""sv, "foo:/x/y"sv},
                          {"?r"sv, "foo:/x/y?r"sv},
                          {"#g"sv, "foo:/x/y#g"sv},
                          {"../..//a"sv, "foo:/.//a"sv},
                          {"/..//a"sv, "foo:/.//a"sv},
                          {"//"sv, "foo://"sv},
                      });
}

TEST(url_resolve, hidden_double_slash_survives_resolution) {
  check("foo:/.//p/q"sv, {
                             {""sv, "foo:/.//p/q"sv},
                             {"?r"sv, "foo:/.//p/q?r"sv},
                             {"#f"sv, "foo:/.//p/q#f"sv},
                             {"a"sv, "foo:/.//p/a"sv},
                             {".."sv, "foo:/.//"sv},
                             {"../.."sv, "foo:/"sv},
                             {"/a"sv, "foo:/a"sv},
                             {".//a"sv, "foo:/.//p//a"sv},
                             {"../a"sv, "foo:/.//a"sv},
                             {"..//a"sv, "foo:/.///a"sv},
                         });
}

TEST(url_resolve, file_bases_keep_host_and_drive) {
  check("file://h/C:/x/y?q#f"sv, {
                                     {"a"sv, "file://h/C:/x/a"sv},
                                     {"../a"sv, "file://h/C:/a"sv},
                                     {"../../../a"sv, "file://h/C:/a"sv},
                                     {"/a"sv, "file://h/C:/a"sv},
                                     {"/.."sv, "file://h/C:/"sv},
                                     {"//g/a"sv, "file://g/a"sv},
                                     {"///a"sv, "file:///a"sv},
                                     {""sv, "file://h/C:/x/y?q"sv},
                                     {"?r"sv, "file://h/C:/x/y?r"sv},
                                     {"#g"sv, "file://h/C:/x/y?q#g"sv},
                                     {"D:"sv, "d:"sv},
                                     {"D|/a"sv, "file://h/D:/a"sv},
                                     {"/D|/a"sv, "file://h/D:/a"sv},
                                     {"/D:"sv, "file://h/D:"sv},
                                     {"D:a"sv, "d:a"sv},
                                     {"C|"sv, "file://h/C:"sv},
                                     {"\\a"sv, "file://h/C:/a"sv},
                                     {"file:a"sv, "file://h/C:/x/a"sv},
                                     {"file:/a"sv, "file://h/C:/a"sv},
                                     {"file:///a"sv, "file:///a"sv},
                                     {"file:D:/a"sv, "file://h/D:/a"sv},
                                     {"http:a"sv, "http://a/"sv},
                                     {"/C|/.."sv, "file://h/C:/"sv},
                                     {"//"sv, "file:///"sv},
                                     {"//D|/a"sv, "file:///D:/a"sv},
                                     {".."sv, "file://h/C:/"sv},
                                 });
}

TEST(url_resolve, file_base_without_drive) {
  check("file:///x/y?q"sv, {
                               {"a"sv, "file:///x/a"sv},
                               {"/a"sv, "file:///a"sv},
                               {".."sv, "file:///"sv},
                               {"../.."sv, "file:///"sv},
                               {"C|"sv, "file:///C:"sv},
                               {"C|/a"sv, "file:///C:/a"sv},
                               {"/C|/a"sv, "file:///C:/a"sv},
                               {"//h/a"sv, "file://h/a"sv},
                               {"///C|"sv, "file:///C:"sv},
                               {"file:"sv, "file:///x/y?q"sv},
                               {"file:?r"sv, "file:///x/y?r"sv},
                               {"#g"sv, "file:///x/y?q#g"sv},
                               {"?r"sv, "file:///x/y?r"sv},
                               {"C|a"sv, "file:///x/C|a"sv},
                               {"/c:/.."sv, "file:///c:/"sv},
                           });
}

}  // namespace url_resolve_test
