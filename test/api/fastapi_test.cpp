// The same requests to our API and to FastAPI's: what differs is listed here, with the reason.
#include <bight/api.hpp>

#include <algorithm>
#include <array>
#include <bight/http/client.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/http_served.hpp"
#include "support/peers.hpp"

namespace bight::api_fastapi_test {

namespace json = boost::json;

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
  int stock = 1;
  colour paint = colour::red;
  std::optional<std::string> note;
  std::vector<std::string> tags;
  std::vector<part> parts;
};
BOOST_DESCRIBE_STRUCT(item, (), (name, price, stock, paint, note, tags, parts))
constexpr auto schema_of(api::type<item>) {
  return api::schema(api::field(&item::name).length(1, 20), api::field(&item::price).above(0).max(1e6),
                     api::field(&item::stock).min(0).or_default(), api::field(&item::paint).or_default(),
                     api::field(&item::note).length(0, 5), api::field(&item::tags).length(0, 2).or_default(),
                     api::field(&item::parts).or_default());
}

inline constexpr auto get_item =
    api::get<item>("/items/{id}", api::path<int>("id").min(1), api::query<bool>("verbose", false));
inline constexpr auto add_item = api::post<int>("/items", api::body<item>()).status(201);
inline constexpr auto remove_item = api::delete_<void>("/items/{id}", api::path<int>("id"));
inline constexpr auto find_items = api::get<std::vector<std::string>>(
    "/items", api::query<std::optional<std::string>>("q").length(2, 10),
    api::query<int>("limit", 10).min(1).max(100), api::query<std::vector<colour>>("paint").length(0, 2));
inline constexpr auto get_greeting =
    api::get<std::string>("/greeting", api::header<std::string>("accept-language", "en"),
                          api::cookie<std::optional<std::string>>("name"));
inline constexpr auto order =
    api::post<std::string>("/order", api::form<std::string>("name").length(1, 20),
                           api::form<int>("count", 1).min(1), api::form<std::optional<bool>>("gift"));
inline constexpr auto add_photo =
    api::post<std::string>("/photos", api::form<std::string>("title"), api::file("photo"));
inline constexpr auto get_me = api::get<std::string>("/me");
inline constexpr auto get_basic = api::get<std::string>("/basic");
inline constexpr auto get_keyed = api::get<std::string>("/keyed");
inline constexpr auto get_file = api::get<std::string>("/files/{name:path}", api::path<std::string>("name"));

struct token_user {
  std::string name;
};
struct basic_user {
  std::string name;
};
struct key_user {
  std::string name;
};

http::router our_api() {
  api::router r;
  r.provide_bearer([](const std::string& token) -> std::optional<token_user> {
    if (token != "good") return std::nullopt;
    return token_user{"ann"};
  });
  r.provide_basic([](std::string name, const std::string& password) -> std::optional<basic_user> {
    if (password != "open sesame") return std::nullopt;
    return basic_user{std::move(name)};
  });
  r.provide_api_key(api::api_key::header("X-Key"), [](const std::string& key) -> std::optional<key_user> {
    if (key != "good") return std::nullopt;
    return key_user{"ann"};
  });
  r.add(get_item, [](int id, bool verbose) {
    if (id == 404) throw http::problem{404, "there is no item 404"};
    item one;
    one.name = "rope";
    one.price = 9.5;
    if (verbose) one.note = "long";
    return one;
  });
  r.add(add_item, [](const item& i) { return static_cast<int>(i.parts.size()); });
  r.add(remove_item, [](int) {});
  r.add(find_items, [](const std::optional<std::string>& q, int limit, const std::vector<colour>& paint) {
    return std::vector<std::string>{q.value_or("-"), std::to_string(limit), std::to_string(paint.size())};
  });
  r.add(get_greeting, [](const std::string& language, const std::optional<std::string>& name) {
    return language + ' ' + name.value_or("you");
  });
  r.add(order, [](const std::string& name, int count, std::optional<bool> gift) {
    return name + ' ' + std::to_string(count) + ' ' + (gift ? *gift ? "gift" : "no gift" : "-");
  });
  r.add(add_photo, [](const std::string& title, const api::upload& photo) {
    return title + ' ' + photo.filename() + ' ' + std::string{photo.content_type()} + ' ' +
           std::to_string(photo.size());
  });
  r.add(get_me, [](api::dependency<token_user> who) { return who->name; });
  r.add(get_basic, [](api::dependency<basic_user> who) { return who->name; });
  r.add(get_keyed, [](api::dependency<key_user> who) { return who->name; });
  r.add(get_file, [](std::string name) { return name; });
  return std::move(r).routes();
}

