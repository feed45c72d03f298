#include <bight/http/url.hpp>

#include <gtest/gtest.h>
#include <bight/http/error.hpp>

#include <initializer_list>
#include <string_view>

#include "support/url_rows.hpp"

namespace url_parse_test {

namespace http = bight::http;
using bight::test::check_urls;
using bight::test::fails;
using std::string_view_literals::operator""sv;

TEST(url_parse, scheme_is_lowered_and_must_begin_with_a_letter) {
  check_urls({
      {"HTTP://a/"sv, "http://a/"sv},
      {"hTtPs://a"sv, "https://a/"sv},
      {"a+b-c.1:x"sv, "a+b-c.1:x"sv},
      {"A+B-C.1:x"sv, "a+b-c.1:x"sv},
      {"1a:x"sv, fails},
      {":x"sv, fails},
      {""sv, fails},
      {"a"sv, fails},
      {"//a"sv, fails},
      {"-a:b"sv, fails},
      {"+a:b"sv, fails},
      {"a_b:c"sv, fails},
      {"a b:c"sv, fails},
      {"é:x"sv, fails},
      {"http"sv, fails},
      {"http:"sv, fails},
      {"https://"sv, fails},
      {"://a"sv, fails},
  });
}

TEST(url_parse, special_schemes_take_any_number_of_slashes_of_either_kind) {
  check_urls({
      {"http:a"sv, "http://a/"sv},
      {"http:/a"sv, "http://a/"sv},
      {"http:///a"sv, "http://a/"sv},
      {"http:\\\\a\\b"sv, "http://a/b"sv},
      {"http:/\\//a"sv, "http://a/"sv},
      {"https:/\\a"sv, "https://a/"sv},
      {"ws:a"sv, "ws://a/"sv},
      {"wss:////a/b"sv, "wss://a/b"sv},
      {"ftp:\\a\\b\\c"sv, "ftp://a/b/c"sv},
      {"http:\\a@b\\c"sv, "http://a@b/c"sv},
      {"http:////"sv, fails},
      {"http:/\\"sv, fails},
      {"http:?"sv, fails},
      {"http:#"sv, fails},
      {"https:?a"sv, fails},
      {"ftp:/?a"sv, fails},
  });
}

TEST(url_parse, other_schemes_keep_backslashes_and_count_slashes) {
  check_urls({
      {"foo:\\\\a\\b"sv, "foo:\\\\a\\b"sv},
      {"foo://a\\b"sv, fails},
      {"foo://a/b\\c"sv, "foo://a/b\\c"sv},
      {"foo:/a\\b"sv, "foo:/a\\b"sv},
      {"foo:a\\b"sv, "foo:a\\b"sv},
      {"foo:////a"sv, "foo:////a"sv},
      {"foo:///a"sv, "foo:///a"sv},
      {"foo://"sv, "foo://"sv},
      {"foo:///"sv, "foo:///"sv},
      {"foo:/"sv, "foo:/"sv},
      {"foo:"sv, "foo:"sv},
      {"foo:?"sv, "foo:?"sv},
      {"foo:#"sv, "foo:#"sv},
      {"foo://?"sv, "foo://?"sv},
      {"foo://#"sv, "foo://#"sv},
      {"foo:?a#b"sv, "foo:?a#b"sv},
      {"foo://a?b"sv, "foo://a?b"sv},
      {"foo://a#b"sv, "foo://a#b"sv},
  });
}

TEST(url_parse, default_ports_are_removed) {
  check_urls({
      {"http://a:80"sv, "http://a/"sv},
      {"https://a:443/"sv, "https://a/"sv},
      {"ws://a:80/"sv, "ws://a/"sv},
      {"wss://a:443/"sv, "wss://a/"sv},
      {"ftp://a:21/"sv, "ftp://a/"sv},
      {"http://a:443"sv, "http://a:443/"sv},
      {"https://a:80"sv, "https://a:80/"sv},
      {"foo://a:80"sv, "foo://a:80"sv},
      {"foo://a:0"sv, "foo://a:0"sv},
      {"file://a:80/"sv, fails},
  });
}

TEST(url_parse, ports_are_digits_up_to_65535) {
  check_urls({
      {"http://a:0/"sv, "http://a:0/"sv},
      {"http://a:/"sv, "http://a/"sv},
      {"http://a:00080/"sv, "http://a/"sv},
      {"http://a:0000000000081/"sv, "http://a:81/"sv},
      {"http://a:65535/"sv, "http://a:65535/"sv},
      {"http://a:65536/"sv, fails},
      {"http://a:99999999999999999999/"sv, fails},
      {"http://a:8a/"sv, fails},
      {"http://a:-1/"sv, fails},
      {"http://a:+1/"sv, fails},
      {"http://a: 1/"sv, fails},
      {"http://a:1 /"sv, fails},
      {"http://a:1:2/"sv, fails},
      {"http://a:8\t0/"sv, "http://a/"sv},
      {"http://a:\331\241/"sv, fails},
      {"http://:80/"sv, fails},
      {"foo://:80/"sv, fails},
      {"http://a:80?x"sv, "http://a/?x"sv},
      {"http://a:81#x"sv, "http://a:81/#x"sv},
      {"http://a:81\\x"sv, "http://a:81/x"sv},
      {"foo://a:81\\x"sv, fails},
  });
}

TEST(url_parse, credentials_end_at_the_last_at_sign) {
  check_urls({
      {"http://u@a"sv, "http://u@a/"sv},
      {"http://u:p@a"sv, "http://u:p@a/"sv},
      {"http://u:@a"sv, "http://u@a/"sv},
      {"http://:p@a"sv, "http://:p@a/"sv},
      {"http://:@a"sv, "http://a/"sv},
      {"http://@a"sv, "http://a/"sv},
      {"http://u:p:q@a"sv, "http://u:p%3Aq@a/"sv},
      {"http://u@v@a"sv, "http://u%40v@a/"sv},
      {"http://u:p@q@a"sv, "http://u:p%40q@a/"sv},
      {"http://@@a"sv, "http://%40@a/"sv},
      {"http://u@"sv, fails},
      {"http://u:p@"sv, fails},
      {"http://@"sv, fails},
      {"http://u@/x"sv, fails},
      {"http://u@:80/"sv, fails},
      {"http://a/u@b"sv, "http://a/u@b"sv},
      {"http://a?u@b"sv, "http://a/?u@b"sv},
      {"http://a#u@b"sv, "http://a/#u@b"sv},
      {"http:u:p@a"sv, "http://u:p@a/"sv},
      {"foo://u:p@a/b"sv, "foo://u:p@a/b"sv},
      {"foo://u@"sv, fails},
      {"foo://u@/a"sv, fails},
      {"foo://@a"sv, "foo://a"sv},
      {"http://u\\@a/"sv, "http://u/@a/"sv},
      {"foo://u\\@a/"sv, "foo://u%5C@a/"sv},
  });
}

TEST(url_parse, credentials_are_percent_encoded) {
  check_urls({
      {"http://a b:c d@h"sv, "http://a%20b:c%20d@h/"sv},
      {"http://é:日@h"sv, "http://%C3%A9:%E6%97%A5@h/"sv},
      {"http://%41:%zz@h"sv, "http://%41:%zz@h/"sv},
      {"http://\"#@h"sv, "http://\"/#@h"sv},
      {"http://[]|^`{}<>;=@h"sv, "http://%5B%5D%7C%5E%60%7B%7D%3C%3E%3B%3D@h/"sv},
      {"http://!$&'()*+,-._~@h"sv, "http://!$&'()*+,-._~@h/"sv},
      {"http://a/b@h"sv, "http://a/b@h"sv},
      {"http://\177:\001@h"sv, "http://%7F:%01@h/"sv},
  });
}

TEST(url_parse, spaces_and_controls_around_are_trimmed_and_tabs_and_newlines_removed) {
  check_urls({
      {" http://a "sv, "http://a/"sv},
      {"\000\037 http://a\000\037 "sv, "http://a/"sv},
      {"\177http://a"sv, fails},
      {"\302\240http://a"sv, fails},
      {"http://a/b\302\240"sv, "http://a/b%C2%A0"sv},
      {"ht\ntp://a"sv, "http://a/"sv},
      {"http:\t//a"sv, "http://a/"sv},
      {"http:/\n/\ra"sv, "http://a/"sv},
      {"http://a\t.b/c\nd?e\rf#g\th"sv, "http://a.b/cd?ef#gh"sv},
      {"\t\n\r"sv, fails},
      {"http://a/ b"sv, "http://a/%20b"sv},
      {"http://a/b ?c #d"sv, "http://a/b%20?c%20#d"sv},
      {"foo:a \n"sv, "foo:a"sv},
  });
}

TEST(url_parse, dot_segments_are_resolved) {
  check_urls({
      {"http://a/."sv, "http://a/"sv},
      {"http://a/.."sv, "http://a/"sv},
      {"http://a/./"sv, "http://a/"sv},
      {"http://a/../"sv, "http://a/"sv},
      {"http://a/b/."sv, "http://a/b/"sv},
      {"http://a/b/.."sv, "http://a/"sv},
      {"http://a/b/../"sv, "http://a/"sv},
      {"http://a/b/./c"sv, "http://a/b/c"sv},
      {"http://a/b/../c"sv, "http://a/c"sv},
      {"http://a/b/c/../../d"sv, "http://a/d"sv},
      {"http://a/b/../../../c"sv, "http://a/c"sv},
      {"http://a/b//../c"sv, "http://a/b/c"sv},
      {"http://a//"sv, "http://a//"sv},
      {"http://a//.."sv, "http://a/"sv},
      {"http://a/.b"sv, "http://a/.b"sv},
      {"http://a/..b"sv, "http://a/..b"sv},
      {"http://a/b."sv, "http://a/b."sv},
      {"http://a/b.."sv, "http://a/b.."sv},
      {"http://a/..."sv, "http://a/..."sv},
      {"http://a/b\\..\\c"sv, "http://a/c"sv},
      {"foo://a/b/.."sv, "foo://a/"sv},
      {"foo://a/.."sv, "foo://a/"sv},
      {"foo:/a/../b"sv, "foo:/b"sv},
      {"foo:/.."sv, "foo:/"sv},
      {"foo:/."sv, "foo:/"sv},
      {"foo:a/../b"sv, "foo:a/../b"sv},
      {"foo:/a\\..\\b"sv, "foo:/a\\..\\b"sv},
      {"http://a/?/../b"sv, "http://a/?/../b"sv},
      {"http://a/#/../b"sv, "http://a/#/../b"sv},
      {"http://a/.b/./c"sv, "http://a/.b/c"sv},
      {"http://a/.b/.."sv, "http://a/"sv},
      {"http://a/b/.c/../d"sv, "http://a/b/d"sv},
  });
}

TEST(url_parse, encoded_dots_are_dots) {
  check_urls({
      {"http://a/%2e"sv, "http://a/"sv},
      {"http://a/%2E/b"sv, "http://a/b"sv},
      {"http://a/b/%2e%2e"sv, "http://a/"sv},
      {"http://a/b/%2E%2e/c"sv, "http://a/c"sv},
      {"http://a/b/.%2e/c"sv, "http://a/c"sv},
      {"http://a/b/%2e./c"sv, "http://a/c"sv},
      {"http://a/b/.%2E"sv, "http://a/"sv},
      {"http://a/%2e%2e%2e"sv, "http://a/%2e%2e%2e"sv},
      {"http://a/%2eb"sv, "http://a/%2eb"sv},
      {"http://a/b%2e"sv, "http://a/b%2e"sv},
      {"http://a/%252e"sv, "http://a/%252e"sv},
      {"http://a/%2"sv, "http://a/%2"sv},
      {"http://a/%2f.."sv, "http://a/%2f.."sv},
      {"foo:%2e%2e/a"sv, "foo:%2e%2e/a"sv},
      {"foo:/b/%2e%2e/a"sv, "foo:/a"sv},
  });
}

TEST(url_parse, paths_are_percent_encoded) {
  check_urls({
      {"http://a/ "sv, "http://a/"sv},
      {"http://a/b c"sv, "http://a/b%20c"sv},
      {"http://a/\"<>`{}"sv, "http://a/%22%3C%3E%60%7B%7D"sv},
      {"http://a/é"sv, "http://a/%C3%A9"sv},
      {"http://a/😀"sv, "http://a/%F0%9F%98%80"sv},
      {"http://a/\000b"sv, "http://a/%00b"sv},
      {"http://a/\001\037\177"sv, "http://a/%01%1F%7F"sv},
      {"http://a/!$&'()*+,-.:;=@[]_|~"sv, "http://a/!$&'()*+,-.:;=@[]_|~"sv},
      {"http://a/%"sv, "http://a/%"sv},
      {"http://a/%zz"sv, "http://a/%zz"sv},
      {"http://a/%4"sv, "http://a/%4"sv},
      {"http://a/%41%c3%a9%C3"sv, "http://a/%41%c3%a9%C3"sv},
      {"foo://a/ \"<>`{}"sv, "foo://a/%20%22%3C%3E%60%7B%7D"sv},
      {"foo:/é"sv, "foo:/%C3%A9"sv},
  });
}

TEST(url_parse, caret_is_encoded_in_paths) {
  check_urls({
      {"http://a/^"sv, "http://a/%5E"sv},
      {"http://a/b^c d"sv, "http://a/b%5Ec%20d"sv},
      {"foo:/^"sv, "foo:/%5E"sv},
      {"foo:^"sv, "foo:^"sv},
      {"http://a/?^"sv, "http://a/?^"sv},
      {"http://a/#^"sv, "http://a/#^"sv},
  });
}

TEST(url_parse, queries_are_percent_encoded_more_in_special_urls) {
  check_urls({
      {"http://a?"sv, "http://a/?"sv},
      {"http://a/?b"sv, "http://a/?b"sv},
      {"http://a/?b?c"sv, "http://a/?b?c"sv},
      {"http://a/? \"<>\000\177"sv, "http://a/?%20%22%3C%3E%00%7F"sv},
      {"http://a/?'"sv, "http://a/?%27"sv},
      {"foo:/?'"sv, "foo:/?'"sv},
      {"foo://a?'"sv, "foo://a?'"sv},
      {"http://a/?`{}|^\\[]"sv, "http://a/?`{}|^\\[]"sv},
      {"http://a/?é日"sv, "http://a/?%C3%A9%E6%97%A5"sv},
      {"http://a/?%zz%41"sv, "http://a/?%zz%41"sv},
      {"http://a/?a=b&c=d"sv, "http://a/?a=b&c=d"sv},
      {"http://a/?/../.."sv, "http://a/?/../.."sv},
  });
}

TEST(url_parse, fragments_are_percent_encoded) {
  check_urls({
      {"http://a#"sv, "http://a/#"sv},
      {"http://a/#b"sv, "http://a/#b"sv},
      {"http://a/#b#c"sv, "http://a/#b#c"sv},
      {"http://a/#?"sv, "http://a/#?"sv},
      {"http://a/# \"<>`"sv, "http://a/#%20%22%3C%3E%60"sv},
      {"http://a/#{}|^\\[]'"sv, "http://a/#{}|^\\[]'"sv},
      {"http://a/#\000\001\177"sv, "http://a/#%00%01%7F"sv},
      {"http://a/#é"sv, "http://a/#%C3%A9"sv},
      {"http://a/#%zz"sv, "http://a/#%zz"sv},
      {"foo:#a b"sv, "foo:#a%20b"sv},
      {"foo:a?b#c"sv, "foo:a?b#c"sv},
  });
}

TEST(url_parse, opaque_paths_stay_as_they_are) {
  check_urls({
      {"mailto:x@y.org"sv, "mailto:x@y.org"sv},
      {"data:text/plain,a b<c>"sv, "data:text/plain,a b<c>"sv},
      {"javascript:alert(\"x\")"sv, "javascript:alert(\"x\")"sv},
      {"foo:a/../b"sv, "foo:a/../b"sv},
      {"foo:a\\b"sv, "foo:a\\b"sv},
      {"foo:é\001"sv, "foo:%C3%A9"sv},
      {"about:blank"sv, "about:blank"sv},
      {"data:,"sv, "data:,"sv},
      {"blob:https://a/b"sv, "blob:https://a/b"sv},
      {"foo: a"sv, "foo: a"sv},
      {"urn:a:b"sv, "urn:a:b"sv},
      {"tel:+1-2"sv, "tel:+1-2"sv},
      {"foo:a b"sv, "foo:a b"sv},
      {"foo:%zz"sv, "foo:%zz"sv},
      {"foo:\177"sv, "foo:%7F"sv},
  });
}

TEST(url_parse, space_before_query_of_opaque_path_is_encoded) {
  check_urls({
      {"foo:a ?b"sv, "foo:a%20?b"sv},
      {"foo:a  ?b"sv, "foo:a %20?b"sv},
      {"foo:a #b"sv, "foo:a%20#b"sv},
      {"foo:a  #b"sv, "foo:a %20#b"sv},
      {"foo:a "sv, "foo:a"sv},
      {"foo: ?b"sv, "foo:%20?b"sv},
      {"foo:a b?c"sv, "foo:a b?c"sv},
  });
}

TEST(url_parse, path_without_host_never_looks_like_a_host) {
  check_urls({
      {"foo:/.//a"sv, "foo:/.//a"sv},
      {"foo:/..//a"sv, "foo:/.//a"sv},
      {"foo:/a/..//b"sv, "foo:/.//b"sv},
      {"foo:/.//"sv, "foo:/.//"sv},
      {"foo:///a"sv, "foo:///a"sv},
      {"foo:/.//a?b#c"sv, "foo:/.//a?b#c"sv},
      {"foo://h//a"sv, "foo://h//a"sv},
      {"foo:/././/a"sv, "foo:/.//a"sv},
  });
}

TEST(url_parse, file_urls_have_a_host_that_may_be_empty) {
  check_urls({
      {"file:"sv, "file:///"sv},
      {"file:/"sv, "file:///"sv},
      {"file://"sv, "file:///"sv},
      {"file:///"sv, "file:///"sv},
      {"file:////"sv, "file:////"sv},
      {"file:a"sv, "file:///a"sv},
      {"file:/a"sv, "file:///a"sv},
      {"file:///a"sv, "file:///a"sv},
      {"file:////a"sv, "file:////a"sv},
      {"file://h/a"sv, "file://h/a"sv},
      {"file://h"sv, "file://h/"sv},
      {"file://H/a"sv, "file://h/a"sv},
      {"file://localhost/a"sv, "file:///a"sv},
      {"file://LOCALHOST"sv, "file:///"sv},
      {"file://loc%61lhost/a"sv, "file:///a"sv},
      {"file:\\a"sv, "file:///a"sv},
      {"file:\\\\h\\a"sv, "file://h/a"sv},
      {"file:?a"sv, "file:///?a"sv},
      {"file:#a"sv, "file:///#a"sv},
      {"file://?a"sv, "file:///?a"sv},
      {"file://#a"sv, "file:///#a"sv},
      {"file://h?a"sv, "file://h/?a"sv},
      {"file://u@h/"sv, fails},
      {"file://h:80/"sv, fails},
      {"file://1.2/"sv, "file://1.0.0.2/"sv},
      {"file://[::1]/a"sv, "file://[::1]/a"sv},
      {"file://%/"sv, fails},
      {"file:/../a"sv, "file:///a"sv},
      {"file://h/../a"sv, "file://h/a"sv},
  });
}

TEST(url_parse, windows_drive_letters_are_kept) {
  check_urls({
      {"file:c:"sv, "file:///c:"sv},
      {"file:C|"sv, "file:///C:"sv},
      {"file:/C|/a"sv, "file:///C:/a"sv},
      {"file:///C|/a"sv, "file:///C:/a"sv},
      {"file:///c:/a/../b"sv, "file:///c:/b"sv},
      {"file:///C:/.."sv, "file:///C:/"sv},
      {"file:///C:/../.."sv, "file:///C:/"sv},
      {"file:C|a"sv, "file:///C|a"sv},
      {"file:///C|a/b"sv, "file:///C|a/b"sv},
      {"file://C:/a"sv, "file:///C:/a"sv},
      {"file://C|/a"sv, "file:///C:/a"sv},
      {"file://c:"sv, "file:///c:"sv},
      {"file:///a/C|/b"sv, "file:///a/C|/b"sv},
      {"file:///C:a/.."sv, "file:///"sv},
      {"file:///C:"sv, "file:///C:"sv},
      {"file://h/C|/.."sv, "file://h/C:/"sv},
      {"file:\\C|\\a"sv, "file:///C:/a"sv},
      {"http://a/C|/b"sv, "http://a/C|/b"sv},
      {"foo:/C|/b"sv, "foo:/C|/b"sv},
      {"file:///C|?a"sv, "file:///C:?a"sv},
      {"file:///C|#a"sv, "file:///C:#a"sv},
  });
}

}  // namespace url_parse_test
