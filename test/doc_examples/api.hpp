// What the examples in doc comments of the room api use and do not declare. Nothing here is defined: they are
// compiled and not linked.
#include <bight/api.hpp>
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <optional>
#include <string>
#include <vector>

using bight::awaitable;
namespace api = bight::api;
namespace http = bight::http;

struct item {
  std::string name;
  double price = 0;
};
BOOST_DESCRIBE_STRUCT(item, (), (name, price))

struct user {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(user, (), (name))

struct session {
  item find(int id);
};

// ---- client.hpp
inline constexpr auto get_item =
    api::get<item>("/items/{id}", api::path<int>("id"), api::query<bool>("verbose", false));
inline constexpr auto remove_item = api::delete_<void>("/items/{id}", api::path<int>("id"));

// ---- dependency.hpp
inline constexpr auto get_item =
    api::get<item>("/items/{id}", api::path<int>("id"), api::query<bool>("verbose", false));
extern api::router routes;

// ---- json.hpp
extern std::string text;

// ---- problem.hpp
inline constexpr auto get_item =
    api::get<item>("/items/{id}", api::path<int>("id"), api::query<bool>("verbose", false));
extern api::client shop;

// ---- router.hpp
inline constexpr auto get_item =
    api::get<item>("/items/{id}", api::path<int>("id"), api::query<bool>("verbose", false));
inline constexpr auto get_me = api::get<user>("/me");
extern http::router site;
extern api::router routes;
struct shop_store {
  awaitable<std::optional<item>> find(int id);
};
extern shop_store shop;
struct user_store {
  awaitable<std::optional<user>> find_by_token(std::string token);
};
extern user_store users;
struct session_store {
  awaitable<::session> session();
};
extern session_store database;