class fastapi final : public test::peer_server {
 public:
  static std::string python() {
    static const auto found = test::python_with({"fastapi", "uvicorn", "multipart"});
    return found;
  }
  static std::string missing() {
    return python().empty() ? "FastAPI is not installed: sh cmake/install_deps.sh peers" : "";
  }
  fastapi() {
    start({python(), "-m", "uvicorn", "--app-dir", BIGHT_SOURCE_DIR "/test/support", "--port",
           std::to_string(port()), "--log-level", "warning", "fastapi_app:app"});
  }
};

struct row {
  std::string_view method;
  std::string_view target;
  std::string_view field;  // "Name: value"
  std::string_view body;
  std::string_view difference = {};  // why they differ; empty: they do not
};

constexpr std::string_view json_type = "Content-Type: application/json";
constexpr std::string_view form_type = "Content-Type: application/x-www-form-urlencoded";
constexpr std::string_view files_type = "Content-Type: multipart/form-data; boundary=B";

constexpr std::string_view no_conversion = "a value of another type is not converted";
constexpr std::string_view no_object = "what is no object has no members that are missing";
constexpr std::string_view strict_boolean = "booleans are true, false, 1 and 0";
constexpr std::string_view media_type = "a body of another media type is 415";
constexpr std::string_view unauthenticated = "without credentials it is 401, with a challenge (RFC 9110)";
constexpr std::string_view one_status = "JSON that cannot be parsed has no place";
constexpr std::string_view one_value = "of a name that repeats, the first value counts";
constexpr std::string_view digits = "a number is its digits";
constexpr std::string_view slash = "paths with another slash are not redirected";

