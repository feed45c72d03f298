// The client and Apache httpd.
#include <bight/http/client.hpp>

#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <set>
#include <string>

#include "support/answers.hpp"
#include "support/peers.hpp"
#include "support/sockets.hpp"

namespace bight::http::peers_apache_test {

using test::apache;
using test::apache_options;
using test::get;
using test::send;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class peers_apache : public test::with_peers<apache> {};

apache_options with(std::string directives) {
  apache_options options;
  options.server = std::move(directives);
  return options;
}

std::string with_login(const apache& server, std::string_view login, std::string_view path) {
  return std::string{"http://"}.append(login).append("@").append(server.authority()).append(path);
}

ASYNC_TEST_F(peers_apache, a_file_arrives_with_its_headers) {
  const apache server;
  server.put("hello.txt", "hello, world\n");
  client c;
  const auto r = co_await get(c, server.url("/hello.txt"));
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.text, "hello, world\n");
  EXPECT_EQ(r.at("Content-Type"), "text/plain");
  EXPECT_THAT(r.at("Server"), StartsWith("Apache/2"));
  EXPECT_EQ(r.at("Accept-Ranges"), "bytes");
  const auto missing = co_await get(c, server.url("/none"));
  EXPECT_EQ(missing.status, 404);
  EXPECT_THAT(missing.text, HasSubstr("<h1>Not Found</h1>"));
  const auto head = co_await send(c, method::head, server.url("/hello.txt"));
  EXPECT_EQ(head.at("Content-Length"), "13");
  EXPECT_EQ(head.text, "");
  EXPECT_EQ(c.connections(), 1U);
}

ASYNC_TEST_F(peers_apache, conditions_and_ranges) {
  const apache server;
  const auto content = test::pattern(1000);
  server.put("file", content);
  client c;
  const auto whole = co_await get(c, server.url("/file"));
  EXPECT_TRUE(whole.text == content);
  headers same;
  same.set("If-None-Match", whole.at("ETag"));
  const auto unchanged = co_await get(c, server.url("/file"), same);
  EXPECT_EQ(unchanged.status, 304);
  headers middle;
  middle.set("Range", "bytes=10-19");
  middle.set("If-Range", whole.at("ETag"));
  const auto part = co_await get(c, server.url("/file"), middle);
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.text, content.substr(10, 10));
  headers two;
  two.set("Range", "bytes=0-9,990-999");
  const auto parts = co_await get(c, server.url("/file"), two);
  EXPECT_THAT(parts.at("Content-Type"), StartsWith("multipart/byteranges; boundary="));
  EXPECT_THAT(parts.text, AllOf(HasSubstr(content.substr(0, 10)), HasSubstr(content.substr(990))));
  headers beyond;
  beyond.set("Range", "bytes=1000-");
  const auto none = co_await get(c, server.url("/file"), beyond);
  EXPECT_EQ(none.status, 416);
  EXPECT_EQ(c.connections(), 1U);
}

ASYNC_TEST_F(peers_apache, gzip_is_undone) {
  const apache server{with("AddOutputFilterByType DEFLATE text/plain\n")};
  const std::string content(100'000, 'c');
  server.put("file.txt", content);
  client c;
  const auto r = co_await get(c, server.url("/file.txt"));
  EXPECT_EQ(r.at("Content-Encoding"), "gzip");
  EXPECT_TRUE(r.text == content);
  EXPECT_LT(r.received, 1000U);
  EXPECT_EQ(c.idle_connections(), 1U);
}

ASYNC_TEST_F(peers_apache, redirects_are_followed_and_loops_end) {
  const apache server{
      with("Redirect 301 /old /new.txt\nRedirect 302 /older /old\n"
           "Redirect 307 /there /back\nRedirect 307 /back /there\n")};
  server.put("new.txt", "new");
  server.put("folder/index.html", "index");
  client c;
  auto r = co_await c.get(server.url("/older"));
  EXPECT_EQ(r.url().href(), server.url("/new.txt"));
  EXPECT_EQ(r.history().size(), 2U);
  const auto text = co_await r.text();
  EXPECT_EQ(text, "new");
  auto folder = co_await c.get(server.url("/folder"));
  EXPECT_EQ(folder.url().href(), server.url("/folder/"));
  const auto index = co_await folder.text();
  EXPECT_EQ(index, "index");
  const auto error = co_await test::error_of(c.get(server.url("/there")));
  EXPECT_EQ(error.code(), errc::too_many_redirects);
}

ASYNC_TEST_F(peers_apache, the_login_of_a_url_is_basic_authentication) {
  const apache server;
  server.put("hello.txt", "hello");
  client c;
  const auto login = std::string{test::peer_user}.append(":").append(test::peer_password);
  const auto right = co_await get(c, with_login(server, login, "/basic/hello.txt"));
  EXPECT_EQ(right.status, 200);
  EXPECT_EQ(right.text, "hello");
  const auto wrong = co_await get(c, with_login(server, "user:other", "/basic/hello.txt"));
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.at("WWW-Authenticate"), "Basic realm=\"peers\"");
  EXPECT_THAT(server.log(), HasSubstr("user user: authentication failure"));
}

