// Requests that another parser on the way may read differently (RFC 9112 11.2): the server refuses each of
// them, and never answers what is hidden in it. Every request has "GET /second" behind it on the connection.
#include <bight/http/server.hpp>

#include <bight/core/clock.hpp>
#include <bight/core/sleep.hpp>
#include <bight/testing/async_test.hpp>
#include <string>
#include <vector>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"

namespace bight::http::server_smuggling_test {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::served;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using texts = std::vector<std::string>;

const std::string second = "GET /second HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

// What the handler saw and the client got.
struct outcome {
  texts asked;  // "METHOD path", with the body behind it once that was read
  std::vector<int> statuses;
  std::string connection;  // of the last answer
  std::chrono::nanoseconds took{};
  bool ended_at_once() const { return took < 1s; }
};

awaitable<server_response> note(texts& asked, server_request& request) {
  const auto at = asked.size();
  asked.push_back(std::string{request.method().name()}.append(" ").append(request.path()));
  const auto body = co_await request.text();
  if (!body.empty()) asked[at].append(" ").append(body);
  co_return server_response{200, "ok"};
}

awaitable<void> send_in_pieces(served& s, std::string bytes, std::size_t size) {
  try {
    for (std::size_t from = 0; from < bytes.size(); from += size) {
      co_await s.send(bytes.substr(from, size));
      co_await yield();
    }
  } catch (const boost::system::system_error&) {}  // the server has closed
}

// Sends the bytes and the second request, and waits until the server has closed.
awaitable<outcome> play(std::string bytes, std::size_t piece) {
  outcome o;
  served s{[&o](server_request& request) { return note(o.asked, request); }};
  const auto began = clock::now();
  co_await send_in_pieces(s, bytes + second, piece);
  while (true) {
    const auto r = co_await s.answer();
    if (r.empty()) break;
    o.statuses.push_back(r.status());
    o.connection = r.field("Connection");
  }
  o.took = clock::now() - began;
  co_return o;
}

constexpr std::size_t splits[] = {100'000, 1, 7};

// Refused by its head: no handler sees anything.
awaitable<void> expect_refused(std::string bytes, int status = 400) {
  SCOPED_TRACE(::testing::PrintToString(bytes));
  for (const auto split : splits) {
    const auto o = co_await play(bytes, split);
    EXPECT_THAT(o.asked, IsEmpty());
    EXPECT_THAT(o.statuses, ElementsAre(status));
    EXPECT_EQ(o.connection, "close");
    EXPECT_TRUE(o.ended_at_once());
  }
}

// Refused by its body: the handler sees the head, and reads no body to its end.
awaitable<void> expect_broken(std::string bytes, int status = 400) {
  SCOPED_TRACE(::testing::PrintToString(bytes));
  for (const auto split : splits) {
    const auto o = co_await play(bytes, split);
    EXPECT_THAT(o.asked, ElementsAre("POST /first"));
    EXPECT_THAT(o.statuses, ElementsAre(status));
    EXPECT_EQ(o.connection, "close");
    EXPECT_TRUE(o.ended_at_once());
  }
}

// Answered, and so is the second request.
awaitable<void> expect_answered(std::string bytes, std::string first) {
  SCOPED_TRACE(::testing::PrintToString(bytes));
  for (const auto split : splits) {
    const auto o = co_await play(bytes, split);
    EXPECT_THAT(o.asked, ElementsAre(first, "GET /second"));
    EXPECT_THAT(o.statuses, ElementsAre(200, 200));
    EXPECT_FALSE(o.ended_at_once());
  }
}

// Answered, and the connection is closed behind it.
awaitable<void> expect_last(std::string bytes, std::string first) {
  SCOPED_TRACE(::testing::PrintToString(bytes));
  for (const auto split : splits) {
    const auto o = co_await play(bytes, split);
    EXPECT_THAT(o.asked, ElementsAre(first));
    EXPECT_THAT(o.statuses, ElementsAre(200));
    EXPECT_EQ(o.connection, "close");
    EXPECT_TRUE(o.ended_at_once());
  }
}

std::string get(const std::string& fields) { return "GET /first HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n"; }
std::string post(const std::string& fields, const std::string& body = "") {
  return "POST /first HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + body;
}
const std::string chunked_field = "Transfer-Encoding: chunked\r\n";
std::string chunked(const std::string& body) { return post(chunked_field, body); }
std::string length_of(const std::string& body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n";
}

ASYNC_TEST(server_smuggling, conforming_requests_are_answered) {
  co_await expect_answered(get(""), "GET /first");
  co_await expect_answered(post("Content-Length: 3\r\n", "abc"), "POST /first abc");
  co_await expect_answered(chunked("3\r\nabc\r\n0\r\n\r\n"), "POST /first abc");
}

ASYNC_TEST(server_smuggling, content_length_with_transfer_encoding) {
  const std::string hidden = "0\r\n\r\n" + smuggled;
  co_await expect_refused(post(length_of(hidden) + chunked_field, hidden));
  co_await expect_refused(post(chunked_field + length_of(hidden), hidden));
  co_await expect_refused(post(chunked_field + "Content-Length: 0\r\n", hidden));
  co_await expect_refused(post("Content-Length: 4\r\n" + chunked_field, "5c\r\n" + smuggled + "0\r\n\r\n"));
  co_await expect_refused(post(chunked_field + "Content-Length: 4\r\nContent-Length: 4\r\n", hidden));
  co_await expect_refused(post("Content-Length: 5\r\nTransfer-Encoding: identity\r\n", hidden));
  co_await expect_refused(post("Content-Length:\r\n" + chunked_field, hidden));
}

ASYNC_TEST(server_smuggling, transfer_encoding_in_http_1_0) {
  const std::string body = "0\r\n\r\n" + smuggled;
  co_await expect_refused("POST /first HTTP/1.0\r\nHost: x\r\n" + chunked_field + "\r\n" + body);
  co_await expect_refused("POST /first HTTP/1.0\r\nConnection: keep-alive\r\n" + chunked_field + "\r\n" +
                          body);
}

ASYNC_TEST(server_smuggling, several_content_lengths) {
  const std::string body = "abc" + smuggled;
  co_await expect_refused(post("Content-Length: 3\r\nContent-Length: 40\r\n", body));
  co_await expect_refused(post("Content-Length: 40\r\nContent-Length: 3\r\n", body));
  co_await expect_refused(post("Content-Length: 3\r\nContent-Length: 3\r\n", body));
  co_await expect_refused(post("Content-Length: 3\r\nA: b\r\ncontent-length: 3\r\n", body));
  co_await expect_refused(post("Content-Length: 3, 3\r\n", body));
  co_await expect_refused(post("Content-Length: 3, 40\r\n", body));
  co_await expect_refused(post("Content-Length: 3,\r\n", body));
  co_await expect_refused(post("Content-Length: ,3\r\n", body));
}

ASYNC_TEST(server_smuggling, content_lengths_that_are_no_number) {
  for (const auto& value : texts{"", "+3", "-3", "-0", "3 3", "3;a", "3.0", "3e0", "0x3", "0b1", "3_0", "3h",
                                 "\"3\"", "\xef\xbc\x93", "3\xa0",
                                 "\xa0"
                                 "3",
                                 "abc", "NaN"})
    co_await expect_refused(post("Content-Length: " + value + "\r\n", "abc" + smuggled));
}

ASYNC_TEST(server_smuggling, content_lengths_that_overflow) {
  for (const auto& value : texts{"9223372036854775808", "18446744073709551615", "18446744073709551616",
                                 "18446744073709551619", "4294967296000000000000000003",
                                 "340282366920938463463374607431768211459", std::string(400, '9')})
    co_await expect_refused(post("Content-Length: " + value + "\r\n", "abc" + smuggled));
}

ASYNC_TEST(server_smuggling, content_lengths_with_blanks_around_and_zeros_in_front_are_numbers) {
  co_await expect_answered(post("Content-Length:3\r\n", "abc"), "POST /first abc");
  co_await expect_answered(post("Content-Length: \t 3 \t \r\n", "abc"), "POST /first abc");
  co_await expect_answered(post("Content-Length: 0000000000000000000000003\r\n", "abc"), "POST /first abc");
  co_await expect_answered(post("cOnTeNt-LeNgTh: 3\r\n", "abc"), "POST /first abc");
}

ASYNC_TEST(server_smuggling, transfer_encodings_that_do_not_end_in_chunked) {
  for (const auto& value : texts{"",
                                 ",",
                                 "identity",
                                 "gzip",
                                 "chunked, identity",
                                 "chunked, gzip",
                                 "xchunked",
                                 "chunkedx",
                                 "x chunked",
                                 "chunked x",
                                 "chunked;q=1",
                                 "chunked; a=b",
                                 "\"chunked\"",
                                 "'chunked'",
                                 "chunk",
                                 "chu nked",
                                 "chunked\xa0",
                                 "\xa0"
                                 "chunked",
                                 "\xef\xbb\xbf"
                                 "chunked",
                                 "chunked/1",
                                 "gzip chunked",
                                 "gzip;chunked"})
    co_await expect_refused(post("Transfer-Encoding: " + value + "\r\n", "0\r\n\r\n" + smuggled));
}

ASYNC_TEST(server_smuggling, transfer_encodings_with_chunked_and_something_else) {
  for (const auto& value : texts{"chunked, chunked", "chunked,chunked", ", chunked", "chunked,", "chunked, ,",
                                 ",,chunked", "chunked\r\nTransfer-Encoding: chunked",
                                 "chunked\r\ntransfer-encoding:", "identity\r\nTransfer-Encoding: identity"})
    co_await expect_refused(post("Transfer-Encoding: " + value + "\r\n", "0\r\n\r\n" + smuggled));
}

ASYNC_TEST(server_smuggling, transfer_codings_that_are_not_known) {
  for (const auto& value : texts{"gzip, chunked", "identity, chunked", "x, chunked", "gzip, deflate, chunked",
                                 "gzip\r\nTransfer-Encoding: chunked"})
    co_await expect_refused(post("Transfer-Encoding: " + value + "\r\n", "0\r\n\r\n" + smuggled), 501);
}

ASYNC_TEST(server_smuggling, chunked_in_any_case_with_blanks_around_is_chunked) {
  for (const auto& field :
       texts{"Transfer-Encoding:chunked", "transfer-encoding: CHUNKED", "TRANSFER-ENCODING:\t\tChunked \t"})
    co_await expect_answered(post(field + "\r\n", "3\r\nabc\r\n0\r\n\r\n"), "POST /first abc");
}

ASYNC_TEST(server_smuggling, folded_lines) {
  const std::string body = "0\r\n\r\n" + smuggled;
  co_await expect_refused(post("Transfer-Encoding:\r\n chunked\r\n", body));
  co_await expect_refused(post("Transfer-Encoding:\r\n\tchunked\r\n", body));
  co_await expect_refused(post("Transfer-Encoding: x\r\n chunked\r\n", body));
  co_await expect_refused(post("Content-Length: 1\r\n 0\r\n", "abc"));
  co_await expect_refused(post("A: b\r\n Content-Length: 3\r\n", "abc"));
  co_await expect_refused(post("A: b\r\n \r\n", body));
  co_await expect_refused("GET /first HTTP/1.1\r\n Host: x\r\n\r\n");
  co_await expect_refused("GET /first HTTP/1.1\r\nHost:\r\n x\r\n\r\n");
}

ASYNC_TEST(server_smuggling, bare_line_feeds_in_the_head) {
  co_await expect_refused("GET /first HTTP/1.1\nHost: x\r\n\r\n");
  co_await expect_refused("GET /first HTTP/1.1\r\nHost: x\n\r\n");
  co_await expect_refused("GET /first HTTP/1.1\r\nHost: x\r\n\n");
  co_await expect_refused("GET /first HTTP/1.1\nHost: x\n\n");
  co_await expect_refused("\nGET /first HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await expect_refused(post("A: b\nContent-Length: 3\r\n", "abc"));
  co_await expect_refused(post("A: b\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
  co_await expect_refused(post("A: b\n\nGET /smuggled HTTP/1.1\r\n", ""));
}

ASYNC_TEST(server_smuggling, bare_carriage_returns_in_the_head) {
  co_await expect_refused("GET /first\r HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await expect_refused("GET /first HTTP/1.1\r\r\nHost: x\r\n\r\n");
  co_await expect_refused("GET /first HTTP/1.1\rHost: x\r\n\r\n");
  co_await expect_refused("\rGET /first HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await expect_refused("GET /first HTTP/1.1\r\nHost: x\r\r\n\r\n");
  co_await expect_refused("GET /first HTTP/1.1\r\nHost: x\r\n\r\r\n");
  co_await expect_refused(post("A: b\rContent-Length: 3\r\n", "abc"));
  co_await expect_refused(post("A: b\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
  co_await expect_refused(post("A: \rb\r\n"));
  co_await expect_refused(post("A\r: b\r\n"));
  co_await expect_refused(post("\rContent-Length: 3\r\n", "abc"));
  co_await expect_refused(post("Content-Length: 3\r\r\n", "abc"));
  co_await expect_refused(post("Content-Length: \r3\r\n", "abc"));
  co_await expect_refused(post("Transfer-Encoding: chunked\r\r\n", "0\r\n\r\n"));
}

ASYNC_TEST(server_smuggling, blanks_before_the_colon) {
  for (const auto& field :
       texts{"Content-Length : 3", "Content-Length\t: 3", "Transfer-Encoding : chunked",
             "Transfer-Encoding\t:chunked", "Transfer-Encoding\v: chunked", "Transfer-Encoding\f: chunked",
             "Transfer-Encoding\xa0: chunked", "Host : x", "A : b"})
    co_await expect_refused(post(field + "\r\n", "0\r\n\r\n" + smuggled));
}

ASYNC_TEST(server_smuggling, field_names_that_are_no_token) {
  for (const auto& field :
       texts{": 3", " : 3", "Content Length: 3", "Content-Length", "Content-Length 3", "(A): b", "A[]: b",
             "A/B: c", "\"A\": b", "A,B: c", "A@: b", "{A: b", "\xc3\xa4: b", "A\x7f: b", "A\x01: b",
             "\x0b"
             "Content-Length: 3"})
    co_await expect_refused(post(field + "\r\n", "abc" + smuggled));
}

ASYNC_TEST(server_smuggling, control_characters) {
  for (int c = 0; c != 0x20; ++c) {
    if (c == '\t' || c == '\r' || c == '\n') continue;
    const std::string one(1, static_cast<char>(c));
    co_await expect_refused(post("A: b" + one + "c\r\n"));
    co_await expect_refused(post("Transfer-Encoding: " + one + "chunked\r\n", "0\r\n\r\n"));
    co_await expect_refused(post("Transfer-Encoding: chunked" + one + "\r\n", "0\r\n\r\n"));
    co_await expect_refused(post("Content-Length: 3" + one + "\r\n", "abc"));
    co_await expect_refused(post("Content-Length" + one + ": 3\r\n", "abc"));
    co_await expect_refused("GET /fi" + one + "rst HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await expect_refused("GET /first HTTP/1.1" + one + "\r\nHost: x\r\n\r\n");
    co_await expect_refused("GET" + one + " /first HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await expect_refused("GET /first HTTP/1.1\r\nHost: x" + one + "y\r\n\r\n");
  }
  co_await expect_refused(
      post("A: b\x7f"
           "c\r\n"));
}

ASYNC_TEST(server_smuggling, bytes_above_ascii_in_a_value_are_passed_through) {
  co_await expect_answered(get("A: \xc3\xa4\xff\r\n"), "GET /first");
}

ASYNC_TEST(server_smuggling, hosts_that_are_missing_several_or_none) {
  co_await expect_refused("GET /first HTTP/1.1\r\n\r\n");
  co_await expect_refused("GET /first HTTP/1.1\r\nA: Host: x\r\n\r\n");
  co_await expect_refused(get("Host: x\r\n"));
  co_await expect_refused(get("Host: y\r\n"));
  co_await expect_refused(get("hOsT: y\r\n"));
  for (const auto& host : texts{"", "x y", "x/", "/x", "user@x", "x:y", "x:99999", "x:1:2", "x?", "x#",
                                "[::1", "::1", "[x]", "http://x", "x\\y", "x%", "x%zz", "\"x\"", "<x>"})
    co_await expect_refused("GET /first HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  co_await expect_refused("GET /first HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n");
}

ASYNC_TEST(server_smuggling, an_absolute_target_beats_the_host) {
  std::string authority;
  served s{[&](server_request& request) -> awaitable<server_response> {
    authority = request.authority();
    co_return server_response{200, std::string{request.path()}};
  }};
  const auto r = co_await s.ask("GET http://inner:81/first?a HTTP/1.1\r\nHost: outer\r\n\r\n");
  EXPECT_EQ(r.body, "/first");
  EXPECT_EQ(authority, "inner:81");
  const auto plain = co_await s.ask("GET //inner/first HTTP/1.1\r\nHost: outer\r\n\r\n");
  EXPECT_EQ(plain.body, "//inner/first");
  EXPECT_EQ(authority, "outer");
}

ASYNC_TEST(server_smuggling, targets_in_a_form_that_is_not_theirs) {
  for (const auto& target :
       texts{"first", "http:/first", "http://", "http:///first", "http://u@x/first", "http://x y/first",
             "ftp://x/first", "javascript:x", "x:80", "*", "?a", "/first#a", "/first\"\xc3\xa4",
             "http://x:y/", "http://x#/first", "https://:80/", "\\\\x\\first"})
    co_await expect_refused("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await expect_refused("GET http://x/first HTTP/1.1\r\n\r\n");
  co_await expect_refused("CONNECT /first HTTP/1.1\r\nHost: x\r\n\r\n");
}

ASYNC_TEST(server_smuggling, request_lines_with_other_blanks) {
  for (const auto& line :
       texts{"GET  /first HTTP/1.1", "GET /first  HTTP/1.1", " GET /first HTTP/1.1", "GET /first HTTP/1.1 ",
             "GET\t/first\tHTTP/1.1", "GET /first\tHTTP/1.1", "GET /fi rst HTTP/1.1",
             "GET /first HTTP/1.1 HTTP/1.1", "GET /first", "GET /first ", "GET", "GET ",
             "\"GET\" /first HTTP/1.1", "G(ET /first HTTP/1.1"})
    co_await expect_refused(line + "\r\nHost: x\r\n\r\n");
}

ASYNC_TEST(server_smuggling, versions_that_are_not_one) {
  for (const auto& version : texts{"http/1.1", "HTTP/1", "HTTP/1.", "HTTP/1.10", "HTTP/01.1", "HTTP/1.1a",
                                   "HTTP/+1.1", "HTTP/1,1", "HTTP 1.1", "HTTP/.1", "HTTPS/1.1", "ICY/1.1"})
    co_await expect_refused("GET /first " + version + "\r\nHost: x\r\n\r\n");
  for (const auto& version : texts{"HTTP/2.0", "HTTP/0.9", "HTTP/3.0", "HTTP/9.9"})
    co_await expect_refused("GET /first " + version + "\r\nHost: x\r\n\r\n", 505);
  co_await expect_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  co_await expect_answered("GET /first HTTP/1.9\r\nHost: x\r\n\r\n", "GET /first");
}

ASYNC_TEST(server_smuggling, empty_lines_before_a_request) {
  co_await expect_answered("\r\n" + get(""), "GET /first");
  co_await expect_answered(post("Content-Length: 3\r\n", "abc\r\n"), "POST /first abc");
  co_await expect_refused("\r\n\r\n" + get(""));
}

ASYNC_TEST(server_smuggling, chunk_sizes_that_are_no_hexadecimal_number) {
  for (const auto& size :
       texts{"",      "g",   "+3",  "-3",   "-0",       "0x3", "0X3", "x3",  "3x",    "3h",
             " 3",    "\t3", "3 ",  "3\t",  "3_0",      "3.0", "3,3", "3 3", "\"3\"", "\xef\xbc\x93",
             "3\xa0", "3\v", "3\f", "3\0"s, "\0"s + "3"})
    co_await expect_broken(chunked(size + "\r\nabc\r\n0\r\n\r\n" + smuggled));
}

ASYNC_TEST(server_smuggling, chunk_sizes_that_overflow) {
  for (const auto& size :
       texts{"8000000000000000", "ffffffffffffffff", "fffffffffffffffd", "10000000000000003",
             "00000000000000003", "100000000000000000000000000000003", std::string(200, '0') + "3"})
    co_await expect_broken(chunked(size + "\r\nabc\r\n0\r\n\r\n" + smuggled));
}

ASYNC_TEST(server_smuggling, chunk_sizes_in_any_case_with_zeros_in_front_are_numbers) {
  co_await expect_answered(chunked("A\r\n0123456789\r\n0\r\n\r\n"), "POST /first 0123456789");
  co_await expect_answered(chunked("a\r\n0123456789\r\n00\r\n\r\n"), "POST /first 0123456789");
  co_await expect_answered(chunked("0000000000000003\r\nabc\r\n0000000000000000\r\n\r\n"), "POST /first abc");
}

ASYNC_TEST(server_smuggling, chunk_lines_that_end_otherwise) {
  co_await expect_broken(chunked("3\nabc\r\n0\r\n\r\n" + smuggled));
  co_await expect_broken(chunked("3\r\r\nabc\r\n0\r\n\r\n" + smuggled));
  co_await expect_broken(chunked("3\rabc\r\n0\r\n\r\n" + smuggled));
  co_await expect_broken(chunked("\r\n3\r\nabc\r\n0\r\n\r\n" + smuggled));
  co_await expect_broken(chunked("3\r\nabc\r\n\r\n0\r\n\r\n" + smuggled));
  co_await expect_broken(chunked("0\n\r\n" + smuggled));
}

ASYNC_TEST(server_smuggling, chunk_data_that_is_longer_or_shorter_than_it_says) {
  co_await expect_broken(chunked("3\r\nabcd\r\n0\r\n\r\n" + smuggled));
  co_await expect_broken(chunked("3\r\nabc0\r\n\r\n" + smuggled));
  co_await expect_broken(chunked("3\r\nabc\n0\r\n\r\n" + smuggled));
  co_await expect_broken(chunked("3\r\nabc\r0\r\n\r\n" + smuggled));
  co_await expect_broken(chunked("3\r\nabcXX0\r\n\r\n" + smuggled));
  co_await expect_broken(chunked("4\r\nabc\r\n0\r\n\r\n" + smuggled));
  co_await expect_broken(chunked("2\r\nabc\r\n0\r\n\r\n" + smuggled));
}

ASYNC_TEST(server_smuggling, chunk_extensions_with_line_ends_in_them) {
  for (const auto& line :
       texts{"3;\n", "3;a\n", "3;a=b\nabc", "3;a\rb", "3;\r\r\n", "3;a=\"\n\"", "3;a=\"\r\""})
    co_await expect_broken(chunked(line + "\r\nabc\r\n0\r\n\r\n" + smuggled));
  // The line ends where it ends, in quotes or not.
  co_await expect_broken(chunked("3;a=\"\r\nabcd\"\r\n0\r\n\r\n" + smuggled));
  for (const auto& c : texts{"\0"s, "\x01"s, "\x0b"s, "\x7f"s})
    co_await expect_broken(chunked("3;a" + c + "b\r\nabc\r\n0\r\n\r\n" + smuggled));
}

ASYNC_TEST(server_smuggling, chunk_extensions_without_a_semicolon) {
  co_await expect_broken(chunked("3 a=b\r\nabc\r\n0\r\n\r\n" + smuggled));
  co_await expect_broken(chunked("3,a=b\r\nabc\r\n0\r\n\r\n" + smuggled));
  co_await expect_broken(chunked("3:a\r\nabc\r\n0\r\n\r\n" + smuggled));
}

// What another parser takes for a part of the extension, or not.
ASYNC_TEST(server_smuggling, chunk_extensions_that_are_none) {
  for (const auto& extension : texts{";bad[=x", ";", ";;", "; ", ";a=", ";a=\"", ";a=\"b", ";a=\"b\\\"",
                                     ";x=\xe6", ";=b", ";a b", ";a=b c", ";a ", ";a=b\t"})
    co_await expect_broken(chunked("3" + extension + "\r\nabc\r\n0\r\n\r\n" + smuggled));
}

ASYNC_TEST(server_smuggling, chunk_extensions_beyond_measure) {
  co_await expect_broken(chunked("3;" + std::string(300, 'e') + "\r\nabc\r\n0\r\n\r\n"));
  std::string many;
  for (int i = 0; i != 200; ++i) many += "1;" + std::string(240, 'e') + "\r\na\r\n";
  co_await expect_broken(chunked(many + "0\r\n\r\n"));
}

ASYNC_TEST(server_smuggling, chunk_extensions_are_passed_over) {
  co_await expect_answered(chunked("3;a\r\nabc\r\n0;b=c\r\n\r\n"), "POST /first abc");
  co_await expect_answered(chunked("3;a=\"b;c\"\r\nabc\r\n0\r\n\r\n"), "POST /first abc");
  co_await expect_answered(chunked("3 ; a = \"b\\\"\xe6\" ;c\r\nabc\r\n0\r\n\r\n"), "POST /first abc");
}

ASYNC_TEST(server_smuggling, trailers_never_become_headers) {
  texts seen;
  served s{[&](server_request& request) -> awaitable<server_response> {
    const auto body = co_await request.text();
    seen.push_back(body);
    co_return server_response{200, "ok"};
  }};
  const auto r = co_await s.ask(
      chunked("3\r\nabc\r\n0\r\nContent-Length: 40\r\nTransfer-Encoding: chunked\r\nHost: y\r\n"
              "Connection: close\r\n\r\n") +
      second);
  EXPECT_EQ(r.status(), 200);
  EXPECT_FALSE(r.has("Connection"));
  const auto next = co_await s.answer();
  EXPECT_EQ(next.status(), 200);
  EXPECT_THAT(seen, ElementsAre("abc", ""));
}

ASYNC_TEST(server_smuggling, trailers_are_as_strict_as_headers) {
  for (const auto& line :
       texts{"A: b\n", "A : b\r\n", " A: b\r\n", "A: b\r\n c\r\n", "A: b\rC: d\r\n", "A: \0\r\n"s, ": b\r\n",
             "A\r\n", "A(: b\r\n", "\n", "\r\r\n", "GET /smuggled HTTP/1.1\r\n"})
    co_await expect_broken(chunked("3\r\nabc\r\n0\r\n" + line + "\r\n" + smuggled));
}

ASYNC_TEST(server_smuggling, trailers_beyond_measure) {
  co_await expect_broken(chunked("0\r\nA: " + std::string(10'000, 'a') + "\r\n\r\n"), 431);
  std::string many;
  for (int i = 0; i != 33; ++i) many += "A: b\r\n";
  co_await expect_broken(chunked("0\r\n" + many + "\r\n"), 431);
}

ASYNC_TEST(server_smuggling, a_body_is_a_body_for_every_method) {
  for (const auto& method : texts{"GET", "DELETE", "OPTIONS", "PUT", "PATCH", "TRACE", "PURGE", "get"}) {
    const std::string start = method + " /first HTTP/1.1\r\nHost: x\r\n";
    co_await expect_answered(start + length_of(smuggled) + "\r\n" + smuggled, method + " /first " + smuggled);
    co_await expect_answered(start + chunked_field + "\r\n23\r\n" + smuggled + "\r\n0\r\n\r\n",
                             method + " /first " + smuggled);
  }
}

ASYNC_TEST(server_smuggling, the_body_of_head_is_not_the_next_request) {
  texts asked;
  served s{[&](server_request& request) { return note(asked, request); }};
  co_await s.send("HEAD /first HTTP/1.1\r\nHost: x\r\n" + length_of(smuggled) + "\r\n" + smuggled + second);
  const auto head = co_await s.answer(true);
  EXPECT_EQ(head.status(), 200);
  const auto next = co_await s.answer();
  EXPECT_EQ(next.status(), 200);
  EXPECT_THAT(asked, ElementsAre("HEAD /first " + smuggled, "GET /second"));
}

// A handler that does not look at the body.
awaitable<server_response> deaf(texts& asked, server_request& request) {
  asked.emplace_back(request.path());
  co_return server_response{200, "deaf"};
}

ASYNC_TEST(server_smuggling, a_body_that_nobody_reads_is_not_the_next_request) {
  struct row {
    std::string fields;
    std::string body;
    texts asked;
  };
  const texts both{"/first", "/second"};
  const texts one{"/first"};
  const std::vector<row> rows{{length_of(smuggled), smuggled, both},
                              {"Expect: 100-continue\r\n" + length_of(smuggled), smuggled, one},
                              {chunked_field, "23\r\n" + smuggled + "\r\n0\r\n\r\n", one},
                              {chunked_field, "0\r\n\r\n", one}};
  for (const auto& r : rows) {
    texts asked;
    served s{[&](server_request& request) { return deaf(asked, request); }};
    const auto answers = co_await s.ask_all(get(r.fields) + r.body + second);
    EXPECT_EQ(asked, r.asked) << r.fields;
    EXPECT_THAT(answers, Not(HasSubstr("HTTP/1.1 4"))) << r.fields;
  }
}

ASYNC_TEST(server_smuggling, a_broken_body_that_nobody_reads_ends_the_connection) {
  texts asked;
  served s{[&](server_request& r) { return deaf(asked, r); }};
  const auto r = co_await s.ask(chunked("zz\r\n" + smuggled) + second);
  EXPECT_EQ(r.body, "deaf");
  EXPECT_EQ(r.field("Connection"), "close");
  const auto rest = co_await s.client.read_to_end();
  EXPECT_EQ(rest, "");
  EXPECT_THAT(asked, ElementsAre("/first"));
}

ASYNC_TEST(server_smuggling, half_a_body_that_a_handler_leaves_is_not_the_next_request) {
  texts asked;
  served s{[&](server_request& request) -> awaitable<server_response> {
    asked.emplace_back(request.path());
    co_await request.read_piece();
    co_return server_response{200, "half"};
  }};
  co_await s.send(post("Content-Length: 38\r\n", "abc"));
  co_await sleep(1s);
  co_await s.send(smuggled + second);
  for (int i = 0; i != 2; ++i) {
    const auto r = co_await s.answer();
    EXPECT_EQ(r.body, "half");
  }
  EXPECT_THAT(asked, ElementsAre("/first", "/second"));
}

ASYNC_TEST(server_smuggling, nothing_behind_connection_close_is_read) {
  co_await expect_last(get("Connection: close\r\n") + smuggled, "GET /first");
  co_await expect_last(get("Connection: keep-alive, close\r\n") + smuggled, "GET /first");
  co_await expect_last(get("Connection: keep-alive\r\nConnection: CLOSE\r\n") + smuggled, "GET /first");
  co_await expect_last(post("Connection: close\r\nContent-Length: 3\r\n", "abc") + smuggled,
                       "POST /first abc");
  co_await expect_last("GET /first HTTP/1.0\r\n\r\n" + smuggled, "GET /first");
}

ASYNC_TEST(server_smuggling, an_upgrade_that_is_not_made_changes_nothing) {
  co_await expect_answered(get("Connection: Upgrade\r\nUpgrade: websocket\r\n"), "GET /first");
  co_await expect_answered(
      get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"),
      "GET /first");
}

// A client that is told 2xx takes the connection for a tunnel (RFC 9110 9.3.6): what it sends then is for
// somebody else. No handler is asked, since most answer 200 to what they do not look at.
ASYNC_TEST(server_smuggling, connect_is_refused_and_nothing_behind_it_is_read) {
  co_await expect_refused("CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n" + smuggled, 405);
  co_await expect_refused("CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\nContent-Length: 3\r\n\r\nabc" + smuggled,
                          405);
  co_await expect_refused("CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\nContent-Length: 3\r\n\r\n", 405);
  co_await expect_refused("CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n" + chunked_field + "\r\n", 405);
  co_await expect_refused("CONNECT x:80 HTTP/1.0\r\n\r\n" + smuggled, 405);
}

// RFC 9110 15.5.6: a 405 names the methods that are allowed, here none.
ASYNC_TEST(server_smuggling, connect_is_told_that_no_method_is_allowed) {
  served s{[](server_request&) -> awaitable<server_response> { co_return server_response{200, "no"}; }};
  const auto r = co_await s.ask("CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n");
  EXPECT_EQ(r.start_line(), "HTTP/1.1 405 Method Not Allowed");
  EXPECT_TRUE(r.has("Allow"));
  EXPECT_EQ(r.field("Allow"), "");
  EXPECT_EQ(r.field("Connection"), "close");
  EXPECT_EQ(s.server.requests(), 1U);
}

}  // namespace bight::http::server_smuggling_test
