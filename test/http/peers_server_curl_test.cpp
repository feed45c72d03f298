// The server and curl.
#include <bight/http/server.hpp>

#include <bight/testing/async_test.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/answers.hpp"
#include "support/child_process.hpp"
#include "support/http_served.hpp"
#include "support/peer_site.hpp"
#include "support/peers.hpp"
#include "support/sockets.hpp"

namespace bight::http::peers_server_curl_test {

using test::peer_notes;
using test::program_result;
using test::scratch_folder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class curl_program {
 public:
  static std::string missing() { return test::missing_program("curl"); }
};
class peers_server_curl : public test::with_peers<curl_program> {};

class site {
 public:
  site() : notes(std::make_shared<peer_notes>()), server(test::peer_site(notes, folder.path())) {}

  /// Runs curl with the URL of a path behind the arguments.
  awaitable<program_result> curl(std::vector<std::string> arguments, std::string path) {
    std::vector<std::string> all{test::find_program("curl"), "--silent", "--show-error", "--noproxy", "*"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    all.push_back(server.url(path));
    return test::run_client(std::move(all));
  }

  scratch_folder folder;
  std::shared_ptr<peer_notes> notes;
  test::running server;
};

std::vector<std::string> words(std::initializer_list<std::string> list) {
  return std::vector<std::string>(list);
}

ASYNC_TEST_F(peers_server_curl, get_head_and_a_redirect) {
  site s;
  auto plain = words({"--fail"});
  const auto hello = co_await s.curl(plain, "/hello");
  EXPECT_EQ(hello.status, 0) << hello.err;
  EXPECT_EQ(hello.out, "hello, world\n");
  auto only_head = words({"--head"});
  const auto head = co_await s.curl(only_head, "/hello");
  EXPECT_THAT(head.out, AllOf(HasSubstr("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Length: 13\r\n")));
  auto following = words({"--location", "--fail"});
  const auto moved = co_await s.curl(following, "/redirect");
  EXPECT_EQ(moved.out, "hello, world\n");
  EXPECT_THAT(s.notes->requests, ElementsAre("GET /hello", "HEAD /hello", "GET /redirect", "GET /hello"));
}

ASYNC_TEST_F(peers_server_curl, a_large_upload_waits_for_100_continue) {
  site s;
  const auto file = s.folder.write("large", test::pattern(3'000'000));
  auto upload = words({"--verbose", "--request", "POST", "--upload-file", file});
  const auto sent = co_await s.curl(upload, "/count");
  EXPECT_EQ(sent.status, 0) << sent.err;
  EXPECT_EQ(sent.out, "3000000 bytes\n");
  EXPECT_THAT(sent.err, AllOf(HasSubstr("> Expect: 100-continue"), HasSubstr("< HTTP/1.1 100 Continue"),
                              HasSubstr("< HTTP/1.1 200 OK")));
  auto chunked = words({"--header", "Transfer-Encoding: chunked", "--upload-file", file});
  const auto unsized = co_await s.curl(chunked, "/count");
  EXPECT_EQ(unsized.out, "3000000 bytes\n") << unsized.err;
}

// The server answers before the body, which curl then does not send.
ASYNC_TEST_F(peers_server_curl, an_upload_that_is_too_large_is_refused_before_it_is_sent) {
  http::server_options options;
  options.limits.max_body = 1'000'000;
  test::running server{[](server_request& r) -> awaitable<server_response> {
                         co_return server_response{200, co_await r.text()};
                       },
                       options};
  const scratch_folder folder;
  const auto file = folder.write("large", test::pattern(3'000'000));
  std::vector<std::string> command{test::find_program("curl"),    "--silent", "--noproxy", "*", "--write-out",
                                   "%{http_code} %{size_upload}", "--output", "/dev/null"};
  command.insert(command.end(), {"--upload-file", file, server.url("/x")});
  const auto refused = co_await test::run_client(std::move(command));
  EXPECT_EQ(refused.out, "413 0") << refused.err;
}

ASYNC_TEST_F(peers_server_curl, http_1_0_gets_the_same_without_chunks) {
  site s;
  auto old = words({"--http1.0", "--include"});
  const auto hello = co_await s.curl(old, "/hello");
  EXPECT_THAT(hello.out, AllOf(HasSubstr("Content-Length: 13\r\n"), HasSubstr("hello, world\n")));
  const auto lines = co_await s.curl(old, "/stream?pieces=2");
  EXPECT_EQ(lines.status, 0) << lines.err;
  EXPECT_THAT(lines.out, AllOf(HasSubstr("line 0\nline 1\n"), Not(HasSubstr("chunked"))));
}

ASYNC_TEST_F(peers_server_curl, ranges_and_a_download_that_is_resumed) {
  site s;
  const auto content = test::pattern(100'000);
  s.folder.write("clip.bin", content);
  auto part = words({"--fail", "--range", "10-19"});
  const auto ten = co_await s.curl(part, "/clip/clip.bin");
  EXPECT_EQ(ten.out, content.substr(10, 10)) << ten.err;
  const auto begun = s.folder.write("begun", content.substr(0, 40'000));
  auto resume = words({"--fail", "--continue-at", "-", "--output", begun});
  const auto rest = co_await s.curl(resume, "/clip/clip.bin");
  EXPECT_EQ(rest.status, 0) << rest.err;
  EXPECT_TRUE(test::read_file(begun) == content);
  EXPECT_THAT(s.notes->ranges, ElementsAre("bytes=10-19: 206", "bytes=40000-: 206"));
}

ASYNC_TEST_F(peers_server_curl, a_form_with_files) {
  site s;
  const auto file = s.folder.write("photo.jpg", test::pattern(50'000));
  auto form = words({"--form", "title=two words", "--form", "photo=@" + file + ";type=image/jpeg"});
  const auto parts = co_await s.curl(form, "/form");
  EXPECT_EQ(parts.out, "title - text/plain 9\nphoto photo.jpg image/jpeg 50000\n") << parts.err;
}

ASYNC_TEST_F(peers_server_curl, compressed_is_the_same_text_in_fewer_bytes) {
  site s;
  auto plain = words({"--fail"});
  const auto text = co_await s.curl(plain, "/text");
  for (const std::string coding : {"gzip", "br", "zstd"}) {
    auto options = words({"--compressed", "--header", "Accept-Encoding: " + coding, "--write-out",
                          "%{stderr}%{size_download} %header{content-encoding}"});
    const auto shorter = co_await s.curl(options, "/text");
    if (shorter.status == 61) continue;  // this curl cannot decode it
    EXPECT_TRUE(shorter.out == text.out) << coding;
    EXPECT_THAT(shorter.err, HasSubstr(' ' + coding));
    EXPECT_LT(std::stoul(shorter.err), text.out.size() / 4) << coding;
  }
}

ASYNC_TEST_F(peers_server_curl, the_connection_is_reused) {
  site s;
  auto two = words({"--write-out", "%{num_connects}\n", "--data", "a=1", s.server.url("/echo")});
  const auto both = co_await s.curl(two, "/echo");
  EXPECT_EQ(both.out, "POST /echo\na=11\nPOST /echo\na=10\n") << both.err;
}

}  // namespace bight::http::peers_server_curl_test
