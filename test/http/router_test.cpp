// Which handler a router calls, and what it responds where there is none.
#include <bight/http/router.hpp>

#include <bight/http/error.hpp>
#include <bight/http/static_files.hpp>
#include <bight/testing/async_test.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/http_served.hpp"

namespace bight::http::router_test {

/// "status body".
awaitable<std::string> ask(router& routes, std::string target, method m = method::get) {
  server_request request{m, std::move(target)};
  auto response = co_await routes(request);
  std::string text = std::to_string(response.status().code());
  if (response.body().text()) text += ' ' + *response.body().text();
  co_return text;
}

awaitable<std::string> allow(router& routes, std::string target, method m) {
  server_request request{m, std::move(target)};
  auto response = co_await routes(request);
  co_return std::to_string(response.status().code()) + ' ' +
      std::string{response.headers().get("Allow").value_or("no Allow")};
}

/// Says which route it is, and with what parameter.
auto shows(std::string name) {
  return [name = std::move(name)](server_request& r) { return name + '(' + std::string{r.param("x")} + ')'; };
}

std::string why_not(router& routes, std::string_view pattern, const method& m = method::get) {
  try {
    routes.route(m, pattern, [] { return ""; });
  } catch (const std::invalid_argument& e) { return e.what(); }
  return "";
}

ASYNC_TEST(router, literal_paths_and_methods) {
  router routes;
  routes.get("/", shows("root"));
  routes.get("/items", shows("list"));
  routes.post("/items", shows("add"));
  routes.put("/items", shows("put"));
  routes.patch("/items", shows("patch"));
  routes.delete_("/items", shows("delete"));
  routes.route(method::parse("PURGE").value(), "/items", shows("purge"));
  const auto root = co_await ask(routes, "/?a=b");
  EXPECT_EQ(root, "200 root()");
  const auto list = co_await ask(routes, "/items?page=2");
  EXPECT_EQ(list, "200 list()");
  const auto add = co_await ask(routes, "/items", method::post);
  EXPECT_EQ(add, "200 add()");
  const auto put = co_await ask(routes, "/items", method::put);
  EXPECT_EQ(put, "200 put()");
  const auto patch = co_await ask(routes, "/items", method::patch);
  EXPECT_EQ(patch, "200 patch()");
  const auto gone = co_await ask(routes, "/items", method::delete_);
  EXPECT_EQ(gone, "200 delete()");
  const auto purge = co_await ask(routes, "/items", method::parse("PURGE").value());
  EXPECT_EQ(purge, "200 purge()");
}

ASYNC_TEST(router, a_text_parameter_is_one_segment_that_is_not_empty) {
  router routes;
  routes.get("/items/{x}", shows("item"));
  const auto item = co_await ask(routes, "/items/7a");
  EXPECT_EQ(item, "200 item(7a)");
  for (const auto* const other : {"/items/", "/items", "/items/7/8", "/items/7/", "//items/7", "/Items/7"}) {
    const auto none = co_await ask(routes, other);
    EXPECT_EQ(none, "404 not found\n") << other;
  }
}

ASYNC_TEST(router, a_parameter_that_does_not_have_its_type_is_404) {
  router routes;
  routes.get("/int/{x:int}", shows("int"));
  routes.get("/float/{x:float}", shows("float"));
  routes.get("/uuid/{x:uuid}", shows("uuid"));
  for (const auto* const good :
       {"/int/0", "/int/-9223372036854775808", "/int/9223372036854775807", "/int/007", "/int/%37",
        "/float/1.5e3", "/float/-2", "/uuid/123e4567-E89b-12d3-a456-426614174000"}) {
    const auto found = co_await ask(routes, good);
    EXPECT_EQ(found.substr(0, 3), "200") << good;
  }
  for (const auto* const bad :
       {"/int/9223372036854775808", "/int/+1", "/int/-", "/int/1.0", "/int/0x1", "/int/%201", "/float/inf",
        "/float/nan", "/float/.5", "/float/5.", "/float/1e999", "/uuid/123e4567e89b12d3a456426614174000",
        "/uuid/123e4567-e89b-12d3-a456-42661417400g"}) {
    const auto none = co_await ask(routes, bad);
    EXPECT_EQ(none, "404 not found\n") << bad;
  }
}

ASYNC_TEST(router, segments_are_split_before_they_are_decoded) {
  router routes;
  routes.get("/{x}", shows("one"));
  routes.get("/files/{x:path}", shows("files"));
  routes.get("/a b/\xc3\xa9", shows("literal"));
  const auto data = co_await ask(routes, "/a%2Fb%2fc");
  EXPECT_EQ(data, "200 one(a/b/c)");
  const auto plus = co_await ask(routes, "/a+b%20c");
  EXPECT_EQ(plus, "200 one(a+b c)");
  const auto rest = co_await ask(routes, "/files/a/b%20c//d/");
  EXPECT_EQ(rest, "200 files(a/b c//d/)");
  const auto empty = co_await ask(routes, "/files/");
  EXPECT_EQ(empty, "200 files()");
  const auto slash = co_await ask(routes, "/files/a%2Fb");
  EXPECT_EQ(slash, "404 not found\n");
  const auto literal = co_await ask(routes, "/%61%20b/%C3%a9");
  EXPECT_EQ(literal, "200 literal()");
  const auto not_split = co_await ask(routes, "/files%2Fa");
  EXPECT_EQ(not_split, "200 one(files/a)");
}

ASYNC_TEST(router, malformed_paths_are_400_and_dot_segments_404) {
  router routes;
  routes.get("/{x}", shows("one"));
  routes.get("/files/{x:path}", shows("files"));
  routes.mount("/m", shows("mounted"));
  for (const auto* const bad : {"/%", "/%4", "/%zz", "/a%00b", "/%ff", "/%c3", "/%c3%2f%a9", "/%ed%a0%80"}) {
    const auto refused = co_await ask(routes, bad);
    EXPECT_EQ(refused.substr(0, 3), "400") << bad;
  }
  for (const auto* const dots :
       {"/..", "/.", "/%2e%2E", "/files/a/../b", "/files/.", "/files/%2e./a", "/m/../x"}) {
    const auto none = co_await ask(routes, dots);
    EXPECT_EQ(none, "404 not found\n") << dots;
  }
  const auto hidden = co_await ask(routes, "/.well-known");
  EXPECT_EQ(hidden, "200 one(.well-known)");
  const auto three = co_await ask(routes, "/files/.../a..");
  EXPECT_EQ(three, "200 files(.../a..)");
}

ASYNC_TEST(router, a_slash_at_the_end_is_another_path_and_nothing_is_redirected) {
  router routes;
  routes.get("/a", shows("a"));
  routes.get("/b/", shows("b"));
  const auto a = co_await ask(routes, "/a/");
  EXPECT_EQ(a, "404 not found\n");
  const auto b = co_await ask(routes, "/b");
  EXPECT_EQ(b, "404 not found\n");
  const auto with = co_await ask(routes, "/b/");
  EXPECT_EQ(with, "200 b()");
}

ASYNC_TEST(router, precedence_is_literal_then_int_float_uuid_text_path_mounted) {
  router routes;
  routes.mount("/p", shows("mounted"));
  routes.get("/p/{x:path}", shows("path"));
  routes.get("/p/{x}", shows("text"));
  routes.get("/p/{x:uuid}", shows("uuid"));
  routes.get("/p/{x:float}", shows("float"));
  routes.get("/p/{x:int}", shows("int"));
  routes.get("/p/7", shows("literal"));
  const auto literal = co_await ask(routes, "/p/7");
  EXPECT_EQ(literal, "200 literal()");
  const auto encoded = co_await ask(routes, "/p/%37");
  EXPECT_EQ(encoded, "200 literal()");
  const auto whole = co_await ask(routes, "/p/8");
  EXPECT_EQ(whole, "200 int(8)");
  const auto real = co_await ask(routes, "/p/8.5");
  EXPECT_EQ(real, "200 float(8.5)");
  const auto uuid = co_await ask(routes, "/p/123e4567-e89b-12d3-a456-426614174000");
  EXPECT_EQ(uuid, "200 uuid(123e4567-e89b-12d3-a456-426614174000)");
  const auto text = co_await ask(routes, "/p/x");
  EXPECT_EQ(text, "200 text(x)");
  const auto path = co_await ask(routes, "/p/x/y");
  EXPECT_EQ(path, "200 path(x/y)");
  const auto mounted = co_await ask(routes, "/p/x/y", method::post);
  EXPECT_EQ(mounted, "200 mounted()");
}

ASYNC_TEST(router, goes_back_where_a_better_start_leads_nowhere) {
  router routes;
  routes.get("/a/b/c", shows("literal"));
  routes.get("/a/{x}/d", shows("text"));
  routes.get("/{x}/b/e", shows("first"));
  const auto text = co_await ask(routes, "/a/b/d");
  EXPECT_EQ(text, "200 text(b)");
  const auto first = co_await ask(routes, "/a/b/e");
  EXPECT_EQ(first, "200 first(a)");
  const auto none = co_await ask(routes, "/a/b/f");
  EXPECT_EQ(none, "404 not found\n");
}

ASYNC_TEST(router, the_first_pattern_that_has_the_method_is_chosen) {
  router routes;
  routes.get("/users/me", shows("me"));
  routes.get("/users/{x}", shows("get"));
  routes.put("/users/{x}", shows("put"));
  routes.any("/users/{x:path}", shows("any"));
  const auto me = co_await ask(routes, "/users/me");
  EXPECT_EQ(me, "200 me()");
  const auto put = co_await ask(routes, "/users/me", method::put);
  EXPECT_EQ(put, "200 put(me)");
  const auto post = co_await ask(routes, "/users/me", method::post);
  EXPECT_EQ(post, "200 any(me)");
  const auto options = co_await ask(routes, "/users/me", method::options);
  EXPECT_EQ(options, "200 any(me)");
  const auto trace = co_await allow(routes, "/users/me", method::trace);
  EXPECT_EQ(trace, "405 GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS");
}

ASYNC_TEST(router, head_options_and_405_are_automatic) {
  router routes;
  routes.get("/a", shows("get"));
  routes.post("/a", shows("post"));
  routes.get("/{x}", shows("text"));
  routes.delete_("/{x}", shows("delete"));
  routes.post("/only", shows("post"));
  const auto head = co_await ask(routes, "/a", method::head);
  EXPECT_EQ(head, "200 get()") << "the server omits the body";
  const auto options = co_await allow(routes, "/a", method::options);
  EXPECT_EQ(options, "204 GET, HEAD, POST, DELETE, OPTIONS");
  const auto put = co_await allow(routes, "/a", method::put);
  EXPECT_EQ(put, "405 GET, HEAD, POST, DELETE, OPTIONS");
  const auto text = co_await allow(routes, "/b", method::put);
  EXPECT_EQ(text, "405 GET, HEAD, DELETE, OPTIONS");
  const auto none = co_await allow(routes, "/b/c", method::options);
  EXPECT_EQ(none, "404 no Allow");
  routes = router{};
  routes.route(method::head, "/a", shows("own head"));
  routes.get("/a", shows("get"));
  routes.route(method::options, "/a", shows("own options"));
  const auto own = co_await ask(routes, "/a", method::head);
  EXPECT_EQ(own, "200 own head()");
  const auto own_options = co_await ask(routes, "/a", method::options);
  EXPECT_EQ(own_options, "200 own options()");
}

ASYNC_TEST(router, options_of_the_server_lists_all_methods) {
  router routes;
  routes.get("/a", shows("a"));
  routes.delete_("/b", shows("b"));
  const auto all = co_await allow(routes, "*", method::options);
  EXPECT_EQ(all, "204 GET, HEAD, DELETE, OPTIONS");
}

TEST(router, a_conflict_names_both_patterns) {
  router routes;
  routes.get("/items/{id:int}", shows("a"));
  routes.any("/any/{x}", shows("any"));
  EXPECT_EQ(why_not(routes, "/items/{number:int}"),
            "bight: router: GET '/items/{number:int}' conflicts with GET '/items/{id:int}'");
  EXPECT_EQ(why_not(routes, "/items/{id:int}", method::post), "");
  EXPECT_EQ(why_not(routes, "/items/{id}"), "");
  EXPECT_EQ(why_not(routes, "/any/{y}"), "") << "beside any";
  EXPECT_THROW(routes.any("/any/{y}", shows("any")), std::invalid_argument);
  routes.mount("/static", shows("files"));
  EXPECT_THROW(routes.mount("/static/", shows("files")), std::invalid_argument);
  router sub;
  sub.get("/{id:int}", shows("b"));
  EXPECT_THROW(routes.mount("/items", std::move(sub)), std::invalid_argument);
}

TEST(router, refuses_invalid_patterns) {
  router routes;
  for (const auto* const bad :
       {"items",       "/a//b",
        "/{",          "/a{x}",
        "/{x}.json",   "/{}",
        "/{1x}",       "/{x:}",
        "/{x:string}", "/{x y}",
        "/{x:path}/a", "/{x}/{x}",
        "/a%20b",      "/a?b",
        "/a#b",        "/a\nb",
        "/\xff",       "/a/../b",
        "/.",          "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}/{p}/{q}"})
    EXPECT_NE(why_not(routes, bad), "") << bad;
  EXPECT_EQ(why_not(routes, "/{x:string}"),
            "bight: router: '/{x:string}': unknown type 'string'; there are int, float, uuid and path");
  EXPECT_THROW(routes.mount("/{x:path}", shows("m")), std::invalid_argument);
}

ASYNC_TEST(router, takes_no_routes_after_the_first_request) {
  router routes;
  auto a = routes.get("/a", shows("a"));
  static_cast<void>(co_await ask(routes, "/a"));
  EXPECT_THROW(routes.get("/b", shows("b")), std::logic_error);
  EXPECT_THROW(routes.mount("/b", router{}), std::logic_error);
  EXPECT_THROW(routes.not_found(shows("b")), std::logic_error);
  EXPECT_THROW(a.max_body(1), std::logic_error);
  EXPECT_EQ(a.pattern(), "/a");
}

ASYNC_TEST(router, mounted_routers_add_their_routes) {
  router items;
  items.get("", shows("list"));
  items.get("/", shows("slash"));
  items.get("/{id:int}", [](server_request& r) {
    return std::string{r.route()} + ' ' + std::string{r.param("shop")} + ' ' +
           std::to_string(r.param<int>("id"));
  });
  router api;
  api.mount("/shops/{shop}/items", std::move(items));
  api.get("/health", shows("health"));
  router routes;
  routes.mount("/api/", std::move(api));
  const auto list = co_await ask(routes, "/api/shops/x/items");
  EXPECT_EQ(list, "200 list()");
  const auto slash = co_await ask(routes, "/api/shops/x/items/");
  EXPECT_EQ(slash, "200 slash()");
  const auto item = co_await ask(routes, "/api/shops/a%2Fb/items/7");
  EXPECT_EQ(item, "200 /api/shops/{shop}/items/{id:int} a/b 7");
  const auto health = co_await ask(routes, "/api/health");
  EXPECT_EQ(health, "200 health()");
  const auto wrong = co_await allow(routes, "/api/health", method::post);
  EXPECT_EQ(wrong, "405 GET, HEAD, OPTIONS");
}

ASYNC_TEST(router, several_routers_may_be_mounted_at_one_prefix) {
  router a;
  a.get("/a", shows("a"));
  router b;
  b.get("/b", shows("b"));
  router routes;
  routes.mount("/", std::move(a));
  routes.mount("", std::move(b));
  const auto first = co_await ask(routes, "/a");
  EXPECT_EQ(first, "200 a()");
  const auto second = co_await ask(routes, "/b");
  EXPECT_EQ(second, "200 b()");
}

ASYNC_TEST(router, a_mounted_handler_gets_what_is_below_its_prefix) {
  const auto subpath = [](server_request& r) {
    return std::string{r.subpath()} + ' ' + std::string{r.path()} + ' ' + std::string{r.route()};
  };
  router routes;
  routes.mount("/static", subpath);
  routes.get("/static/known", shows("known"));
  const auto deep = co_await ask(routes, "/static/a%20b/c%2Fd?q", method::parse("PROPFIND").value());
  EXPECT_EQ(deep, "200 /a%20b/c%2Fd /static/a%20b/c%2Fd /static/*");
  const auto encoded = co_await ask(routes, "/%73tatic/a");
  EXPECT_EQ(encoded, "200 /a /%73tatic/a /static/*");
  const auto root = co_await ask(routes, "/static/");
  EXPECT_EQ(root, "200 / /static/ /static/*");
  const auto itself = co_await ask(routes, "/static");
  EXPECT_EQ(itself, "404 not found\n");
  const auto known = co_await ask(routes, "/static/known");
  EXPECT_EQ(known, "200 known()");
  router all;
  all.mount("/", subpath);
  const auto any = co_await ask(all, "/x");
  EXPECT_EQ(any, "200 /x /x /*");
}

ASYNC_TEST(router, serves_static_files_below_a_prefix) {
  router routes;
  routes.mount("/src", static_files{BIGHT_SOURCE_DIR});
  const auto found = co_await ask(routes, "/src/test/http/router_test.cpp");
  EXPECT_EQ(found.substr(0, 3), "200");
  const auto missing = co_await ask(routes, "/src/none");
  EXPECT_EQ(missing, "404 not found\n");
  server_request folder{method::get, "/src/test"};
  auto redirect = co_await routes(folder);
  EXPECT_EQ(redirect.headers().get("Location"), "/src/test/");
}

ASYNC_TEST(router, not_found_is_the_users_and_below_a_prefix_the_mounted_routers) {
  router api;
  api.get("/a", shows("a"));
  api.not_found([](server_request& r) { return server_response{404, "no api " + std::string{r.path()}}; });
  router plain;
  plain.get("/x", shows("x"));
  router routes;
  routes.not_found([] { return server_response{410, "gone"}; });
  routes.mount("/api", std::move(api));
  routes.mount("/plain", std::move(plain));
  const auto top = co_await ask(routes, "/none");
  EXPECT_EQ(top, "410 gone");
  const auto inner = co_await ask(routes, "/api/none/deep");
  EXPECT_EQ(inner, "404 no api /api/none/deep");
  const auto without = co_await ask(routes, "/plain/none");
  EXPECT_EQ(without, "410 gone");
}

ASYNC_TEST(router, is_a_handler_of_a_server) {
  router routes;
  routes.get("/items/{id:int}", [](server_request& r) -> awaitable<server_response> {
    co_return server_response{200, "item " + std::string{r.param("id")}};
  });
  test::served s{std::move(routes)};
  const auto item = co_await s.ask("GET /items/7 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(item.body, "item 7");
  const auto none = co_await s.ask("GET /items/x HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(none.status(), 404);
  const auto head = "HEAD /items/7 HTTP/1.1\r\nHost: x\r\n\r\n";
  co_await s.send(head);
  const auto bodiless = co_await s.answer(true);
  EXPECT_EQ(bodiless.field("Content-Length"), "6");
  const auto options = co_await s.ask("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(options.field("Allow"), "GET, HEAD, OPTIONS");
}

}  // namespace bight::http::router_test