ASYNC_TEST_F(peers_apache, digest_authentication_is_asked_for) {
  const apache server;
  server.put("hello.txt", "hello");
  client c;
  const auto r = co_await get(c, server.url("/digest/hello.txt"));
  EXPECT_EQ(r.status, 401);
  EXPECT_THAT(r.at("WWW-Authenticate"), AllOf(StartsWith("Digest realm=\"peers\", nonce=\""),
                                              HasSubstr("algorithm=MD5"), HasSubstr("qop=\"auth\"")));
}

ASYNC_TEST_F(peers_apache, cgi_sees_the_request) {
  const apache server;
  server.put_script("show",
                    "printf 'Content-Type: text/plain\\n\\n'\n"
                    "printf '%s %s %s ' \"$REQUEST_METHOD\" \"$PATH_INFO\" \"$QUERY_STRING\"\n"
                    "printf '%s %s ' \"$CONTENT_LENGTH\" \"$HTTP_X_FIELD\"\ncat\n");
  client c;
  headers fields;
  fields.set("X-Field", "value");
  const auto got = co_await get(c, server.url("/cgi-bin/show/more?a=b"), fields);
  EXPECT_EQ(got.text, "GET /more a=b  value ");
  const auto posted = co_await send(c, method::post, server.url("/cgi-bin/show"), "the body");
  EXPECT_EQ(posted.text, "POST   8  the body");
  EXPECT_EQ(c.connections(), 1U);
}

ASYNC_TEST_F(peers_apache, cgi_chooses_status_headers_and_framing) {
  const apache server;
  server.put_script("teapot", "printf 'Status: 418 Short And Stout\\nX-A: 1\\nX-A: 2\\n\\nshort'\n");
  server.put_script("long",
                    "printf 'Content-Type: text/plain\\n\\n'\nhead -c 200000 /dev/zero | tr '\\0' z\n");
  server.put_script("moved", "printf 'Location: /cgi-bin/teapot\\n\\n'\n");
  server.put_script("away", "printf 'Status: 303\\nLocation: /hello.txt\\n\\n'\n");
  server.put_script("broken", "echo no head at all\n");
  server.put("hello.txt", "hello");
  client c;
  const auto teapot = co_await get(c, server.url("/cgi-bin/teapot"));
  EXPECT_EQ(teapot.status, 418);
  EXPECT_EQ(teapot.text, "short");
  const auto large = co_await get(c, server.url("/cgi-bin/long"));
  EXPECT_EQ(large.at("Transfer-Encoding"), "chunked");
  EXPECT_TRUE(large.text == std::string(200'000, 'z'));
  const auto inside = co_await get(c, server.url("/cgi-bin/moved"));  // redirected by the server itself
  EXPECT_EQ(inside.status, 418);
  const auto away = co_await send(c, method::post, server.url("/cgi-bin/away"), "body");
  EXPECT_EQ(away.text, "hello");
  const auto broken = co_await get(c, server.url("/cgi-bin/broken"));
  EXPECT_EQ(broken.status, 500);
}

ASYNC_TEST_F(peers_apache, a_hundred_requests_use_one_connection) {
  const apache server{with("Header set X-Port \"expr=%{REMOTE_PORT}\"\n")};
  server.put("hello.txt", "hello");
  client c;
  std::set<std::string> ports;
  for (int i = 0; i != 100; ++i) {
    const auto r = co_await get(c, server.url("/hello.txt"));
    EXPECT_EQ(r.text, "hello");
    ports.insert(r.at("X-Port"));
  }
  EXPECT_EQ(ports.size(), 1U);
}

ASYNC_TEST_F(peers_apache, without_keep_alive_each_request_has_its_connection) {
  const apache server{with("KeepAlive Off\n")};
  server.put("hello.txt", "hello");
  client c;
  for (int i = 0; i != 5; ++i) {
    const auto r = co_await get(c, server.url("/hello.txt"));
    EXPECT_EQ(r.text, "hello");
    EXPECT_EQ(r.at("Connection"), "close");
    EXPECT_EQ(c.connections(), 0U);
  }
}

}  // namespace bight::http::peers_apache_test
