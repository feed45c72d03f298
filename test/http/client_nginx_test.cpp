// The client and a real nginx.
#include <bight/http/client.hpp>

#include <bight/core/task_group.hpp>
#include <bight/http/error.hpp>
#include <bight/net/error.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <set>
#include <string>
#include <vector>

#include "support/answers.hpp"
#include "support/certificates.hpp"
#include "support/nginx.hpp"
#include "support/sockets.hpp"

namespace bight::http::client_nginx_test {

using test::certificates;
using test::get;
using test::nginx;
using test::nginx_options;
using test::send;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

class client_nginx : public test::with_peers<nginx> {};

// With these directives; every answer says which connection it came on, and as which one there.
nginx_options with(std::string directives) {
  nginx_options options;
  options.server =
      "add_header X-Connection $connection always;\n"
      "add_header X-Request $connection_requests always;\n" +
      std::move(directives);
  return options;
}

std::string field(const response& r, std::string_view name) {
  return std::string{r.headers().get(name).value_or("(none)")};
}

TEST_F(client_nginx, a_file_arrives_with_its_headers) {
  const nginx server;
  server.put("hello.txt", "hello, world\n");
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    const auto r = co_await get(c, server.url("/hello.txt"));
    EXPECT_EQ(r.status, 200);
    EXPECT_EQ(r.text, "hello, world\n");
    EXPECT_EQ(r.at("Content-Length"), "13");
    EXPECT_EQ(r.at("Content-Type"), "text/plain");
    EXPECT_THAT(r.at("Server"), StartsWith("nginx/"));
    EXPECT_EQ(c.idle_connections(), 1U);
  });
}

TEST_F(client_nginx, a_hundred_requests_use_one_connection) {
  const nginx server{with("")};
  server.put("hello.txt", "hello");
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    std::set<std::string> connections;
    for (int i = 1; i <= 100; ++i) {
      const auto r = co_await get(c, server.url("/hello.txt"));
      EXPECT_EQ(r.text, "hello");
      EXPECT_EQ(r.at("X-Request"), std::to_string(i));
      connections.insert(r.at("X-Connection"));
    }
    EXPECT_THAT(connections, SizeIs(1));
    EXPECT_EQ(c.connections(), 1U);
  });
}

TEST_F(client_nginx, a_connection_that_it_closes_after_three_requests_is_replaced) {
  const nginx server{with("keepalive_requests 3;")};
  server.put("hello.txt", "hello");
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    std::set<std::string> connections;
    for (int i = 0; i != 10; ++i) {
      const auto r = co_await get(c, server.url("/hello.txt"));
      EXPECT_EQ(r.status, 200);
      EXPECT_EQ(r.text, "hello");
      EXPECT_EQ(r.at("X-Request"), std::to_string(i % 3 + 1));
      EXPECT_EQ(c.idle_connections(), i % 3 == 2 ? 0U : 1U);
      connections.insert(r.at("X-Connection"));
    }
    EXPECT_THAT(connections, SizeIs(4));
  });
}

TEST_F(client_nginx, without_keep_alive_each_request_has_its_connection) {
  const nginx server{with("keepalive_timeout 0;")};
  server.put("hello.txt", "hello");
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    for (int i = 0; i != 5; ++i) {
      const auto r = co_await get(c, server.url("/hello.txt"));
      EXPECT_EQ(r.text, "hello");
      EXPECT_EQ(r.at("Connection"), "close");
      EXPECT_EQ(r.at("X-Request"), "1");
      EXPECT_EQ(c.connections(), 0U);
    }
  });
}

awaitable<void> get_ten(client& c, const nginx& server, std::set<std::string>& connections) {
  for (int i = 0; i != 10; ++i) {
    const auto r = co_await get(c, server.url("/file"));
    EXPECT_EQ(r.text.size(), 100'000U);
    connections.insert(r.at("X-Connection"));
  }
}

TEST_F(client_nginx, many_requests_at_a_time_share_the_connections_of_the_limit) {
  const nginx server{with("")};
  server.put("file", test::pattern(100'000));
  testing::run_virtual([&]() -> awaitable<void> {
    client_options options;
    options.limits.max_connections_per_host = 8;
    client c{options};
    std::set<std::string> connections;
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      for (int i = 0; i != 24; ++i)
        group.spawn(get_ten, std::ref(c), std::cref(server), std::ref(connections)).detach();
      co_return;
    });
    EXPECT_THAT(connections, SizeIs(8));
  });
}

TEST_F(client_nginx, gzip_is_undone) {
  const nginx server{with("gzip on; gzip_types text/plain; gzip_min_length 1;")};
  std::string content;
  for (int i = 0; i != 20'000; ++i) content += "line " + std::to_string(i % 100) + '\n';
  server.put("lines.txt", content);
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    for (int i = 1; i <= 3; ++i) {
      const auto r = co_await get(c, server.url("/lines.txt"));
      EXPECT_EQ(r.at("Content-Encoding"), "gzip");
      EXPECT_EQ(r.at("Transfer-Encoding"), "chunked");
      EXPECT_TRUE(r.text == content);
      EXPECT_LT(r.received, content.size() / 10);
      EXPECT_EQ(r.at("X-Request"), std::to_string(i));
    }
    client_options plain;
    plain.decode = false;
    client as_it_is{plain};
    const auto r = co_await get(as_it_is, server.url("/lines.txt"));
    EXPECT_EQ(r.at("Content-Encoding"), "(none)");
    EXPECT_EQ(r.received, content.size());
    EXPECT_TRUE(r.text == content);
  });
}

