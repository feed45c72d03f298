// Who is let in.
#include <bight/http/middleware/authentication.hpp>

#include <bight/core/sleep.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <string>

#include "support/http_middleware.hpp"

namespace bight::http::authentication_test {

using test::around;
using test::field;

handler who() {
  return [](server_request& r) -> awaitable<server_response> {
    const auto* const user = r.get<authenticated_user>();
    co_return server_response{200, user ? user->name : "somebody"};
  };
}

awaitable<server_response> ask(handler& all, headers fields) {
  server_request request{method::get, "/", fields};
  co_return co_await all(request);
}

std::vector<basic_auth> users() { return {basic_auth{"Aladdin", "open sesame"}, basic_auth{"empty", ""}}; }

ASYNC_TEST(basic_authentication, lets_users_in_and_names_them) {
  auto all = around(basic_authentication(users()), who());
  for (const std::string value :
       {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "bASIC   QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}) {
    headers fields{{"Authorization", value}};
    const auto response = co_await ask(all, fields);
    EXPECT_EQ(response.status(), 200) << value;
    EXPECT_EQ(*response.body().text(), "Aladdin");
  }
  headers no_password{{"Authorization", basic_auth{"empty", ""}.authorization()}};
  const auto empty = co_await ask(all, no_password);
  EXPECT_EQ(empty.status(), 200);
}

ASYNC_TEST(basic_authentication, challenges_everyone_else) {
  authentication_options options;
  options.realm = "the \"cave\"";
  auto all = around(basic_authentication(users(), options), who());
  const std::vector<std::string> wrong{"",
                                       basic_auth{"Aladdin", "open"}.authorization(),
                                       basic_auth{"Aladdin", "open sesame "}.authorization(),
                                       basic_auth{"aladdin", "open sesame"}.authorization(),
                                       basic_auth{"", ""}.authorization(),
                                       "Basic",
                                       "Basic ",
                                       "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ",
                                       "Basic QWxhZGRpbjpvcGVuIHNlc2FtZR==",
                                       "Basic QWxhZGRpbg==",
                                       "Basic !!!!",
                                       "BasicQWxhZGRpbjpvcGVuIHNlc2FtZQ==",
                                       "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ=="};
  for (const auto& value : wrong) {
    headers fields;
    if (!value.empty()) fields.set("Authorization", value.substr(0, value.find_last_not_of(' ') + 1));
    const auto response = co_await ask(all, fields);
    EXPECT_EQ(response.status(), 401) << value;
    EXPECT_EQ(field(response, "WWW-Authenticate"), "Basic realm=\"the \\\"cave\\\"\", charset=\"UTF-8\"");
  }
  headers twice;
  twice.append("Authorization", basic_auth{"Aladdin", "open sesame"}.authorization());
  twice.append("Authorization", basic_auth{"Aladdin", "open sesame"}.authorization());
  const auto response = co_await ask(all, twice);
  EXPECT_EQ(response.status(), 401);
}

ASYNC_TEST(basic_authentication, asks_a_coroutine) {
  auto verify = [](server_request& r, std::string_view user, std::string_view password) -> awaitable<bool> {
    co_await sleep(std::chrono::milliseconds{5});
    r.set_param("role", "admin");
    co_return user == "ada" && password == "a:b";
  };
  auto all = around(basic_authentication(verify), who());
  headers right{{"Authorization", basic_auth{"ada", "a:b"}.authorization()}};
  const auto let_in = co_await ask(all, right);
  EXPECT_EQ(*let_in.body().text(), "ada");
  headers wrong{{"Authorization", basic_auth{"ada", "b"}.authorization()}};
  const auto refused = co_await ask(all, wrong);
  EXPECT_EQ(refused.status(), 401);
}

ASYNC_TEST(bearer_authentication, lets_tokens_in) {
  const std::vector<bearer_auth> tokens{bearer_auth{"mF_9.B5f-4.1JqM"}, bearer_auth{"other=="}};
  auto all = around(bearer_authentication(tokens), who());
  for (const std::string value : {"Bearer mF_9.B5f-4.1JqM", "bearer other=="}) {
    headers fields{{"Authorization", value}};
    const auto response = co_await ask(all, fields);
    EXPECT_EQ(response.status(), 200) << value;
  }
}

ASYNC_TEST(bearer_authentication, says_what_is_wrong) {
  const std::vector<bearer_auth> tokens{bearer_auth{"secret"}};
  auto all = around(bearer_authentication(tokens), who());
  headers nothing;
  const auto none = co_await ask(all, nothing);
  EXPECT_EQ(none.status(), 401);
  EXPECT_EQ(field(none, "WWW-Authenticate"), "Bearer realm=\"restricted\"");
  headers other_scheme{{"Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}};
  const auto basic = co_await ask(all, other_scheme);
  EXPECT_EQ(basic.status(), 401);
  headers wrong{{"Authorization", "Bearer guess"}};
  const auto guess = co_await ask(all, wrong);
  EXPECT_EQ(guess.status(), 401);
  EXPECT_EQ(field(guess, "WWW-Authenticate"), "Bearer realm=\"restricted\", error=\"invalid_token\"");
  headers malformed{{"Authorization", "Bearer two words"}};
  const auto bad = co_await ask(all, malformed);
  EXPECT_EQ(bad.status(), 400);
  EXPECT_EQ(field(bad, "WWW-Authenticate"), "Bearer realm=\"restricted\", error=\"invalid_request\"");
}

ASYNC_TEST(bearer_authentication, asks_a_coroutine_that_may_name_the_user) {
  auto verify = [](server_request& r, std::string_view token) -> awaitable<bool> {
    co_await yield();
    r.set(authenticated_user{"user of " + std::string{token}});
    co_return true;
  };
  auto all = around(bearer_authentication(verify), who());
  headers fields{{"Authorization", "Bearer t1"}};
  const auto response = co_await ask(all, fields);
  EXPECT_EQ(*response.body().text(), "user of t1");
}

TEST(basic_authentication, refuses_a_realm_that_is_no_field_value) {
  authentication_options options;
  options.realm = "a\r\nb";
  EXPECT_THROW(basic_authentication(users(), options), boost::system::system_error);
}

}  // namespace bight::http::authentication_test