constexpr std::array rows{
    // path and query
    row{"GET", "/items/7", "", ""},
    row{"GET", "/items/7?verbose=true", "", ""},
    row{"GET", "/items/7?verbose=1", "", ""},
    row{"GET", "/items/7?verbose=yes", "", "", strict_boolean},
    row{"GET", "/items/7?verbose=TRUE", "", "", strict_boolean},
    row{"GET", "/items/7?verbose=", "", ""},
    row{"GET", "/items/7?verbose=maybe", "", ""},
    row{"GET", "/items/seven", "", ""},
    row{"GET", "/items/0", "", ""},
    row{"GET", "/items/-1", "", ""},
    row{"GET", "/items/7.0", "", ""},
    row{"GET", "/items/404", "", ""},
    row{"GET", "/items/", "", "", slash},
    row{"GET", "/nothing", "", ""},
    row{"PUT", "/items/7", "", ""},
    row{"DELETE", "/items/7", "", ""},
    row{"DELETE", "/items/x", "", ""},
    row{"GET", "/items", "", ""},
    row{"GET", "/items?q=ro&limit=5&paint=red&paint=green", "", ""},
    row{"GET", "/items?q=r", "", ""},
    row{"GET", "/items?q=r&limit=0&paint=blue", "", ""},
    row{"GET", "/items?limit=many", "", ""},
    row{"GET", "/items?limit=101&other=1", "", ""},
    row{"GET", "/items?paint=red&paint=red&paint=red", "", ""},
    row{"GET", "/items?q=a+b%20c", "", ""},
    row{"GET", "/items?limit=1&limit=2", "", "", one_value},
    row{"GET", "/items?limit=+5", "", "", digits},
    row{"GET", "/items?limit=1_0", "", "", digits},
    row{"GET", "/items/%37", "", ""},
    row{"GET", "/files/a/b.txt", "", ""},
    // headers and cookies
    row{"GET", "/greeting", "", ""},
    row{"GET", "/greeting", "Accept-Language: de", ""},
    row{"GET", "/greeting", "Cookie: name=ann", ""},
    // bodies
    row{"POST", "/items", json_type, R"({"name": "rope", "price": 1})"},
    row{"POST", "/items", json_type,
        R"({"name": "rope", "price": 1, "parts": [{"name": "a", "weight": 1}], "other": 1})"},
    row{"POST", "/items", json_type, R"({"name": "", "price": 0})"},
    row{"POST", "/items", json_type, R"({"price": 1})"},
    row{"POST", "/items", json_type, R"({})"},
    row{"POST", "/items", json_type, R"([])", no_object},
    row{
        "POST",
        "/items",
        json_type,
        "",
    },
    row{"POST", "/items", json_type, R"({"name": "rope", "price": )", one_status},
    row{"POST", "/items", json_type, R"({"name": "rope", "price": "1"})", no_conversion},
    row{"POST", "/items", json_type, R"({"name": 7, "price": 1})", no_conversion},
    row{"POST", "/items", json_type, R"({"name": "rope", "price": 1, "stock": 2.5})", no_conversion},
    row{"POST", "/items", json_type, R"({"name": "rope", "price": 1, "stock": null})"},
    row{"POST", "/items", json_type, R"({"name": "rope", "price": 1, "note": null})"},
    row{"POST", "/items", json_type, R"({"name": "rope", "price": 1, "note": "longer than five"})"},
    row{"POST", "/items", json_type, R"({"name": "rope", "price": 1, "paint": "blue"})"},
    row{"POST", "/items", json_type, R"({"name": "rope", "price": 1, "tags": ["a", "b", "c"]})"},
    row{"POST", "/items", json_type,
        R"({"name": "rope", "price": 1, "parts": [{"name": "a"}, {"weight": 1}]})"},
    row{"POST", "/items", json_type, R"({"name": "a", "name": "b", "price": 1})"},
    row{"POST", "/items", json_type, R"({"name": "rope", "price": 1e400})"},
    row{"POST", "/items", json_type, R"({"name": "rope", "price": 1, "stock": 2.0})"},
    row{"POST", "/items", json_type, "\xef\xbb\xbf{\"name\": \"rope\", \"price\": 1}"},
    row{"POST", "/items", "", R"({"name": "rope", "price": 1})", media_type},
    row{"POST", "/items", "Content-Type: text/plain", R"({"name": "rope", "price": 1})", media_type},
    // forms
    row{"POST", "/order", form_type, "name=rope&count=2&gift=true"},
    row{"POST", "/order", form_type, "name=rope"},
    row{"POST", "/order", form_type, "count=0"},
    row{"POST", "/order", form_type, "name=rope&count=&gift="},
    row{"POST", "/order", form_type, "name=&gift=on"},
    row{"POST", "/order", form_type, "name=rope&gift=on"},
    row{"POST", "/order", form_type, "name=rope&count=many&gift=perhaps"},
    row{"POST", "/order", json_type, R"({"name": "rope"})", media_type},
    row{"POST", "/photos", files_type,
        "--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nBeach\r\n--B\r\n"
        "Content-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\nContent-Type: "
        "image/jpeg\r\n\r\n"
        "bytes\r\n--B--\r\n"},
    row{"POST", "/photos", files_type,
        "--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nBeach\r\n--B--\r\n"},
    // security
    row{"GET", "/me", "Authorization: Bearer good", ""},
    row{"GET", "/me", "", ""},
    row{"GET", "/me", "Authorization: Bearer bad", ""},
    row{"GET", "/basic", "Authorization: Basic YW5uOm9wZW4gc2VzYW1l", ""},
    row{"GET", "/me", "Authorization: bearer good", ""},
    row{"GET", "/me", "Authorization: Bearer", ""},
    row{"GET", "/basic", "Authorization: Basic !!!", ""},
    row{"GET", "/basic", "", ""},
    row{"GET", "/keyed", "X-Key: good", ""},
    row{"GET", "/keyed", "", "", unauthenticated},
};