TEST_F(client_nginx, an_empty_file_is_an_empty_body_with_and_without_gzip) {
  const nginx server{with("gzip on; gzip_types text/plain; gzip_min_length 0;")};
  server.put("empty.txt", "");
  server.put("one.txt", "1");
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    const auto empty = co_await get(c, server.url("/empty.txt"));
    EXPECT_EQ(empty.status, 200);
    EXPECT_EQ(empty.text, "");
    const auto one = co_await get(c, server.url("/one.txt"));
    EXPECT_EQ(one.at("Content-Encoding"), "gzip");
    EXPECT_EQ(one.text, "1");
    EXPECT_EQ(one.at("X-Request"), "2");
  });
}

TEST_F(client_nginx, chunks_are_joined) {
  const nginx server{with("ssi on; ssi_types text/plain;")};
  std::string content;
  std::string expected;
  for (int i = 0; i != 2000; ++i) {
    content += "<!--#echo var=\"request_method\" --> " + std::string(500, 'c') + '\n';
    expected += "GET " + std::string(500, 'c') + '\n';
  }
  server.put("parts.txt", content);
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    for (int i = 1; i <= 3; ++i) {
      const auto r = co_await get(c, server.url("/parts.txt"));
      EXPECT_EQ(r.at("Transfer-Encoding"), "chunked");
      EXPECT_TRUE(r.text == expected) << r.text.size();
      EXPECT_EQ(r.at("X-Request"), std::to_string(i));
    }
  });
}

TEST_F(client_nginx, what_has_not_changed_is_304_without_a_body) {
  const nginx server{with("")};
  server.put("hello.txt", "hello");
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    const auto first = co_await get(c, server.url("/hello.txt"));
    headers by_tag;
    by_tag.set("If-None-Match", first.at("ETag"));
    const auto same = co_await get(c, server.url("/hello.txt"), by_tag);
    EXPECT_EQ(same.status, 304);
    EXPECT_EQ(same.text, "");
    EXPECT_EQ(same.at("ETag"), first.at("ETag"));
    headers by_date;
    by_date.set("If-Modified-Since", first.at("Last-Modified"));
    const auto too = co_await get(c, server.url("/hello.txt"), by_date);
    EXPECT_EQ(too.status, 304);
    headers other;
    other.set("If-None-Match", "\"other\"");
    const auto changed = co_await get(c, server.url("/hello.txt"), other);
    EXPECT_EQ(changed.status, 200);
    EXPECT_EQ(changed.text, "hello");
    EXPECT_EQ(changed.at("X-Request"), "4") << "all on one connection";
  });
}

TEST_F(client_nginx, a_range_is_a_part) {
  const nginx server{with("")};
  const auto content = test::pattern(1000);
  server.put("file", content);
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    headers middle;
    middle.set("Range", "bytes=10-19");
    const auto part = co_await get(c, server.url("/file"), middle);
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.at("Content-Range"), "bytes 10-19/1000");
    EXPECT_EQ(part.text, content.substr(10, 10));
    headers end;
    end.set("Range", "bytes=-5");
    const auto last = co_await get(c, server.url("/file"), end);
    EXPECT_EQ(last.text, content.substr(995));
    headers beyond;
    beyond.set("Range", "bytes=1000-");
    const auto none = co_await get(c, server.url("/file"), beyond);
    EXPECT_EQ(none.status, 416);
    EXPECT_EQ(none.at("Content-Range"), "bytes */1000");
    EXPECT_EQ(none.at("X-Request"), "3");
  });
}

