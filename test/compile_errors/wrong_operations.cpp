// Operations that do not compile, and what the compiler says about them: see wrong_calls.cpp.
#include <bight/api.hpp>
#include <string>

namespace api = bight::api;

struct session {};
struct plain {
  int id = 0;
};

// ~ the_pattern_has_no_placeholder_for_the_path_parameter
inline constexpr auto no_placeholder = api::get<int>("/items", api::path<int>("id"));
// ~ no_path_parameter_has_the_name_of_the_placeholder
inline constexpr auto no_parameter = api::get<int>("/items/{id}", api::query<int>("id"));
inline constexpr auto get_item = api::get<std::string>("/items/{id}", api::path<int>("id"));
inline constexpr auto not_described = api::get<plain>("/plain");

void adds(api::router& routes) {
  // ~ this handler does not take the values of the operation
  routes.add(get_item, [](std::string*) { return std::string{}; });
  // ~ this handler does not take the values of the operation
  routes.add(get_item, [](int, session) { return std::string{}; });
  // ~ this handler does not return the result of the operation
  routes.add(get_item, [](int) { return session{}; });
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
}