struct outcome {
  int status = 0;
  json::value body;
};

// Where the values are that are not valid: "query limit", "body /parts/0/weight".
std::set<std::string> their_places(const json::value& body) {
  std::set<std::string> all;
  for (const auto& e : body.at("detail").as_array()) {
    std::string text;
    for (const auto& step : e.at("loc").as_array())
      text.append(text.empty() ? "" : "/")
          .append(step.is_string() ? std::string{step.get_string()} : json::serialize(step));
    all.insert(text);
  }
  return all;
}
std::set<std::string> our_places(const json::value& body) {
  std::set<std::string> all;
  for (const auto& e : body.at("errors").as_array()) {
    std::string in{e.at("in").get_string()};
    std::string text = in == "form" ? "body" : in;
    if (const auto* const name = e.as_object().if_contains("name"))
      text.append("/").append(name->get_string());
    all.insert(text.append(e.at("pointer").get_string()));
  }
  return all;
}

// Numbers are compared as numbers: 1 and 1.0.
bool is_same(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
  if (a.kind() != b.kind()) return false;
  if (const auto* const list = a.if_array()) {
    const auto& other = b.as_array();
    return std::equal(list->begin(), list->end(), other.begin(), other.end(), is_same);
  }
  if (const auto* const object = a.if_object()) {
    const auto& other = b.as_object();
    return object->size() == other.size() && std::all_of(object->begin(), object->end(), [&](const auto& m) {
             const auto* const found = other.if_contains(m.key());
             return found && is_same(m.value(), *found);
           });
  }
  return a == b;
}

bool behaves_the_same(const outcome& ours, const outcome& theirs) {
  if (ours.status != theirs.status) return false;
  if (ours.status < 300) return is_same(ours.body, theirs.body);
  return ours.status != 422 || our_places(ours.body) == their_places(theirs.body);
}

awaitable<outcome> ask(http::client web, std::string origin, row r) {
  auto request = web.request(http::method::parse(r.method).value(), origin + std::string{r.target});
  request.max_redirects(0);
  std::string type;
  if (!r.field.empty()) {
    const auto colon = r.field.find(':');
    const auto name = r.field.substr(0, colon);
    const auto value = r.field.substr(colon + 2);
    if (name == "Content-Type")
      type = value;
    else
      request.header(std::string{name}, value);
  }
  if (r.method == "POST") request.body(std::string{r.body}, type);
  auto response = co_await std::move(request);
  outcome o;
  o.status = response.status().code();
  const auto text = co_await response.bytes();
  json::error_code failed;
  o.body = json::parse(text, failed);
  co_return o;
}

class api_beside_fastapi : public test::with_peers<fastapi> {};

ASYNC_TEST_F(api_beside_fastapi, the_same_requests_have_the_same_outcomes_but_for_what_is_meant) {
  const fastapi theirs;
  const test::running ours{our_api()};
  const http::client web;
  for (const auto& r : rows) {
    const auto a = co_await ask(web, ours.url(""), r);
    const auto b = co_await ask(web, theirs.url(""), r);
    EXPECT_EQ(behaves_the_same(a, b), r.difference.empty())
        << r.method << ' ' << r.target << ' ' << r.field << ' ' << r.body << "\nours:   " << a.status << ' '
        << json::serialize(a.body) << "\ntheirs: " << b.status << ' ' << json::serialize(b.body) << '\n'
        << r.difference;
  }
  EXPECT_GE(rows.size(), 60U);
}

}  // namespace bight::api_fastapi_test
