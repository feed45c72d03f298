// One test per deviation that the lenient profile forgives, and per rule that it does not.
#include "http/h1/deviation.hpp"

#include <gtest/gtest.h>

#include <string>

#include "transcript.hpp"

namespace bight::http::h1::deviation_test {

using namespace std::string_literals;

transcript parse(std::string_view input) {
  return record_all_splits(input, true, [] { return response_parser(); });
}

const std::string ok = "HTTP/1.1 200 OK\r\n";
const std::string length = "Content-Length: 1\r\n";

TEST(h1_deviation, every_deviation_has_a_name) {
  for (std::size_t i = 0; i != deviation_count; ++i)
    EXPECT_NE(to_string(static_cast<deviation>(i)), "unknown");
}

TEST(h1_deviation, the_first_offset_is_kept) {
  deviations found;
  EXPECT_FALSE(found.any());
  found.add(deviation::bare_lf, 7);
  found.add(deviation::bare_lf, 9);
  EXPECT_TRUE(found.has(deviation::bare_lf));
  EXPECT_FALSE(found.has(deviation::bare_cr));
  EXPECT_EQ(found.offset(deviation::bare_lf), 7U);
  EXPECT_EQ(found.bits(), 1U << static_cast<unsigned>(deviation::bare_lf));
}

TEST(h1_deviation, blank_lines_before_the_status_line) {
  const transcript t = parse("\r\n\r\n" + ok + length + "\r\nx");
  EXPECT_EQ(t.deviations, " leading_blank_line@0");
  EXPECT_EQ(t.body, "x");
}

TEST(h1_deviation, lines_ended_by_lf_alone) {
  const transcript t = parse("HTTP/1.1 200 OK\nContent-Length: 1\n\nx");
  EXPECT_EQ(t.deviations, " bare_lf@15");
  EXPECT_EQ(t.head, "200|OK|1.1|f1|keep;");
  EXPECT_EQ(t.body, "x");
}

TEST(h1_deviation, lines_ended_by_several_crs) {
  const transcript t = parse("HTTP/1.1 200 OK\r\r\nContent-Length: 1\r\r\n\r\r\nx");
  EXPECT_EQ(t.deviations, " extra_cr@15");
  EXPECT_EQ(t.body, "x");
}

TEST(h1_deviation, cr_inside_a_value_reads_as_space) {
  const transcript t = parse(ok + "A: b\rContent-Length: 9\r\n" + length + "\r\nx");
  EXPECT_EQ(t.deviations, " bare_cr@21");
  EXPECT_EQ(t.fields, "[A=b Content-Length: 9][Content-Length=1]");
}

TEST(h1_deviation, control_characters_in_value_and_reason) {
  const transcript t = parse("HTTP/1.1 200 O\x01K\r\nA: b\x7f\x02\r\n" + length + "\r\nx");
  EXPECT_EQ(t.deviations, " control_character@14");
  EXPECT_EQ(t.fields, "[A=b\x7f\x02][Content-Length=1]");
}

TEST(h1_deviation, status_line_without_version) {
  EXPECT_EQ(parse("ICY 200 OK\r\n\r\nmusic").deviations, " no_version@0");
  const transcript t = parse("HTTP 200 OK\r\n\r\nbody");
  EXPECT_EQ(t.head, "200|OK|1.0|f3|close;");
  EXPECT_EQ(t.deviations, " no_version@0");
}

TEST(h1_deviation, lower_case_version) {
  EXPECT_EQ(parse("http/1.1 200 OK\r\n\r\n").deviations, " lowercase_version@0");
}

TEST(h1_deviation, several_spaces_before_the_status_code) {
  EXPECT_EQ(parse("HTTP/1.1  200 OK\r\n\r\n").deviations, " extra_space_in_start_line@8");
}

TEST(h1_deviation, no_reason) {
  const transcript t = parse("HTTP/1.1 200\r\n\r\n");
  EXPECT_EQ(t.deviations, " missing_reason@12");
  EXPECT_EQ(t.head, "200||1.1|f3|close;");
  EXPECT_EQ(parse("HTTP/1.1 200 \r\n\r\n").deviations, "") << "an empty reason is allowed";
}

TEST(h1_deviation, status_above_599) {
  EXPECT_EQ(parse("HTTP/1.1 999 No\r\n\r\n").deviations, " unassigned_status@9");
}

TEST(h1_deviation, space_before_the_colon) {
  const transcript t = parse(ok + "Content-Length : 1\r\n\r\nx");
  EXPECT_EQ(t.deviations, " space_before_colon@31");
  EXPECT_EQ(t.body, "x");
  EXPECT_EQ(t.end, "end");
}

TEST(h1_deviation, folded_value_is_joined_by_spaces) {
  const transcript t = parse(ok + "A: one\r\n \t two \r\n\tthree\r\n" + length + "\r\nx");
  EXPECT_EQ(t.deviations, " obs_fold@25");
  EXPECT_EQ(t.fields, "[A=one     two    three][Content-Length=1]");
  EXPECT_EQ(t.body, "x");
}

TEST(h1_deviation, folded_value_that_begins_in_the_second_line) {
  EXPECT_EQ(parse(ok + "A:\r\n one\r\n \r\nB: c\r\n\r\n").fields, "[A=one][B=c]");
}

TEST(h1_deviation, folded_framing_fields_are_read_joined) {
  const transcript t = parse(ok + "Content-Length:\r\n 1\r\n\r\nx");
  EXPECT_EQ(t.head, "200|OK|1.1|f1|keep;");
  EXPECT_EQ(t.body, "x");
}

TEST(h1_deviation, first_line_that_begins_with_a_space_is_passed_over) {
  const transcript t = parse(ok + " A: b\r\nC: d\r\n\r\n");
  EXPECT_EQ(t.fields, "[C=d]");
  EXPECT_EQ(t.deviations, " obs_fold@17");
}

TEST(h1_deviation, line_without_colon_is_passed_over) {
  const transcript t = parse(ok + "nonsense\r\n its fold\r\nA: b\r\n\r\n");
  EXPECT_EQ(t.fields, "[A=b]");
  EXPECT_EQ(t.deviations, " obs_fold@27 no_colon@17");
}

TEST(h1_deviation, name_that_is_no_token_is_passed_over) {
  const transcript t = parse(ok + "Content Length: 9\r\n: x\r\nA: b\r\n\r\n");
  EXPECT_EQ(t.fields, "[A=b]");
  EXPECT_EQ(t.deviations, " invalid_name@17");
}

TEST(h1_deviation, transfer_encoding_wins_over_content_length_and_the_connection_closes) {
  const transcript t =
      parse(ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
  EXPECT_EQ(t.deviations, " te_and_cl@33");
  EXPECT_EQ(t.head, "200|OK|1.1|f2|close;");
  EXPECT_EQ(t.body, "x");
}

TEST(h1_deviation, transfer_encoding_in_http_1_0_is_obeyed_and_the_connection_closes) {
  const transcript t = parse(
      "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
  EXPECT_EQ(t.deviations, " te_in_http_1_0@60");
  EXPECT_EQ(t.head, "200|OK|1.0|f2|close;");
}

TEST(h1_deviation, identity_transfer_coding_is_passed_over) {
  const transcript t = parse(ok + "Transfer-Encoding: identity\r\n\r\nx");
  EXPECT_EQ(t.deviations, " identity_transfer_coding@36");
  EXPECT_EQ(t.body, "x");
}

TEST(h1_deviation, chunked_that_is_said_twice_is_one_layer_and_the_connection_closes) {
  const auto body = "\r\n1\r\nx\r\n0\r\n\r\n"s;
  for (const auto& fields :
       {"Transfer-Encoding: chunked, chunked\r\n"s, "Transfer-Encoding: chunked,CHUNKED\r\n"s,
        "Transfer-Encoding: chunked, chunked, chunked\r\n"s,
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"s,
        "Transfer-Encoding: chunked\r\nX: y\r\ntransfer-encoding: chunked\r\n"s}) {
    const transcript t = parse(ok + fields + body);
    EXPECT_EQ(t.code, errc{}) << fields;
    EXPECT_NE(t.deviations.find(" repeated_chunked@"), std::string::npos) << fields;
    EXPECT_EQ(t.head, "200|OK|1.1|f2|close;") << fields;
    EXPECT_EQ(t.body, "x") << fields;
    EXPECT_EQ(t.end, "end") << fields;
  }
  const transcript list = parse(ok + "Transfer-Encoding: chunked, chunked\r\n" + body);
  EXPECT_EQ(list.deviations, " repeated_chunked@45");
  const transcript nothing_more = parse(ok + "Transfer-Encoding: chunked, identity\r\n" + body);
  EXPECT_EQ(nothing_more.deviations, " identity_transfer_coding@45");
  EXPECT_EQ(nothing_more.head, "200|OK|1.1|f2|close;");
  EXPECT_EQ(nothing_more.body, "x");
  EXPECT_EQ(parse(ok + "Transfer-Encoding: chunked, gzip\r\n" + body).code, errc::bad_framing);
}

TEST(h1_deviation, equal_content_lengths) {
  const transcript lines = parse(ok + length + length + "\r\nx");
  EXPECT_EQ(lines.deviations, " duplicate_content_length@52");
  EXPECT_EQ(lines.body, "x");
  const transcript list = parse(ok + "Content-Length: 1, 1\r\n\r\nx");
  EXPECT_EQ(list.deviations, " content_length_list@36");
  EXPECT_EQ(list.body, "x");
}

TEST(h1_deviation, content_length_that_is_no_number_means_up_to_the_close) {
  for (const char* value :
       {"", "-1", "+1", "1 1", "0x1", "1_0", "99999999999999999999", "9223372036854775808"}) {
    const transcript t = parse(ok + "Content-Length: " + value + "\r\n\r\nxyz");
    EXPECT_EQ(t.head, "200|OK|1.1|f3|close;") << value;
    EXPECT_NE(t.deviations.find("invalid_content_length@33"), std::string::npos) << value;
    EXPECT_EQ(t.body, "xyz") << value;
  }
}

TEST(h1_deviation, padded_chunk_sizes_and_bare_lf_in_chunks) {
  const std::string head = ok + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(parse(head + "1  \r\nx\r\n 0\r\n\r\n").deviations, " chunk_size_padding@48");
  const transcript t = parse(head + "1\nx\n0\n\n");
  EXPECT_EQ(t.deviations, " bare_lf@48");
  EXPECT_EQ(t.end, "end");
}

TEST(h1_deviation, end_of_connection_after_the_last_chunk) {
  const transcript t = parse(ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n");
  EXPECT_EQ(t.end, "end");
  EXPECT_EQ(t.trailers, "");
  EXPECT_EQ(t.deviations, " missing_last_line@56");
}

// What is not forgiven.

TEST(h1_deviation, start_lines_that_are_refused) {
  for (const char* line :
       {"<html>", "HTTP/1.1", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 099 OK", "HTTP/1.x 200 OK",
        "HTTP/1.1200 OK", "HTTP/1 200 OK", "HTTP/ 200", "XTTP/1.1 200 OK", "HTTP/1.1 200 a\rb"}) {
    EXPECT_EQ(parse(line + "\r\n\r\n"s).code, errc::malformed_start_line) << line;
  }
  EXPECT_EQ(parse("HTTP/2 200 OK\r\n\r\n").code, errc::unsupported_version);
  EXPECT_EQ(parse("HTTP/2.0 200 OK\r\n\r\n").code, errc::unsupported_version);
  EXPECT_EQ(parse("HTTP/11.1 200 OK\r\n\r\n").code, errc::unsupported_version);
  EXPECT_EQ(parse("HTTP/0.9 200 OK\r\n\r\n").code, errc::unsupported_version);
}

TEST(h1_deviation, nul_is_refused) {
  EXPECT_EQ(parse(ok + "A: b\0c\r\n\r\n"s).code, errc::malformed_header);
  EXPECT_EQ(parse(ok + "A\0: c\r\n\r\n"s).code, errc::malformed_header);
  EXPECT_EQ(parse("HTTP/1.1 200 O\0K\r\n\r\n"s).code, errc::malformed_start_line);
}

TEST(h1_deviation, content_lengths_that_differ_are_refused) {
  EXPECT_EQ(parse(ok + length + "Content-Length: 2\r\n\r\nxy").code, errc::bad_framing);
  EXPECT_EQ(parse(ok + "Content-Length: 1, 2\r\n\r\nxy").code, errc::bad_framing);
}

TEST(h1_deviation, other_transfer_codings_are_refused) {
  EXPECT_EQ(parse(ok + "Transfer-Encoding: gzip, chunked\r\n\r\n").code, errc::unsupported_transfer_coding);
  EXPECT_EQ(parse(ok + "Transfer-Encoding: gzip\r\n\r\n").code, errc::unsupported_transfer_coding);
  EXPECT_EQ(parse(ok + "Transfer-Encoding: chunked, gzip\r\n\r\n").code, errc::bad_framing);
  EXPECT_EQ(parse(ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n").code,
            errc::bad_framing);
}

TEST(h1_deviation, broken_chunks_are_refused) {
  const std::string head = ok + "Transfer-Encoding: chunked\r\n\r\n";
  for (const char* chunk :
       {"\r\n", "g\r\n", "-1\r\n", "0x1\r\nx\r\n", "1 1\r\nx\r\n", "11111111111111111\r\n",
        "8000000000000000\r\n", "1\r\nxy\r\n", "1;a=\x01\r\nx\r\n", "1\r\nx\ry"})
    EXPECT_EQ(parse(head + chunk).code, errc::malformed_chunk) << chunk;
}

}  // namespace bight::http::h1::deviation_test
