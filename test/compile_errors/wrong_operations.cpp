// Operations that do not compile, and what the compiler says about them: see wrong_calls.cpp.
#include <bight/api.hpp>
#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace api = bight::api;

struct session {};
struct plain {
  int id = 0;
};
struct described {
  int id = 0;
};
BOOST_DESCRIBE_STRUCT(described, (), (id))
struct other {
  int id = 0;
};
BOOST_DESCRIBE_STRUCT(other, (), (id))

// ~ the_pattern_has_no_placeholder_for_the_path_parameter
inline constexpr auto no_placeholder = api::get<int>("/items", api::path<int>("id"));
// ~ no_path_parameter_has_the_name_of_the_placeholder
inline constexpr auto no_parameter = api::get<int>("/items/{id}", api::query<int>("id"));
// ~ GET requests have no body
inline constexpr auto with_body = api::get<int>("/items", api::form<int>("id"));
// ~ a request has a body or a form, not both
inline constexpr auto with_both = api::post<int>("/items", api::body<int>(), api::form<int>("id"));
inline constexpr auto get_item = api::get<std::string>("/items/{id}", api::path<int>("id"));
inline constexpr auto not_described = api::get<plain>("/plain");
inline constexpr auto not_told_apart = api::get<std::variant<described, other>>("/variant");
inline constexpr auto all_items = api::get<api::lines<int>>("/items");

void adds(api::router& routes) {
  // ~ this handler does not take the values of the operation
  routes.add(get_item, [](std::string*) { return std::string{}; });
  // ~ this handler does not take the values of the operation
  routes.add(get_item, [](int, session) { return std::string{}; });
  // ~ this handler does not return the result of the operation
  routes.add(get_item, [](int) { return session{}; });
  // ~ this handler does not return the result of the operation
  routes.add(all_items, [] { return std::vector<int>{}; });
  // ~ the function of provide_oauth2 returns a std::optional<api::authorized<T>>
  routes.provide_oauth2(api::oauth2::password("/token"),
                        [](std::string) { return std::optional<session>{}; });
  // ~ a provider takes other dependencies as api::dependency<T>
  routes.provide([](int) { return session{}; });
}

bight::awaitable<void> calls(const api::client& shop) {
  // ~ a call takes the values of the operation's parameters
  co_await shop.call(get_item, "seven");
  // ~ a call takes the values of the operation's parameters
  co_await shop.call(get_item, 7, 8);
}

void describes(api::router& routes) {
  // ~ an API does not know this type
  routes.add(not_described, [] { return plain{}; });
  // ~ an API tells the alternatives of a variant apart by a member
  routes.add(not_told_apart, [] { return std::variant<described, other>{}; });
}