TEST_F(client_nginx, redirects_are_followed) {
  const nginx server{
      with("location = /old { return 301 /new.txt; }\n"
           "location = /older { return 302 /old; }\n"
           "location = /loop { return 307 /loop; }\n")};
  server.put("new.txt", "new");
  server.put("folder/index.html", "index");
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    auto r = co_await c.get(server.url("/older#here"));
    EXPECT_EQ(r.status(), 200);
    EXPECT_EQ(r.url().href(), server.url("/new.txt#here"));
    CO_ASSERT_EQ(r.history().size(), 2U);
    EXPECT_EQ(r.history()[0].url.href(), server.url("/older#here"));
    const auto text = co_await r.text();
    EXPECT_EQ(text, "new");
    EXPECT_EQ(field(r, "X-Request"), "3") << "all on one connection";
    auto folder = co_await c.get(server.url("/folder"));
    EXPECT_EQ(folder.url().href(), server.url("/folder/"));
    const auto index = co_await folder.text();
    EXPECT_EQ(index, "index");
    const auto error = co_await test::error_of(c.get(server.url("/loop")));
    EXPECT_EQ(error.code(), errc::too_many_redirects);
  });
}

TEST_F(client_nginx, error_pages_have_their_status_and_text) {
  const nginx server{
      with("error_page 404 /missing.html;\nlocation = /secret { deny all; }\n"
           "location = /teapot { return 418 short; }\n")};
  server.put("missing.html", "<p>not here</p>");
  server.put("folder/file", "");
  server.put("plain.txt", "");
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    const auto missing = co_await get(c, server.url("/none"));
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(missing.text, "<p>not here</p>");
    const auto denied = co_await get(c, server.url("/secret"));
    EXPECT_EQ(denied.status, 403);
    EXPECT_THAT(denied.text, HasSubstr("403 Forbidden"));
    const auto listing = co_await get(c, server.url("/folder/"));
    EXPECT_EQ(listing.status, 403);
    const auto teapot = co_await get(c, server.url("/teapot"));
    EXPECT_EQ(teapot.status, 418);
    EXPECT_EQ(teapot.text, "short");
    const auto posted = co_await send(c, method::post, server.url("/plain.txt"), "body");
    EXPECT_EQ(posted.status, 405);
    EXPECT_EQ(posted.at("X-Request"), "5") << "all on one connection";
    auto r = co_await c.get(server.url("/none"));
    EXPECT_THROW(r.raise_for_status(), status_error);
  });
}

TEST_F(client_nginx, a_large_file_arrives_whole) {
  const nginx server{with("")};
  const auto content = test::pattern(10'000'000);
  server.put("large.bin", content);
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    const auto whole = co_await get(c, server.url("/large.bin"));
    EXPECT_TRUE(whole.text == content) << whole.text.size();
    auto r = co_await c.get(server.url("/large.bin"));
    EXPECT_EQ(r.size_hint(), content.size());
    std::string pieces;
    while (true) {
      const auto piece = co_await r.read_piece();
      if (piece.empty()) break;
      pieces.append(piece);
    }
    EXPECT_TRUE(pieces == content) << pieces.size();
    EXPECT_EQ(field(r, "X-Request"), "2");
    EXPECT_EQ(c.connections(), 1U);
  });
}

TEST_F(client_nginx, a_large_file_that_is_left_costs_its_connection) {
  const nginx server{with("")};
  server.put("large.bin", test::pattern(10'000'000));
  server.put("hello.txt", "hello");
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    for (int i = 0; i != 3; ++i) {
      {
        auto r = co_await c.get(server.url("/large.bin"));
        const auto piece = co_await r.read_piece();
        EXPECT_FALSE(piece.empty());
      }
      EXPECT_EQ(c.connections(), 0U);
      const auto hello = co_await get(c, server.url("/hello.txt"));
      EXPECT_EQ(hello.text, "hello");
      c.close_idle();
    }
  });
}

TEST_F(client_nginx, head_has_no_body) {
  const nginx server{with("gzip on; gzip_types text/plain; gzip_min_length 1;")};
  server.put("file.bin", test::pattern(1000));
  server.put("lines.txt", std::string(1000, 'l'));
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    const auto plain = co_await send(c, method::head, server.url("/file.bin"));
    EXPECT_EQ(plain.status, 200);
    EXPECT_EQ(plain.at("Content-Length"), "1000");
    EXPECT_EQ(plain.text, "");
    const auto zipped = co_await send(c, method::head, server.url("/lines.txt"));
    EXPECT_EQ(zipped.at("Content-Encoding"), "gzip");
    EXPECT_EQ(zipped.text, "");
    const auto missing = co_await send(c, method::head, server.url("/none"));
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(missing.text, "");
    const auto after = co_await get(c, server.url("/lines.txt"));
    EXPECT_EQ(after.text, std::string(1000, 'l'));
    EXPECT_EQ(after.at("X-Request"), "4");
  });
}

