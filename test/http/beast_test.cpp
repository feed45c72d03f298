// Beast's messages, as bight's and the reverse.
#include <bight/http/beast.hpp>

#include <bight/core/as_result.hpp>
#include <bight/core/sleep.hpp>
#include <bight/http/client.hpp>
#include <bight/http/error.hpp>
#include <bight/http/router.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/ostream.hpp>
#include <boost/beast/http/dynamic_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/file_body.hpp>
#include <boost/beast/http/vector_body.hpp>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "support/http_served.hpp"

namespace bight::http::beast_test {

namespace beast = boost::beast;
using beast::http::dynamic_body;
using beast::http::empty_body;
using beast::http::field;
using beast::http::file_body;
using beast::http::string_body;
using beast::http::vector_body;
using beast::http::verb;
using test::served;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A plain function of a Beast server, as its examples have it.
beast::http::message_generator handle_request(beast::http::request<string_body>&& request) {
  beast::http::response<string_body> response{beast::http::status::ok, request.version()};
  response.set(field::content_type, "text/plain");
  response.keep_alive(request.keep_alive());
  response.body() =
      std::string{request.method_string()} + ' ' + std::string{request.target()} + ' ' + request.body();
  response.prepare_payload();
  return response;
}

std::vector<std::string> values(const beast::http::fields& fields, std::string_view name) {
  std::vector<std::string> out;
  const auto [first, last] = fields.equal_range({name.data(), name.size()});
  for (auto f = first; f != last; ++f) out.emplace_back(f->value());
  return out;
}

TEST(beast_fields, keep_repeated_ones_in_order) {
  headers fields;
  fields.append("Accept", "text/html");
  fields.append("X-A", "1");
  fields.append("accept", "text/plain");
  const auto converted = to_beast(fields.view());
  EXPECT_THAT(values(converted, "Accept"), ElementsAre("text/html", "text/plain"));
  const auto back = from_beast(converted);
  const auto all = back.get_all("Accept");
  EXPECT_THAT((std::vector<std::string_view>(all.begin(), all.end())),
              ElementsAre("text/html", "text/plain"));
  EXPECT_EQ(back.get("X-A"), "1");
  EXPECT_EQ(back.size(), 3U);
}

TEST(beast_fields, that_would_end_the_head_early_are_refused) {
  beast::http::fields fields;
  fields.insert("X-A", "1\r\nX-Evil: 2");
  EXPECT_THROW(from_beast(fields), boost::system::system_error);
}

ASYNC_TEST(beast_request, has_method_target_fields_and_body) {
  headers fields;
  fields.append("Cookie", "a=1");
  fields.append("Cookie", "b=2");
  server_request request{method::post, "/items?page=2", fields, "content"};
  const auto text = co_await to_beast(request);
  EXPECT_EQ(text.method(), verb::post);
  EXPECT_EQ(text.target(), "/items?page=2");
  EXPECT_THAT(values(text, "Cookie"), ElementsAre("a=1", "b=2"));
  EXPECT_EQ(text.body(), "content");
  EXPECT_EQ(text.version(), 11U);
}

ASYNC_TEST(beast_request, of_an_unknown_method_keeps_its_name) {
  server_request request{method::parse("BREW").value(), "/pot"};
  const auto m = co_await to_beast<empty_body>(request);
  EXPECT_EQ(m.method(), verb::unknown);
  EXPECT_EQ(m.method_string(), "BREW");
}

ASYNC_TEST(beast_request, bodies_of_other_types_are_filled) {
  server_request first{method::post, "/", {}, "content"};
  const auto dynamic = co_await to_beast<dynamic_body>(first);
  EXPECT_EQ(beast::buffers_to_string(dynamic.body().data()), "content");
  server_request second{method::post, "/", {}, "content"};
  const auto vector = co_await to_beast<vector_body<char>>(second);
  EXPECT_EQ((std::string{vector.body().begin(), vector.body().end()}), "content");
  server_request third{method::post, "/", {}, "content"};
  const auto unwanted = co_await as_result(to_beast<empty_body>(third));
  CO_ASSERT_TRUE(unwanted.has_error());
  EXPECT_EQ(unwanted.error(), beast::http::error::unexpected_body);
}

TEST(beast_response, text_stays_text) {
  beast::http::response<string_body> m{beast::http::status::not_found, 11};
  m.insert(field::set_cookie, "a=1");
  m.insert(field::set_cookie, "b=2");
  m.body() = "nothing";
  const auto r = from_beast(std::move(m));
  EXPECT_EQ(r.status(), 404);
  ASSERT_NE(r.body().text(), nullptr);
  EXPECT_EQ(*r.body().text(), "nothing");
  EXPECT_EQ(r.headers().size(), 2U);
}

template <class Body>
std::string sent(beast::http::response<Body> m) {
  std::string all;
  auto made = std::make_shared<server_response>(from_beast(std::move(m)));
  bight::run([&all, made]() -> awaitable<void> {
    served s{[made](server_request&) -> awaitable<server_response> { co_return std::move(*made); }};
    all = co_await s.ask_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  });
  return all;
}

TEST(beast_response, dynamic_and_vector_bodies_are_sent_with_their_size) {
  beast::http::response<dynamic_body> dynamic{beast::http::status::ok, 11};
  beast::ostream(dynamic.body()) << "many " << 7 << " pieces";
  dynamic.prepare_payload();
  const auto a = sent(std::move(dynamic));
  EXPECT_THAT(a, HasSubstr("Content-Length: 13\r\n"));
  EXPECT_TRUE(a.ends_with("\r\n\r\nmany 7 pieces"));

  beast::http::response<vector_body<char>> vector{beast::http::status::ok, 11};
  vector.body() = {'a', 'b', 'c'};
  vector.chunked(true);
  const auto b = sent(std::move(vector));
  EXPECT_THAT(b, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(b, ::testing::Not(HasSubstr("Transfer-Encoding")));
  EXPECT_TRUE(b.ends_with("\r\n\r\nabc"));
}

TEST(beast_response, a_file_is_sent_from_its_position) {
  const std::string path = ::testing::TempDir() + "bight_beast_file";
  {
    std::FILE* const f = std::fopen(path.c_str(), "w");
    ASSERT_NE(f, nullptr);
    std::fputs("content of a file", f);
    std::fclose(f);
  }
  beast::error_code error;
  file_body::value_type file;
  file.open(path.c_str(), beast::file_mode::scan, error);
  ASSERT_FALSE(error);
  beast::http::response<file_body> m{beast::http::status::ok, 11};
  m.body() = std::move(file);
  m.prepare_payload();
  const auto all = sent(std::move(m));
  std::remove(path.c_str());
  EXPECT_THAT(all, HasSubstr("Content-Length: 17\r\n"));
  EXPECT_TRUE(all.ends_with("\r\n\r\ncontent of a file"));
}

ASYNC_TEST(beast_handler, serves_beside_routes) {
  router site;
  site.get("/new", [] { return "new"; });
  site.any("/old/{rest:path}", beast_handler(handle_request));
  served s{std::move(site)};
  const auto fresh = co_await s.ask("GET /new HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(fresh.body, "new");
  const auto old = co_await s.ask("POST /old/a?b=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_EQ(old.body, "POST /old/a?b=1 hi");
}

ASYNC_TEST(beast_handler, may_be_a_coroutine_and_may_return_any_response) {
  served s{beast_handler(
      [](beast::http::request<string_body> m) -> awaitable<beast::http::response<dynamic_body>> {
        co_await sleep(std::chrono::seconds{1});
        beast::http::response<dynamic_body> response{beast::http::status::accepted, 11};
        beast::ostream(response.body()) << m.target();
        response.prepare_payload();
        co_return response;
      })};
  const auto answer = co_await s.ask("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer.body, "/x");
}

ASYNC_TEST(beast_handler, answers_head_with_the_length_of_the_body) {
  served s{beast_handler([](beast::http::request<string_body>&& m) -> beast::http::message_generator {
    beast::http::response<empty_body> response{beast::http::status::ok, m.version()};
    response.content_length(1234);
    response.keep_alive(m.keep_alive());
    return response;
  })};
  co_await s.send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto all = co_await s.client.read_to_end();
  EXPECT_THAT(all, HasSubstr("Content-Length: 1234\r\n"));
  EXPECT_THAT(all, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(all.ends_with("\r\n\r\n"));
}

TEST(beast_client_request, has_the_url_of_its_target) {
  const url origin{"http://example.org:8080/ignored"};
  beast::http::request<string_body> m{verb::put, "/items/7?x=1", 11};
  m.set(field::host, "example.org:8080");
  m.set(field::content_type, "text/plain");
  m.body() = "seven";
  m.prepare_payload();
  const auto r = from_beast(std::move(m), origin);
  EXPECT_EQ(r.method(), method::put);
  EXPECT_EQ(r.url().href(), "http://example.org:8080/items/7?x=1");
  EXPECT_EQ(r.headers().size(), 1U);
  EXPECT_EQ(*r.body().text(), "seven");

  beast::http::request<empty_body> other_host{verb::get, "//evil.example/x", 11};
  other_host.set(field::host, "alias");
  const auto same_origin = from_beast(std::move(other_host), origin);
  EXPECT_EQ(same_origin.url().host(), "example.org");
  EXPECT_EQ(same_origin.headers().get("Host"), "alias");
  EXPECT_TRUE(same_origin.body().empty());

  beast::http::request<empty_body> absolute{verb::get, "http://a.example/x", 11};
  EXPECT_EQ(from_beast(std::move(absolute), origin).url().href(), "http://a.example/x");
  beast::http::request<empty_body> asterisk{verb::options, "*", 11};
  EXPECT_THROW(from_beast(std::move(asterisk), origin), boost::system::system_error);
}

ASYNC_TEST(beast_client_response, has_status_fields_and_body) {
  headers fields;
  fields.append("Set-Cookie", "a=1");
  fields.append("Set-Cookie", "b=2");
  response r{201, "made", fields};
  const auto m = co_await to_beast<dynamic_body>(r);
  EXPECT_EQ(m.result_int(), 201U);
  EXPECT_THAT(values(m, "Set-Cookie"), ElementsAre("a=1", "b=2"));
  EXPECT_EQ(beast::buffers_to_string(m.body().data()), "made");
}

// Written out again, it must not claim a coding and a length that it no longer has.
ASYNC_TEST(beast_client_response, says_nothing_of_a_content_coding_that_was_removed) {
  constexpr std::string_view gzip{
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00",
      25};
  bight::testing::fake_network network;
  const auto inside = network.use();
  network.add_host("a.example", {"192.0.2.1"});
  http::server server{[&](server_request&) -> awaitable<server_response> {
    server_response answer{200, std::string{gzip}};
    answer.headers().set("Content-Encoding", "gzip");
    co_return answer;
  }};
  net::listener listener{*net::endpoint::parse("192.0.2.1:80")};
  auto serving = spawn([&server, l = std::move(listener)]() mutable { return server.serve(std::move(l)); });
  client c;
  auto decoded = co_await c.get("http://a.example/");
  const auto m = co_await to_beast(decoded);
  EXPECT_EQ(m.body(), "hello");
  EXPECT_EQ(m[field::content_encoding], "");
  EXPECT_EQ(m[field::content_length], "5");
  auto as_sent = co_await c.get("http://a.example/").decode(false);
  const auto raw = co_await to_beast(as_sent);
  EXPECT_EQ(raw.body(), gzip);
  EXPECT_EQ(raw[field::content_encoding], "gzip");
  EXPECT_EQ(raw[field::content_length], "25");
  serving.cancel();
  co_await serving.wait();
}

}  // namespace bight::http::beast_test
