#include "http/h1/request_parser.hpp"

#include <gtest/gtest.h>

#include <string>

#include "transcript.hpp"

namespace bight::http::h1::request_parser_test {

using namespace std::string_literals;

transcript parse(std::string_view input, const limits& bounds = server_limits, bool close = false) {
  return record_all_splits(input, close, [&] { return request_parser(bounds); });
}
errc code(std::string_view input) { return parse(input).code; }
int suggested(std::string_view input, const limits& bounds = server_limits) {
  request_parser parser(bounds);
  std::size_t used = 0;
  while (true) {
    const step result = parser.feed(input.substr(used));
    used += result.consumed;
    if (result.what == event::error) return parser.error_status().code();
    if (result.what == event::end || result.what == event::need_more) return 0;
  }
}

const std::string host = "Host: a\r\n";
const std::string get = "GET / HTTP/1.1\r\n" + host;
const std::string post = "POST / HTTP/1.1\r\n" + host;
const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";

TEST(h1_request, get_without_body) {
  const transcript t = parse("GET /a?b=c HTTP/1.1\r\nHost: example.com:80\r\nAccept: */*\r\n\r\n");
  EXPECT_EQ(t.head, "GET|/a?b=c|/a?b=c|example.com:80|1.1|f0|keep;");
  EXPECT_EQ(t.fields, "[Host=example.com:80][Accept=*/*]");
  EXPECT_EQ(t.end, "end");
}

TEST(h1_request, post_with_length_and_pipelined_request_untouched) {
  const std::string message = post + "Content-Length: 3\r\n\r\nabc";
  const transcript t = parse(message + "GET / HTTP/1.1\r\n");
  EXPECT_EQ(t.body, "abc");
  EXPECT_EQ(t.used, message.size());
}

TEST(h1_request, chunked_body_and_trailers_in_their_own_container) {
  const transcript t = parse(chunked + "3;x=\"y\"\r\nabc\r\n0\r\nHost: evil\r\nX: y\r\n\r\n");
  EXPECT_EQ(t.body, "abc");
  EXPECT_EQ(t.trailers, "[Host=evil][X=y]");
  EXPECT_EQ(t.fields, "[Host=a][Transfer-Encoding=chunked]");
}

TEST(h1_request, extension_methods) {
  EXPECT_EQ(parse("PURGE /x HTTP/1.1\r\n" + host + "\r\n").head, "PURGE|/x|/x|a|1.1|f0|keep;");
  EXPECT_EQ(code("get / HTTP/1.1\r\n" + host + "\r\n"), errc{}) << "methods are case-sensitive tokens";
}

TEST(h1_request, one_empty_line_before_the_request_is_passed_over) {
  EXPECT_EQ(parse("\r\n" + get + "\r\n").end, "end");
  EXPECT_EQ(code("\r\n\r\n" + get + "\r\n"), errc::malformed_start_line);
  EXPECT_EQ(code("\n" + get + "\r\n"), errc::malformed_start_line);
}

TEST(h1_request, keep_alive_upgrade_and_expectation) {
  EXPECT_EQ(parse(get + "Connection: close\r\n\r\n").head, "GET|/|/|a|1.1|f0|close;");
  EXPECT_EQ(parse("GET / HTTP/1.0\r\n\r\n").head, "GET|/|/||1.0|f0|close;");
  EXPECT_EQ(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").head, "GET|/|/||1.0|f0|keep;");
  EXPECT_EQ(parse(get + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n").head,
            "GET|/|/|a|1.1|f0|keep|upgrade;");
  EXPECT_EQ(parse(post + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx").head,
            "POST|/|/|a|1.1|f1|keep|expects;");
  EXPECT_EQ(parse(post + "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n").head,
            "POST|/|/|a|1.1|f0|keep;");
}

TEST(h1_request, minor_versions_above_one_are_read_as_1_1) {
  EXPECT_EQ(parse("GET / HTTP/1.9\r\n" + host + "\r\n").head, "GET|/|/|a|1.1|f0|keep;");
}

TEST(h1_request, end_of_connection_between_and_within_requests) {
  EXPECT_EQ(parse("", server_limits, true).end, "end");
  EXPECT_EQ(parse("GET ", server_limits, true).code, errc::truncated);
  EXPECT_EQ(parse(post + "Content-Length: 3\r\n\r\nab", server_limits, true).code, errc::truncated);
  EXPECT_EQ(parse(chunked + "0\r\n", server_limits, true).code, errc::truncated);
}

// RFC 9112 3: the request line.

TEST(h1_request, request_lines_that_are_refused) {
  for (const char* line : {"GET /",
                           "GET  / HTTP/1.1",
                           "GET /  HTTP/1.1",
                           "GET / HTTP/1.1 ",
                           " GET / HTTP/1.1",
                           "/ HTTP/1.1",
                           "G(T / HTTP/1.1",
                           "GET\t/ HTTP/1.1",
                           "GET / http/1.1",
                           "GET / HTTP/1.10",
                           "GET / HTTP/1",
                           "GET / HTCPCP/1.0",
                           "GET /a b HTTP/1.1",
                           "GET /\x01 HTTP/1.1",
                           "GET /\x7f HTTP/1.1",
                           "GET /\xc3\xa9 HTTP/1.1",
                           "GET /a#b HTTP/1.1",
                           "GET a HTTP/1.1",
                           "GET ftp://a/ HTTP/1.1",
                           "GET",
                           ""}) {
    EXPECT_EQ(code("\r\n"s + line + "\r\n" + host + "\r\n"), errc::malformed_start_line) << line;
    EXPECT_EQ(suggested("\r\n"s + line + "\r\n" + host + "\r\n"), 400) << line;
  }
}

TEST(h1_request, bare_cr_and_bare_lf_in_the_request_line) {
  EXPECT_EQ(code("GET / HTTP/1.1\n" + host + "\r\n"), errc::malformed_start_line);
  EXPECT_EQ(code("GET /\r HTTP/1.1\r\n" + host + "\r\n"), errc::malformed_start_line);
  EXPECT_EQ(code("GET / HTTP/1.1\r\r\n" + host + "\r\n"), errc::malformed_start_line);
}

TEST(h1_request, other_major_versions_get_505) {
  EXPECT_EQ(code("PRI * HTTP/2.0\r\n\r\n"), errc::malformed_start_line)
      << "the driver looks for the preface before";
  EXPECT_EQ(code("GET / HTTP/2.0\r\n" + host + "\r\n"), errc::unsupported_version);
  EXPECT_EQ(suggested("GET / HTTP/0.9\r\n" + host + "\r\n"), 505);
}

TEST(h1_request, target_forms_go_with_their_methods) {
  EXPECT_EQ(parse("OPTIONS * HTTP/1.1\r\n" + host + "\r\n").head, "OPTIONS|*|*|a|1.1|f0|keep;");
  EXPECT_EQ(code("GET * HTTP/1.1\r\n" + host + "\r\n"), errc::malformed_start_line);
  EXPECT_EQ(parse("CONNECT b:443 HTTP/1.1\r\n" + host + "\r\n").head, "CONNECT|b:443||b:443|1.1|f0|keep;");
  EXPECT_EQ(code("CONNECT / HTTP/1.1\r\n" + host + "\r\n"), errc::malformed_start_line);
  EXPECT_EQ(code("CONNECT b HTTP/1.1\r\n" + host + "\r\n"), errc::malformed_start_line);
  EXPECT_EQ(code("CONNECT [::1] HTTP/1.1\r\n" + host + "\r\n"), errc::malformed_start_line);
  EXPECT_EQ(code("GET b:443 HTTP/1.1\r\n" + host + "\r\n"), errc::malformed_start_line);
}

TEST(h1_request, authority_of_an_absolute_target_overrides_host) {
  EXPECT_EQ(parse("GET http://b:8080/p?q HTTP/1.1\r\n" + host + "\r\n").head,
            "GET|http://b:8080/p?q|/p?q|b:8080|1.1|f0|keep;");
  EXPECT_EQ(parse("GET HTTPS://b HTTP/1.1\r\n" + host + "\r\n").head, "GET|HTTPS://b|/|b|1.1|f0|keep;");
  EXPECT_EQ(code("GET http://u@b/ HTTP/1.1\r\n" + host + "\r\n"), errc::malformed_start_line);
  EXPECT_EQ(code("GET http:///p HTTP/1.1\r\n" + host + "\r\n"), errc::malformed_start_line);
  EXPECT_EQ(code("GET http://b/ HTTP/1.1\r\n\r\n"), errc::bad_host) << "Host is needed all the same";
}

// RFC 9112 3.2: Host.

TEST(h1_request, host_is_needed_once_and_valid) {
  EXPECT_EQ(code("GET / HTTP/1.1\r\n\r\n"), errc::bad_host);
  EXPECT_EQ(code(get + host + "\r\n"), errc::bad_host);
  EXPECT_EQ(code("GET / HTTP/1.0\r\n" + host + "hOsT: b\r\n\r\n"), errc::bad_host);
  EXPECT_EQ(suggested("GET / HTTP/1.1\r\n\r\n"), 400);
  for (const char* value : {"", "a b", "a/b", "u@a", "a:b", "a:65536", "a:123456", "[::1", "[1]x", "[]",
                            "\xc3\xa9", "a%2", "a\\b", ":80"})
    EXPECT_EQ(code("GET / HTTP/1.1\r\nHost: "s + value + "\r\n\r\n"), errc::bad_host) << value;
  for (const char* value :
       {"a", "a.b-c_d~e", "127.0.0.1:8080", "[::1]:80", "[v1.x:y]", "a:", "xn--a", "a%41"})
    EXPECT_EQ(code("GET / HTTP/1.1\r\nHost: "s + value + "\r\n\r\n"), errc{}) << value;
}

// RFC 9112 5: field lines.

TEST(h1_request, field_lines_that_are_refused) {
  for (const std::string& line :
       {"A : b\r\n"s, "A\t: b\r\n"s, " A: b\r\n"s, "A: b\r\n c\r\n"s, "A: b\r\n\tc\r\n"s, "nothing\r\n"s,
        ": b\r\n"s, "A(: b\r\n"s, "\xc3\xa9: b\r\n"s, "A: b\n"s, "A: b\rc\r\n"s, "A: b\r\r\n"s, "A: \0\r\n"s,
        "A: \x01\r\n"s, "A: b\x7f\r\n"s, "A\0: b\r\n"s, "A: b\r\n\r\r\n"s, "A: b\r\n\n"s}) {
    EXPECT_EQ(code(get + line + "\r\n"), errc::malformed_header) << line;
    EXPECT_EQ(suggested(get + line + "\r\n"), 400) << line;
  }
  EXPECT_EQ(parse(get + "A:b\r\nB: \t c\td\t \r\nC:\r\nD: \xff\r\n\r\n").fields,
            "[Host=a][A=b][B=c\td][C=][D=\xff]");
}

TEST(h1_request, an_error_names_the_place) {
  request_parser parser;
  const std::string input = get + "Name : b\r\n\r\n";
  ASSERT_EQ(parser.feed(input).what, event::error);
  EXPECT_EQ(parser.error().offset, input.find(" : b"));
  EXPECT_EQ(std::string(parser.error().rule).find("RFC 9112 5.1"), 0U);
  EXPECT_FALSE(parser.keep_alive());
}

// RFC 9112 6: framing; every line of this part is a smuggling vector.

TEST(h1_request, transfer_encoding_in_http_1_0) {
  EXPECT_EQ(code("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), errc::bad_framing);
}

TEST(h1_request, transfer_encoding_with_content_length) {
  EXPECT_EQ(code(post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), errc::bad_framing);
  EXPECT_EQ(code(post + "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n"), errc::bad_framing);
}

TEST(h1_request, transfer_encoding_that_is_not_chunked_at_the_end) {
  for (const char* value :
       {"gzip", "identity", "chunked, gzip", "chunked;q=1", "xchunked", "chunked x", "\"chunked\"", ""})
    EXPECT_EQ(code(post + "Transfer-Encoding: " + value + "\r\n\r\n"), errc::bad_framing) << value;
}

TEST(h1_request, chunked_more_than_once) {
  EXPECT_EQ(code(post + "Transfer-Encoding: chunked, chunked\r\n\r\n"), errc::bad_framing);
  EXPECT_EQ(code(post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
            errc::bad_framing);
  EXPECT_EQ(code(post + "Transfer-Encoding: , chunked\r\n\r\n"), errc::bad_framing);
}

TEST(h1_request, other_transfer_codings_get_501) {
  EXPECT_EQ(code(post + "Transfer-Encoding: gzip, chunked\r\n\r\n"), errc::unsupported_transfer_coding);
  EXPECT_EQ(suggested(post + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"), 501);
}

TEST(h1_request, chunked_in_any_case) {
  EXPECT_EQ(parse(post + "transfer-encoding: ChunkeD\r\n\r\n0\r\n\r\n").end, "end");
}

TEST(h1_request, content_length_that_is_not_one_number) {
  for (const char* value : {"", "+1", "-1", "1 1", "1,1", "1, 2", "0x1", "1_0", "1.0", "a",
                            "9223372036854775808", "18446744073709551617", "99999999999999999999999"})
    EXPECT_EQ(code(post + "Content-Length: " + value + "\r\n\r\n"), errc::bad_framing) << value;
  EXPECT_EQ(code(post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), errc::bad_framing);
  EXPECT_EQ(code(post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"), errc::bad_framing);
  EXPECT_EQ(parse(post + "Content-Length: 0003\r\n\r\nabc").end, "end");
}

TEST(h1_request, chunk_lines_that_are_refused) {
  for (const char* chunk : {"\r\n", "x\r\n", "+1\r\n", "-1\r\n", "0x1\r\n", " 1\r\n", "1 \r\n", "1_\r\n",
                            "00000000000000001\r\n", "ffffffffffffffff\r\n", "1\nx\r\n", "1\rx\r\n",
                            "1\r\nxy", "1\r\nx\n", "1\r\nx\ry", "1;a\x01\r\n", "1;a\rb\r\n"}) {
    EXPECT_EQ(code(chunked + chunk), errc::malformed_chunk) << chunk;
    EXPECT_EQ(suggested(chunked + chunk), 400) << chunk;
  }
  EXPECT_EQ(parse(chunked + "1 ; a=b\r\nx\r\n0;y\r\n\r\n").end, "end")
      << "bad white space before an extension";
  EXPECT_EQ(parse(chunked + "000000000000000A\r\n0123456789\r\n0000\r\n\r\n").body, "0123456789");
}

// RFC 9112 7.1.1: *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] ).
TEST(h1_request, chunk_extensions_that_are_refused) {
  for (const char* extension : {";",
                                ";;",
                                "; ",
                                ";a;",
                                ";a; ",
                                ";=b",
                                "; =b",
                                ";a=",
                                ";a= ",
                                ";a=;b",
                                ";a==b",
                                ";a=b=c",
                                ";bad[=x",
                                ";[",
                                ";a b",
                                ";a=b c",
                                ";a,b",
                                ";a=b,c=d",
                                ";a ",
                                ";a=b ",
                                ";a=\"b\" ",
                                ";a=\"b\"c",
                                ";a=\"b\"\"c\"",
                                ";a=\"",
                                ";a=\"b",
                                ";a=\"b\\\"",
                                ";a=\"\\",
                                ";\"a\"",
                                ";\"a\"=b",
                                ";a='b c'",
                                ";x=\xe6",
                                ";\xe6",
                                ";x=a\xc3\xa4",
                                ";a=/",
                                ";a={}",
                                ";a:b",
                                ";a@b",
                                ";a=b\\",
                                ";a\t=\tb\t",
                                " ;a=",
                                "\t;"}) {
    EXPECT_EQ(code(chunked + "1" + extension + "\r\nx\r\n0\r\n\r\n"), errc::malformed_chunk) << extension;
    EXPECT_EQ(code(chunked + "1\r\nx\r\n0" + extension + "\r\n\r\n"), errc::malformed_chunk) << extension;
    EXPECT_EQ(suggested(chunked + "1" + extension + "\r\n"), 400) << extension;
  }
}

TEST(h1_request, chunk_extensions_that_are_passed_over) {
  for (const char* extension :
       {";a", ";a=b", ";a;b;c", ";a=b;c=d", " ;a", "\t; \ta", " ; a = b ; c", ";a\t=\tb\t;\tc\t=\t\"d\"",
        ";a=\"\"", ";a=\"b c\"", ";a=\";\"", ";a=\"b;c=\\\"d\\\\\"", ";a=\"\\\xe6\"", ";a=\"\xe6\t\"",
        ";a=\"b\";c", ";a=\"b\" ;c=d", ";!#$%&'*+-.^_`|~09=!#$%&'*+-.^_`|~09", ";0"}) {
    const transcript t = parse(chunked + "1" + extension + "\r\nx\r\n0" + extension + "\r\n\r\n");
    EXPECT_EQ(t.end, "end") << extension;
    EXPECT_EQ(t.body, "x") << extension;
  }
}

TEST(h1_request, an_error_in_a_chunk_extension_names_the_place) {
  request_parser parser;
  const std::string input = chunked + "5;good=1;bad[=x\r\n";
  const step head = parser.feed(input);
  ASSERT_EQ(parser.feed(std::string_view(input).substr(head.consumed)).what, event::error);
  EXPECT_EQ(parser.error().offset, input.find('['));
  EXPECT_EQ(std::string(parser.error().rule).find("RFC 9112 7.1.1"), 0U);
}

TEST(h1_request, there_are_no_trailers_before_the_end_or_after_an_error) {
  for (const char* rest :
       {"0\r\nA: b\r\nC: d\r\nbad line\r\n\r\n", "0\r\nA: b\r\nC : d\r\n\r\n", "0\r\nA: b\r\n"}) {
    request_parser parser;
    const std::string input = chunked + rest;
    const step head = parser.feed(input);
    parser.feed(std::string_view(input).substr(head.consumed));
    EXPECT_TRUE(parser.trailers().empty()) << rest;
    EXPECT_EQ(describe(parser.trailers()), "") << rest;
    parser.finish();
    EXPECT_TRUE(parser.trailers().empty()) << rest;
  }
  request_parser parser;
  const std::string input = chunked + "0\r\nA: b\r\n\r\n";
  const step head = parser.feed(input);
  ASSERT_EQ(parser.feed(std::string_view(input).substr(head.consumed)).what, event::end);
  EXPECT_EQ(describe(parser.trailers()), "[A=b]");
  parser.reset();
  EXPECT_TRUE(parser.trailers().empty());
}

TEST(h1_request, trailers_that_are_refused) {
  for (const std::string& line : {"A: b\n"s, "A : b\r\n"s, " a\r\n"s, "A: b\rc\r\n"s, "A: \0\r\n"s, "x\r\n"s})
    EXPECT_EQ(code(chunked + "0\r\n" + line + "\r\n"), errc::malformed_header) << line;
}

// The limits.

TEST(h1_request, limit_of_the_target_gets_414) {
  limits bounds;
  bounds.target = 8;
  EXPECT_EQ(parse("GET /1234567 HTTP/1.1\r\n" + host + "\r\n", bounds).end, "end");
  EXPECT_EQ(parse("GET /12345678 HTTP/1.1\r\n" + host + "\r\n", bounds).code, errc::target_too_long);
  bounds.head = 32;
  EXPECT_EQ(suggested("GET /" + std::string(100, 'a'), bounds), 414);
  EXPECT_EQ(suggested(std::string(100, 'a'), bounds), 431);
}

TEST(h1_request, limits_of_the_head_get_431) {
  limits bounds;
  bounds.head = 128;
  EXPECT_EQ(suggested(get + "A: " + std::string(128, 'a') + "\r\n\r\n", bounds), 431);
  bounds.fields = 1;
  EXPECT_EQ(parse(get + "A: b\r\n\r\n", bounds).code, errc::too_many_headers);
  EXPECT_EQ(suggested(get + "A: b\r\n\r\n", bounds), 431);
}

TEST(h1_request, limit_of_the_body_gets_413_and_may_be_set_after_the_head) {
  limits bounds;
  bounds.body = 2;
  const std::string input = post + "Content-Length: 3\r\n\r\nabc";
  EXPECT_EQ(suggested(input, bounds), 413);
  request_parser parser(bounds);
  const step head = parser.feed(input);
  ASSERT_EQ(head.what, event::head);
  parser.body_limit(3);
  EXPECT_EQ(parser.feed(std::string_view(input).substr(head.consumed)).body, "abc");
}

TEST(h1_request, limits_of_chunk_framing) {
  EXPECT_EQ(code(chunked + "1;" + std::string(300, 'a') + "\r\nx\r\n"), errc::malformed_chunk);
  EXPECT_EQ(code(chunked + std::string(300, '0')), errc::malformed_chunk);
  std::string many = chunked;
  for (int i = 0; i != 100; ++i) many += "1;" + std::string(200, 'a') + "\r\nx\r\n";
  request_parser parser;
  EXPECT_EQ(record(parser, {many}, false).code, errc::malformed_chunk) << "long extensions of short chunks";
}

TEST(h1_request, limits_of_trailers) {
  limits bounds;
  bounds.trailer = 16;
  bounds.trailer_fields = 1;
  EXPECT_EQ(parse(chunked + "0\r\nA: b\r\n\r\n", bounds).end, "end");
  EXPECT_EQ(parse(chunked + "0\r\nA: " + std::string(20, 'b') + "\r\n\r\n", bounds).code,
            errc::head_too_large);
  EXPECT_EQ(parse(chunked + "0\r\nA: b\r\nC: d\r\n\r\n", bounds).code, errc::too_many_headers);
}

}  // namespace bight::http::h1::request_parser_test