TEST_F(client_nginx, a_body_is_sent_with_its_length) {
  const nginx server{
      with("location = /echo { return 200 \"$request_method $content_length\"; }\n"
           "client_max_body_size 2m;")};
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    const auto post = co_await send(c, method::post, server.url("/echo"), "name=value");
    EXPECT_EQ(post.text, "POST 10");
    const auto put = co_await send(c, method::put, server.url("/echo"), std::string(1'000'000, 'p'));
    EXPECT_EQ(put.text, "PUT 1000000");
    const auto none = co_await send(c, method::post, server.url("/echo"));
    EXPECT_EQ(none.text, "POST 0");
    const auto removed = co_await send(c, method::delete_, server.url("/echo"));
    EXPECT_EQ(removed.text, "DELETE ");
  });
}

// It answers when it has seen the head, and goes on reading what it does not want.
TEST_F(client_nginx, a_body_that_is_too_large_for_it_is_answered_413) {
  const nginx server{with("client_max_body_size 1k;")};
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    for (const std::size_t size : {1025U, 5'000'000U}) {
      const auto r = co_await send(c, method::post, server.url("/echo"), std::string(size, 'b'));
      EXPECT_EQ(r.status, 413);
      EXPECT_THAT(r.text, HasSubstr("413 Request Entity Too Large"));
      EXPECT_EQ(c.connections(), 0U);
    }
  });
}

TEST_F(client_nginx, heads_that_are_too_large_for_it_are_refused_in_its_words) {
  const nginx server{with("large_client_header_buffers 2 1k;")};
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    const auto target = co_await get(c, server.url("/" + std::string(5000, 'a')));
    EXPECT_EQ(target.status, 414);
    headers large;
    large.set("X-Large", std::string(5000, 'a'));
    const auto head = co_await get(c, server.url("/"), large);
    EXPECT_EQ(head.status, 400);
    EXPECT_THAT(head.text, HasSubstr("Request Header Or Cookie Too Large"));
  });
}

class client_nginx_tls : public client_nginx {
 protected:
  void SetUp() override {
    client_nginx::SetUp();
    if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  }
};

nginx_options secured(const test::certificate& identity, const std::string& directives) {
  auto options =
      with("ssl_certificate " + identity.file + "; ssl_certificate_key " + identity.key + ";\n" + directives);
  options.listen = "ssl";
  return options;
}

client_options trusting() {
  client_options options;
  options.tls = net::tls_client_context::from_ca_file(certificates::instance().authority());
  return options;
}

TEST_F(client_nginx_tls, requests_share_a_connection) {
  const nginx server{secured(certificates::instance().good(), "keepalive_requests 50;")};
  const auto content = test::pattern(3'000'000);
  server.put("file", content);
  server.put("hello.txt", "hello");
  testing::run_virtual([&]() -> awaitable<void> {
    client c{trusting()};
    for (int i = 1; i <= 49; ++i) {
      const auto r = co_await get(c, server.url("/hello.txt", "https"));
      EXPECT_EQ(r.text, "hello");
      EXPECT_EQ(r.at("X-Request"), std::to_string(i));
    }
    const auto last = co_await get(c, server.url("/file", "https"));
    EXPECT_EQ(last.at("Connection"), "close");
    EXPECT_TRUE(last.text == content);
    const auto fresh = co_await get(c, server.url("/file", "https"));
    EXPECT_EQ(fresh.at("X-Request"), "1");
    EXPECT_TRUE(fresh.text == content);
  });
}

TEST_F(client_nginx_tls, an_authority_that_is_not_trusted_is_an_error_that_names_the_url) {
  const nginx server{secured(certificates::instance().self_signed(), "")};
  testing::run_virtual([&]() -> awaitable<void> {
    client c{trusting()};
    const auto error = co_await test::error_of(c.get(server.url("/", "https")));
    EXPECT_EQ(error.code(), net::errc::certificate_invalid);
    EXPECT_THAT(error.what(), HasSubstr(server.url("/", "https")));
    EXPECT_EQ(c.connections(), 0U);
  });
}

TEST_F(client_nginx_tls, plain_http_on_its_port_is_answered_400) {
  const nginx server{secured(certificates::instance().good(), "")};
  testing::run_virtual([&]() -> awaitable<void> {
    client c;
    const auto r = co_await get(c, server.url("/"));
    EXPECT_EQ(r.status, 400);
    EXPECT_THAT(r.text, HasSubstr("plain HTTP request was sent to HTTPS port"));
  });
}

}  // namespace bight::http::client_nginx_test
