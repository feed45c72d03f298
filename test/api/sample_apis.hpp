// Three APIs with everything that operations have, whose handlers do nothing.
#pragma once
#include <bight/api.hpp>
#include <bight/core/generator.hpp>
#include <boost/describe.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "api/shop.hpp"

namespace bight::test::sample {

inline api::router shop_api() {
  using namespace shop;
  api::router_options options{"Shop", "1.2.0"};
  options.description = "Ropes & more";
  api::router routes{options};
  routes.add(get_item, [](int, bool) {
    item one;
    one.name = "rope";
    return one;
  });
  routes.add(add_item, [](const item&) { return 1; });
  routes.add(remove_item, [](int) {});
  routes.add(find_items, [](auto...) { return std::vector<std::string>{}; });
  routes.add(log_in, [](const login&) {});
  routes.add(get_file, [](std::string name) { return name; });
  routes.add(save_tree, [](category tree) { return tree; });
  return routes;
}

// ---- forms, several results, pages, streams, security ----

struct ticket {
  int number = 0;
};
BOOST_DESCRIBE_STRUCT(ticket, (), (number))
struct shortage {
  int left = 0;
};
BOOST_DESCRIBE_STRUCT(shortage, (), (left))
struct clerk {
  std::string name;
};

inline constexpr auto apply_for =
    api::post<std::variant<api::reply<201, ticket>, api::reply<202>>>(
        "/applications", api::form<std::string>("name").length(1, 20), api::form<int>("age").min(18).max(120),
        api::form<std::vector<shop::colour>>("paint").length(0, 3), api::form<std::optional<bool>>("urgent"),
        api::form<double>("share", 0.5).min(0).below(1))
        .fails<shortage>(409, "no tickets are left")
        .tag("applications");
inline constexpr auto add_scan =
    api::post<ticket>("/applications/{number}/scans", api::path<int>("number").min(1),
                      api::form<std::string>("title").length(1, 40), api::file("scan").length(1, 1000),
                      api::file<std::vector<api::upload>>("more").length(0, 2))
        .status(201)
        .scope("office:write");
inline constexpr auto list_tickets = api::get<api::page<ticket, std::int64_t>>(
    "/tickets", api::page_size(10, 50), api::query<std::optional<std::int64_t>>("after").min(0));
inline constexpr auto export_tickets =
    api::get<api::lines<ticket>>("/tickets/export", api::query<std::int8_t>("kind").min(-3));
inline constexpr auto watch_tickets = api::get<api::events<ticket>>("/tickets/events");
inline constexpr auto get_scan = api::get<api::content>("/scans/{id}", api::path<uuid>("id"))
                                     .scope("office:read")
                                     .description("The file as it was sent");

inline api::router office_api() {
  api::router_options options{"Office", "2.0.0"};
  options.tags = {"office"};
  api::router routes{options};
  auto server = api::oauth2::client_credentials("https://login.example/token")
                    .scope("office:read", "see scans")
                    .scope("office:write", "add scans");
  routes.provide_oauth2(std::move(server),
                        [](const std::string& token) -> std::optional<api::authorized<clerk>> {
                          if (token != "good") return std::nullopt;
                          return api::authorized<clerk>{clerk{}, {"office:read", "office:write"}};
                        });
  routes.add(apply_for, [](const std::string&, int, const std::vector<shop::colour>&, std::optional<bool>,
                           double) { return api::result_of<apply_for>{api::reply<201, ticket>{ticket{}}}; });
  routes.add(add_scan, [](int, const std::string&, const api::upload&, const std::vector<api::upload>&,
                          api::dependency<clerk>) { return ticket{}; });
  routes.add(list_tickets,
             [](int, std::optional<std::int64_t>) { return api::page<ticket, std::int64_t>{}; });
  routes.add(export_tickets, [](std::int8_t) -> generator<ticket> {
    const ticket t;
    co_yield t;
  });
  routes.add(watch_tickets, []() -> generator<ticket> {
    const ticket t;
    co_yield t;
  });
  routes.add(get_scan, [](const uuid&, api::dependency<clerk>) {
    return api::content{"text/plain", http::body{"scan"}};
  });
  return routes;
}

// ---- types ----

struct circle {
  double radius = 1;
};
BOOST_DESCRIBE_STRUCT(circle, (), (radius))
struct polygon {
  std::vector<std::map<std::string, float>> points;
  std::string note;
};
BOOST_DESCRIBE_STRUCT(polygon, (), (points, note))
constexpr auto schema_of(api::type<circle>) {
  return api::schema(api::field(&circle::radius).above(0).max(1000)).closed();
}
constexpr auto schema_of(api::type<polygon>) {
  return api::schema(api::field(&polygon::points).length(3, 8),
                     api::field(&polygon::note).length(0, 9).or_default());
}
using figure = std::variant<circle, polygon>;
constexpr auto schema_of(api::type<figure>) {
  return api::one_of("kind", "circle", "polygon").named("figure");
}

struct layer {
  uuid id;
  figure shape;
  std::optional<figure> mask;
  std::vector<layer> below;
  std::chrono::sys_time<std::chrono::milliseconds> made;
  std::chrono::seconds shown{};
  std::chrono::year_month_day due{std::chrono::year{2026}, std::chrono::month{1}, std::chrono::day{1}};
  std::optional<decimal> price;
  std::uint64_t size = 0;
  std::int16_t depth = 0;
};
BOOST_DESCRIBE_STRUCT(layer, (), (id, shape, mask, below, made, shown, due, price, size, depth))
constexpr auto schema_of(api::type<layer>) {
  return api::schema(api::field(&layer::below).length(0, 3).or_default(),
                     api::field(&layer::depth).min(-100).below(100), api::field(&layer::shown).or_default())
      .description("A part of a drawing");
}

inline constexpr auto save_layer = api::put<layer>("/layers/{id}", api::path<uuid>("id"), api::body<layer>())
                                       .id("save")
                                       .summary("Saves a layer");
inline constexpr auto save_all =
    api::post<std::map<std::string, figure>>("/figures", api::body<std::map<std::string, figure>>());
inline constexpr auto find_layers = api::get<std::vector<layer>>(
    "/layers", api::query<std::optional<std::chrono::sys_time<std::chrono::milliseconds>>>("since"),
    api::query<std::optional<std::chrono::year_month_day>>("due"),
    api::query<std::vector<std::uint8_t>>("depth").length(0, 2),
    api::header<std::optional<decimal>>("X-Price"),
    api::cookie<std::optional<std::chrono::seconds>>("shown"));
inline constexpr auto set_name = api::patch<void>("/name", api::body<std::optional<std::string>>());

inline api::router drawing_api() {
  api::router routes{api::router_options{"Drawing", "0.9"}};
  routes.provide_api_key(api::api_key::query("key"), [](const std::string& key) -> std::optional<clerk> {
    if (key != "good") return std::nullopt;
    return clerk{};
  });
  routes.provide_basic(
      [](const std::string& name, const std::string&) -> std::optional<std::string> { return name; });
  routes.add(save_layer, [](const uuid&, layer l) { return l; });
  routes.add(save_all, [](std::map<std::string, figure> all) { return all; });
  routes.add(find_layers, [](auto...) { return std::vector<layer>{}; });
  routes.add(set_name,
             [](const std::optional<std::string>&, api::dependency<clerk>, api::dependency<std::string>) {});
  return routes;
}

}  // namespace bight::test::sample
