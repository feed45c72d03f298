#include <bight/http/url.hpp>

#include <gtest/gtest.h>
#include <bight/http/error.hpp>

#include <initializer_list>
#include <string_view>

#include "support/url_rows.hpp"

namespace url_host_test {

namespace http = bight::http;
using bight::test::check_urls;
using bight::test::fails;
using std::string_view_literals::operator""sv;

TEST(url_host, domains_are_lower_case_ascii) {
  check_urls({
      {"http://EXAMPLE.Com"sv, "http://example.com/"sv},
      {"http://a.B.c/"sv, "http://a.b.c/"sv},
      {"http://a_b.c/"sv, "http://a_b.c/"sv},
      {"http://-a-.-b/"sv, "http://-a-.-b/"sv},
      {"http://a..b/"sv, "http://a..b/"sv},
      {"http://.a/"sv, "http://.a/"sv},
      {"http://a./"sv, "http://a./"sv},
      {"http://./"sv, "http://./"sv},
      {"http://../"sv, "http://../"sv},
      {"http://aa--bb.c/"sv, "http://aa--bb.c/"sv},
      {"http://!$&'()*+,;=~\"`{}/"sv, "http://!$&'()*+,;=~\"`{}/"sv},
      {"http://%41%2eb/"sv, "http://a.b/"sv},
      {"http://%61/"sv, "http://a/"sv},
      {"http://%2E/"sv, "http://./"sv},
  });
}

TEST(url_host, forbidden_code_points_in_domains_fail) {
  check_urls({
      {"http://a b/"sv, fails},    {"http://a<b/"sv, fails},    {"http://a>b/"sv, fails},
      {"http://a^b/"sv, fails},    {"http://a|b/"sv, fails},    {"http://a%b/"sv, fails},
      {"http://a%25b/"sv, fails},  {"http://a%00b/"sv, fails},  {"http://a\000b/"sv, fails},
      {"http://a\001b/"sv, fails}, {"http://a\177b/"sv, fails}, {"http://a%7Fb/"sv, fails},
      {"http://a%20b/"sv, fails},  {"http://a%2fb/"sv, fails},  {"http://a%3ab/"sv, fails},
      {"http://a%40b/"sv, fails},  {"http://a%5Cb/"sv, fails},  {"http://a%5bb/"sv, fails},
      {"http://a[b/"sv, fails},    {"http://a]b/"sv, fails},    {"http://%zz/"sv, fails},
      {"http://%/"sv, fails},      {"http://"sv, fails},        {"https://#a"sv, fails},
      {"http://a%23b"sv, fails},   {"http://a%3fb"sv, fails},
  });
}

TEST(url_host, ipv4_is_recognised_in_every_spelling) {
  check_urls({
      {"http://1.2.3.4"sv, "http://1.2.3.4/"sv},
      {"http://1.2.3"sv, "http://1.2.0.3/"sv},
      {"http://1.2"sv, "http://1.0.0.2/"sv},
      {"http://1"sv, "http://0.0.0.1/"sv},
      {"http://0"sv, "http://0.0.0.0/"sv},
      {"http://1.2.3.4."sv, "http://1.2.3.4/"sv},
      {"http://01.02.03.04"sv, "http://1.2.3.4/"sv},
      {"http://0x7f.1"sv, "http://127.0.0.1/"sv},
      {"http://0X7F.0x1"sv, "http://127.0.0.1/"sv},
      {"http://0177.0.0.1"sv, "http://127.0.0.1/"sv},
      {"http://2130706433"sv, "http://127.0.0.1/"sv},
      {"http://0x7f000001"sv, "http://127.0.0.1/"sv},
      {"http://017700000001"sv, "http://127.0.0.1/"sv},
      {"http://4294967295"sv, "http://255.255.255.255/"sv},
      {"http://0xffffffff"sv, "http://255.255.255.255/"sv},
      {"http://1.0xffffff"sv, "http://1.255.255.255/"sv},
      {"http://1.2.65535"sv, "http://1.2.255.255/"sv},
      {"http://255.255.255.255"sv, "http://255.255.255.255/"sv},
      {"http://0x.0x.0"sv, "http://0.0.0.0/"sv},
      {"http://00000000000000000001"sv, "http://0.0.0.1/"sv},
      {"http://0x000000000000000000001"sv, "http://0.0.0.1/"sv},
      {"http://%31.%32"sv, "http://1.0.0.2/"sv},
      {"http://192.168.257"sv, "http://192.168.1.1/"sv},
      {"http://1.2.3."sv, "http://1.2.0.3/"sv},
  });
}

TEST(url_host, numbers_that_are_no_ipv4_fail) {
  check_urls({
      {"http://256.1.1.1"sv, fails},
      {"http://1.256.1.1"sv, fails},
      {"http://1.2.3.256"sv, fails},
      {"http://1.2.65536"sv, fails},
      {"http://1.16777216"sv, fails},
      {"http://4294967296"sv, fails},
      {"http://0x100000000"sv, fails},
      {"http://1.2.3.4.5"sv, fails},
      {"http://1..2"sv, fails},
      {"http://.1"sv, fails},
      {"http://08"sv, fails},
      {"http://1.09"sv, fails},
      {"http://a.1"sv, fails},
      {"http://a.0x1"sv, fails},
      {"http://a.09"sv, fails},
      {"http://a.0x"sv, fails},
      {"http://1.2.3.08"sv, fails},
      {"http://99999999999999999999"sv, fails},
      {"http://1.2.3.99999999999999999999"sv, fails},
      {"http://foo.0x4."sv, fails},
  });
}

TEST(url_host, names_with_digits_that_do_not_end_in_a_number_are_domains) {
  check_urls({
      {"http://1.2.3.."sv, "http://1.2.3../"sv},
      {"http://0xg"sv, "http://0xg/"sv},
      {"http://a.0xg"sv, "http://a.0xg/"sv},
      {"http://a.1a"sv, "http://a.1a/"sv},
      {"http://0x1.2.3.4x"sv, "http://0x1.2.3.4x/"sv},
      {"http://-1"sv, "http://-1/"sv},
      {"http://1e2"sv, "http://1e2/"sv},
      {"http://256.com"sv, "http://256.com/"sv},
      {"http://1.2.3.4x"sv, "http://1.2.3.4x/"sv},
      {"http://a1.2x"sv, "http://a1.2x/"sv},
      {"http://1.a"sv, "http://1.a/"sv},
      {"http://1_2"sv, "http://1_2/"sv},
  });
}

TEST(url_host, ipv6_is_compressed) {
  check_urls({
      {"http://[::]"sv, "http://[::]/"sv},
      {"http://[::1]/"sv, "http://[::1]/"sv},
      {"http://[1::]"sv, "http://[1::]/"sv},
      {"http://[0:0:0:0:0:0:0:0]"sv, "http://[::]/"sv},
      {"http://[1:2:3:4:5:6:7:8]"sv, "http://[1:2:3:4:5:6:7:8]/"sv},
      {"http://[0001:0020:0300:4000::]"sv, "http://[1:20:300:4000::]/"sv},
      {"http://[FE80::ABCD]"sv, "http://[fe80::abcd]/"sv},
      {"http://[1:0:0:2:0:0:0:3]"sv, "http://[1:0:0:2::3]/"sv},
      {"http://[1:0:0:2:0:0:3:4]"sv, "http://[1::2:0:0:3:4]/"sv},
      {"http://[0:0:1:0:0:0:0:1]"sv, "http://[0:0:1::1]/"sv},
      {"http://[1:0:2:3:4:5:6:7]"sv, "http://[1:0:2:3:4:5:6:7]/"sv},
      {"http://[0:1:0:1:0:1:0:1]"sv, "http://[0:1:0:1:0:1:0:1]/"sv},
      {"http://[1::8]"sv, "http://[1::8]/"sv},
      {"http://[1:2:3:4:5:6:7::]"sv, "http://[1:2:3:4:5:6:7:0]/"sv},
      {"http://[::2:3:4:5:6:7:8]"sv, "http://[0:2:3:4:5:6:7:8]/"sv},
      {"http://[1:2:3::5:6:7:8]"sv, "http://[1:2:3:0:5:6:7:8]/"sv},
      {"http://[0:0:0:1:0:0:0:0]"sv, "http://[0:0:0:1::]/"sv},
      {"http://[::1]:80/"sv, "http://[::1]/"sv},
      {"http://[::1]:81/"sv, "http://[::1]:81/"sv},
      {"foo://[::1]:80/"sv, "foo://[::1]:80/"sv},
      {"http://u@[::1]"sv, "http://u@[::1]/"sv},
  });
}

TEST(url_host, ipv6_may_end_in_ipv4) {
  check_urls({
      {"http://[::1.2.3.4]"sv, "http://[::102:304]/"sv},
      {"http://[::ffff:192.168.0.1]"sv, "http://[::ffff:c0a8:1]/"sv},
      {"http://[1:2:3:4:5:6:1.2.3.4]"sv, "http://[1:2:3:4:5:6:102:304]/"sv},
      {"http://[::255.255.255.255]"sv, "http://[::ffff:ffff]/"sv},
      {"http://[1::2:0.0.0.0]"sv, "http://[1::2:0:0]/"sv},
      {"http://[::1.2.3]"sv, fails},
      {"http://[::1.2.3.4.5]"sv, fails},
      {"http://[::1.2.3.256]"sv, fails},
      {"http://[::01.2.3.4]"sv, fails},
      {"http://[::1.2.3.04]"sv, fails},
      {"http://[1:2:3:4:5:6:7:1.2.3.4]"sv, fails},
      {"http://[1.2.3.4]"sv, fails},
      {"http://[::1.2.3.4:5]"sv, fails},
      {"http://[::.2.3.4]"sv, fails},
      {"http://[::1..3.4]"sv, fails},
      {"http://[::1.2.3.]"sv, fails},
      {"http://[::a.2.3.4]"sv, fails},
      {"http://[::1.2.3.4]:81"sv, "http://[::102:304]:81/"sv},
  });
}

TEST(url_host, malformed_ipv6_fails) {
  check_urls({
      {"http://[]"sv, fails},
      {"http://["sv, fails},
      {"http://[::1"sv, fails},
      {"http://::1]"sv, fails},
      {"http://[::1]a"sv, fails},
      {"http://a[::1]"sv, fails},
      {"http://[:]"sv, fails},
      {"http://[:1]"sv, fails},
      {"http://[1:]"sv, fails},
      {"http://[:::]"sv, fails},
      {"http://[1:::2]"sv, fails},
      {"http://[1::2::3]"sv, fails},
      {"http://[1:2:3:4:5:6:7]"sv, fails},
      {"http://[1:2:3:4:5:6:7:8:9]"sv, fails},
      {"http://[1:2:3:4:5:6:7::8]"sv, fails},
      {"http://[::1:2:3:4:5:6:7:8]"sv, fails},
      {"http://[12345::]"sv, fails},
      {"http://[g::]"sv, fails},
      {"http://[::1%25eth0]"sv, fails},
      {"http://[::1%eth0]"sv, fails},
      {"http://[ ::1]"sv, fails},
      {"http://[::1 ]"sv, fails},
      {"http://[%3a%3a1]"sv, fails},
      {"foo://[::g]"sv, fails},
      {"foo://["sv, fails},
      {"http://[1:2:3:4:5:6:7:]"sv, fails},
  });
}

TEST(url_host, international_names_become_punycode) {
  check_urls({
      {"http://bücher.example"sv, "http://xn--bcher-kva.example/"sv},
      {"http://BÜCHER.example"sv, "http://xn--bcher-kva.example/"sv},
      {"http://faß.de"sv, "http://xn--fa-hia.de/"sv},
      {"http://i❤.ws"sv, "http://xn--i-7iq.ws/"sv},
      {"http://☃.net"sv, "http://xn--n3h.net/"sv},
      {"http://%e2%98%83.net"sv, "http://xn--n3h.net/"sv},
      {"http://日本語.jp"sv, "http://xn--wgv71a119e.jp/"sv},
      {"http://日本。jp"sv, "http://xn--wgv71a.jp/"sv},
      {"http://ａ．ｂ"sv, "http://a.b/"sv},
      {"http://ＡＢ"sv, "http://ab/"sv},
      {"http://😀.com"sv, "http://xn--e28h.com/"sv},
      {"http://ℂᵃⁿ.ca"sv, "http://can.ca/"sv},
      {"http://a\302\255b"sv, "http://ab/"sv},
      {"http://K.com"sv, "http://k.com/"sv},
      {"http://㎮"sv, "http://xn--rads-id9a/"sv},
      {"http://ﬁ.com"sv, "http://fi.com/"sv},
      {"http://\327\220.com"sv, "http://xn--4db.com/"sv},
      {"http://ς"sv, "http://xn--3xa/"sv},
      {"http://e\314\201.x"sv, "http://xn--9ca.x/"sv},
      {"http://ẞ"sv, "http://xn--zca/"sv},
      {"http://STRAẞE.de"sv, "http://xn--strae-oqa.de/"sv},
      {"http://क्\342\200\215"sv, "http://xn--11b6iy14e/"sv},
  });
}

TEST(url_host, international_digits_become_ipv4) {
  check_urls({
      {"http://１２７.０.０.１"sv, "http://127.0.0.1/"sv},
      {"http://０x7f.1"sv, "http://127.0.0.1/"sv},
      {"http://①②"sv, "http://0.0.0.12/"sv},
      {"http://1。２"sv, "http://1.0.0.2/"sv},
  });
}

TEST(url_host, names_that_uts46_forbids_fail) {
  check_urls({
      {"http://\302\255"sv, fails},
      {"http://a\357\277\275b"sv, fails},
      {"http://%ff"sv, fails},
      {"http://%c3"sv, fails},
      {"http://\314\201a"sv, fails},
      {"http://a\342\200\215b"sv, fails},
      {"http://a\342\200\214b"sv, fails},
      {"http://\327\220a"sv, fails},
      {"http://⒈com"sv, fails},
      {"http://％００"sv, fails},
      {"http://a／b"sv, fails},
      {"http://a［b"sv, fails},
      {"http://\342\200\200"sv, fails},
      {"http://😀\357\267\220"sv, fails},
      {"http://a\302\240b"sv, fails},
  });
}

TEST(url_host, names_that_break_the_bidi_rule_fail) {
  check_urls({
      {"http://1\327\220.com"sv, fails},
      {"http://a.\331\241"sv, fails},
      {"http://\331\241\331\242"sv, fails},
      {"http://\327\220.com~"sv, fails},
      {"http://a\327\220.com"sv, fails},
      {"http://\327\220a\327\221.com"sv, fails},
  });
}

TEST(url_host, names_that_keep_the_bidi_rule_pass) {
  check_urls({
      {"http://\327\220.com"sv, "http://xn--4db.com/"sv},
      {"http://\327\220\331\241.com"sv, "http://xn--4db40a.com/"sv},
      {"http://\327\2201.a"sv, "http://xn--1-zhc.a/"sv},
      {"http://a.\327\220"sv, "http://a.xn--4db/"sv},
  });
}

// In ASCII hosts they are lower-cased and not decoded, whatever they stand for.
TEST(url_host, punycode_labels_of_ascii_hosts_are_not_looked_into) {
  check_urls({
      {"http://xn--ls8h.la"sv, "http://xn--ls8h.la/"sv},
      {"http://XN--LS8H.LA"sv, "http://xn--ls8h.la/"sv},
      {"http://xn--zca.de"sv, "http://xn--zca.de/"sv},
      {"http://xn--bcher-kva.example"sv, "http://xn--bcher-kva.example/"sv},
      {"http://a.xn--n3h"sv, "http://a.xn--n3h/"sv},
      {"http://xn--"sv, "http://xn--/"sv},
      {"http://xn--.x"sv, "http://xn--.x/"sv},
      {"http://xn--zzzzzzzzzz"sv, "http://xn--zzzzzzzzzz/"sv},
      {"http://XN--A-.b"sv, "http://xn--a-.b/"sv},
      {"http://xn--abc-"sv, "http://xn--abc-/"sv},
      {"http://XN--4DB.com"sv, "http://xn--4db.com/"sv},
      {"http://xn--a"sv, "http://xn--a/"sv},
      {"http://a.Xn--pokxncvks.b:81/c"sv, "http://a.xn--pokxncvks.b:81/c"sv},
      {"http://xn--8i7caa"sv, "http://xn--8i7caa/"sv},  // full-width letters
      {"http://xn--0ca24w"sv, "http://xn--0ca24w/"sv},  // breaks the bidi rule
      {"http://2.xn--mgbb"sv, "http://2.xn--mgbb/"sv},  // so does this
      {"http://%78n--%41"sv, "http://xn--a/"sv},        // ASCII once it is decoded
      {"https://xn--_"sv, "https://xn--_/"sv},
      {"http://r3---sn-x.googlevideo.com"sv, "http://r3---sn-x.googlevideo.com/"sv},
      {"http://ab--cd.com"sv, "http://ab--cd.com/"sv},
      {"http://xn-a"sv, "http://xn-a/"sv},
      {"http://x.xn-"sv, "http://x.xn-/"sv},
      {"http://axn--n3h.x"sv, "http://axn--n3h.x/"sv},
  });
}

TEST(url_host, ascii_hosts_with_punycode_are_checked_like_others) {
  check_urls({
      {"http://xn--a^b"sv, fails},
      {"http://xn--a%00"sv, fails},
      {"http://xn--a%20b"sv, fails},
      {"http://xn--a%25"sv, fails},
      {"http://xn--%7f"sv, fails},
      {"http://xn--%ff"sv, fails},
      {"http://xn--a.1"sv, fails},
      {"http://xn--.0x"sv, fails},
      {"http://xn--.1.2.3.4"sv, fails},
      {"http://1.xn--a"sv, "http://1.xn--a/"sv},
      {"http://XN--A%2e"sv, "http://xn--a./"sv},
  });
}

TEST(url_host, punycode_labels_beside_others_are_checked) {
  check_urls({
      {"http://é.xn--n3h"sv, "http://xn--9ca.xn--n3h/"sv},
      {"http://é.xn--"sv, fails},
      {"http://é.xn--abc-"sv, fails},
      {"http://é.xn--a"sv, fails},
      {"http://xn--é"sv, fails},
      {"http://xn--a-é"sv, fails},
  });
}

TEST(url_host, hosts_of_other_schemes_are_opaque) {
  check_urls({
      {"foo://EXAMPLE.Com"sv, "foo://EXAMPLE.Com"sv},
      {"foo://1.2"sv, "foo://1.2"sv},
      {"foo://0x7f"sv, "foo://0x7f"sv},
      {"foo://a_b"sv, "foo://a_b"sv},
      {"foo://é"sv, "foo://%C3%A9"sv},
      {"foo://%41%zz"sv, "foo://%41%zz"sv},
      {"foo://a%00b"sv, "foo://a%00b"sv},
      {"foo://a\001b"sv, "foo://a%01b"sv},
      {"foo://a b"sv, fails},
      {"foo://a<b"sv, fails},
      {"foo://a^b"sv, fails},
      {"foo://a|b"sv, fails},
      {"foo://a[b"sv, fails},
      {"foo://a\000b"sv, fails},
      {"foo://a%b"sv, "foo://a%b"sv},
      {"foo://!\"$&'()*+,-.;=_`{}~"sv, "foo://!\"$&'()*+,-.;=_`{}~"sv},
      {"foo://xn--"sv, "foo://xn--"sv},
      {"foo://a\302\255b"sv, "foo://a%C2%ADb"sv},
      {"foo://\357\277\275"sv, "foo://%EF%BF%BD"sv},
  });
}

}  // namespace url_host_test
