// A shop: the operations that the tests of the room serve and call.
#pragma once
#include <bight/api.hpp>
#include <boost/describe.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bight::test::shop {

enum class colour { red, green };
BOOST_DESCRIBE_ENUM(colour, red, green)

struct part {
  std::string name;
  double weight = 0;
};
BOOST_DESCRIBE_STRUCT(part, (), (name, weight))

struct item {
  std::string name;
  double price = 0;
  std::int32_t stock = 1;
  colour paint = colour::red;
  std::optional<std::string> note;
  std::vector<std::string> tags;
  std::vector<part> parts;
  std::map<std::string, int> sizes;
};
BOOST_DESCRIBE_STRUCT(item, (), (name, price, stock, paint, note, tags, parts, sizes))

constexpr auto schema_of(api::type<item>) {
  return api::schema(
      api::field(&item::name).length(1, 20).description("as on the label").example(R"("rope")"),
      api::field(&item::price).above(0).max(1e6), api::field(&item::stock).min(0).or_default(),
      api::field(&item::paint).or_default(), api::field(&item::note).length(0, 5),
      api::field(&item::tags).length(0, 2).or_default(), api::field(&item::parts).or_default(),
      api::field(&item::sizes).or_default());
}

struct login {
  std::string user;
  std::string password;
};
BOOST_DESCRIBE_STRUCT(login, (), (user, password))

constexpr auto schema_of(api::type<login>) {
  return api::schema(api::field(&login::user).length(1), api::field(&login::password).length(8).secret())
      .closed();
}

// Contains itself.
struct category {
  std::string name;
  std::vector<category> children;
};
BOOST_DESCRIBE_STRUCT(category, (), (name, children))

inline constexpr auto get_item =
    api::get<item>("/items/{id}", api::path<int>("id").min(1), api::query<bool>("verbose", false))
        .summary("One item")
        .tag("items")
        .fails(404, "there is no such item");
inline constexpr auto add_item =
    api::post<int>("/items", api::body<item>()).status(201).summary("Adds an item").tag("items");
inline constexpr auto remove_item = api::delete_<void>("/items/{id}", api::path<int>("id")).deprecated();
inline constexpr auto find_items =
    api::get<std::vector<std::string>>(
        "/items", api::query<std::optional<std::string>>("q").length(2, 10),
        api::query<int>("limit", 10).min(1).max(100), api::query<std::vector<colour>>("paint").length(0, 2),
        api::header<std::string>("X-Shop", "main"), api::cookie<std::optional<int>>("seen"))
        .id("find");
inline constexpr auto log_in = api::post<void>("/login", api::body<login>());
inline constexpr auto get_file = api::get<std::string>("/files/{name:path}", api::path<std::string>("name"));
inline constexpr auto save_tree = api::put<category>("/tree", api::body<category>());

}  // namespace bight::test::shop
