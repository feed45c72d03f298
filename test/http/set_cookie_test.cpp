// Cookies that servers set, and redirects.
#include <bight/http/set_cookie.hpp>

#include <gtest/gtest.h>
#include <bight/http/error.hpp>
#include <bight/http/server_response.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

namespace bight::http::set_cookie_test {

using namespace std::chrono_literals;

boost::system::error_code refused(const std::function<void()>& f) {
  try {
    f();
  } catch (const boost::system::system_error& e) { return e.code(); }
  return {};
}

TEST(set_cookie, is_for_all_paths_and_lax_by_default) {
  EXPECT_EQ(set_cookie("a", "b").to_string(), "a=b; Path=/; SameSite=Lax");
  EXPECT_EQ(set_cookie("a", "").path("").same_site(same_site::unset).to_string(), "a=");
}

TEST(set_cookie, writes_all_attributes) {
  const auto cookie = set_cookie("id", "x=y")
                          .path("/a b")
                          .domain("example.com")
                          .max_age(24h)
                          .expires(std::chrono::sys_days{std::chrono::year{2030} / 1 / 2})
                          .secure()
                          .http_only()
                          .same_site(same_site::strict);
  EXPECT_EQ(cookie.to_string(),
            "id=x=y; Path=/a b; Domain=example.com; Max-Age=86400; Expires=Wed, 02 Jan 2030 00:00:00 GMT; "
            "Secure; HttpOnly; SameSite=Strict");
  EXPECT_EQ(set_cookie("a", "b").max_age(-5s).to_string(), "a=b; Path=/; Max-Age=0; SameSite=Lax");
}

TEST(set_cookie, refuses_parts_that_would_inject_something) {
  for (const std::string bad : {"", "a b", "a=b", "a;b", "a\r\nb", "a,b", "\xc3\xa9"})
    EXPECT_EQ(refused([&] { set_cookie(bad, "v"); }), errc::invalid_cookie) << bad;
  for (const std::string bad : {"a b", "a;b", "a\r\nSet-Cookie: x=y", "a,b", "\"a\"", "a\\b", "\xc3\xa9"})
    EXPECT_EQ(refused([&] { set_cookie("n", bad); }), errc::invalid_cookie) << bad;
  EXPECT_EQ(refused([] { set_cookie("n", std::string("a\0b", 3)); }), errc::invalid_cookie);
  for (const std::string bad : {"a", "/a;Domain=evil", "/a\nb", "/\x7f"})
    EXPECT_EQ(refused([&] { set_cookie("n", "v").path(bad); }), errc::invalid_cookie) << bad;
  for (const std::string bad : {"", ".example.com", "example.com.", "a..b", "a b", "a;b", "a/b", "a:1"})
    EXPECT_EQ(refused([&] { set_cookie("n", "v").domain(bad); }), errc::invalid_cookie) << bad;
}

TEST(set_cookie, refuses_what_browsers_ignore) {
  EXPECT_EQ(refused([] { set_cookie("n", std::string(4096, 'x')); }), errc::invalid_cookie);
  const auto fails = [](const set_cookie& c) {
    return refused([&] { static_cast<void>(c.to_string()); }) == errc::invalid_cookie;
  };
  EXPECT_TRUE(fails(set_cookie("__Secure-a", "b")));
  EXPECT_FALSE(fails(set_cookie("__Secure-a", "b").secure()));
  EXPECT_TRUE(fails(set_cookie("__Host-a", "b")));
  EXPECT_FALSE(fails(set_cookie("__Host-a", "b").secure()));
  EXPECT_TRUE(fails(set_cookie("__Host-a", "b").secure().path("/x")));
  EXPECT_TRUE(fails(set_cookie("__Host-a", "b").secure().path("")));
  EXPECT_TRUE(fails(set_cookie("__Host-a", "b").secure().domain("example.com")));
  EXPECT_TRUE(fails(set_cookie("__hOST-a", "b"))) << "browsers ignore case";
  EXPECT_TRUE(fails(set_cookie("a", "b").same_site(same_site::none)));
  EXPECT_FALSE(fails(set_cookie("a", "b").same_site(same_site::none).secure()));
}

TEST(server_response, sets_and_deletes_cookies) {
  server_response r;
  r.set_cookie(set_cookie("a", "1"));
  r.set_cookie(set_cookie("b", "2"));
  r.delete_cookie("c");
  r.delete_cookie("__Host-d");
  r.delete_cookie("e", "/x", "example.com");
  std::string all;
  for (const auto value : r.headers().get_all("Set-Cookie")) all.append(value).append("\n");
  EXPECT_EQ(all,
            "a=1; Path=/; SameSite=Lax\n"
            "b=2; Path=/; SameSite=Lax\n"
            "c=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; SameSite=Lax\n"
            "__Host-d=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; SameSite=Lax\n"
            "e=; Path=/x; Domain=example.com; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; "
            "SameSite=Lax\n");
}

TEST(redirect_to, sends_303_unless_told_otherwise) {
  auto r = redirect_to("/items?page=2#top");
  EXPECT_EQ(r.status(), 303);
  EXPECT_EQ(r.headers().get("Location"), "/items?page=2#top");
  EXPECT_EQ(redirect_to("https://example.com/", 308).status(), 308);
  EXPECT_THROW(redirect_to("/", 200), std::invalid_argument);
  EXPECT_THROW(redirect_to("/", 304), std::invalid_argument);
}

TEST(redirect_to, encodes_what_urls_do_not_have_and_refuses_control_characters) {
  EXPECT_EQ(redirect_to("/a b/\xc3\xa9?%20").headers().get("Location"), "/a%20b/%C3%A9?%20");
  EXPECT_EQ(redirect_to("/\\evil.example").headers().get("Location"), "/%5Cevil.example");
  for (const std::string_view bad : {"/a\r\nSet-Cookie: a=b", "/a\nb", "/a\tb", "/\x7f"})
    EXPECT_EQ(refused([&] { redirect_to(bad); }), errc::invalid_header);
  EXPECT_EQ(refused([] { redirect_to(std::string_view("/a\0b", 4)); }), errc::invalid_header);
}

}  // namespace bight::http::set_cookie_test
