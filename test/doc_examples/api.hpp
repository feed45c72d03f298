// What the examples in doc comments of the room api use and do not declare. Nothing here is defined: they are
// compiled and not linked.
#include <bight/api.hpp>
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using bight::awaitable;
namespace api = bight::api;
namespace http = bight::http;
using namespace std::chrono_literals;

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

struct note {
  int id = 0;
  std::string title;
};
BOOST_DESCRIBE_STRUCT(note, (), (id, title))
void use(const note& one);

struct order {
  int amount = 0;
};
BOOST_DESCRIBE_STRUCT(order, (), (amount))

// ---- client.hpp
inline constexpr auto list_notes = api::get<api::page<note, int>>("/notes", api::page_size(50, 100),
                                                                  api::query<std::optional<int>>("after"));
extern api::client client;
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
struct shortage {
  int left = 0;
};
BOOST_DESCRIBE_STRUCT(shortage, (), (left))
extern const api::problem e;
inline constexpr auto get_item =
    api::get<item>("/items/{id}", api::path<int>("id"), api::query<bool>("verbose", false));
extern api::client shop;

// ---- router.hpp
struct administrator {};
extern api::router admin;
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

// ---- content.hpp
extern api::router routes;
extern std::filesystem::path folder;
extern api::client client;

// ---- jwt.hpp
extern std::string pem;
extern api::router routes;
extern const api::jwt_key key;

// ---- page.hpp
extern api::router routes;
struct note_store {
  std::vector<note> list(int after, int size);
};
extern note_store store;

// ---- reply.hpp
struct ticket {
  std::string number;
};
BOOST_DESCRIBE_STRUCT(ticket, (), (number))
struct order_store {
  awaitable<order> add(order one);
};
struct order_office {
  awaitable<ticket> ask(order one);
};
extern order_store store;
extern order_office office;
extern api::router routes;

// ---- schema.hpp
struct circle {
  double radius = 0;
};
BOOST_DESCRIBE_STRUCT(circle, (), (radius))
struct square {
  double side = 0;
};
BOOST_DESCRIBE_STRUCT(square, (), (side))

// ---- security.hpp
struct customer {
  int number = 0;
};
extern api::router routes;
awaitable<std::optional<customer>> find_customer(std::string key);

// ---- stream.hpp
struct price {
  double amount = 0;
};
BOOST_DESCRIBE_STRUCT(price, (), (amount))
struct note_store {
  std::vector<int> ids();
  awaitable<note> find(int id);
};
extern note_store store;
extern api::router routes;
extern api::client client;

// ---- upload.hpp
inline constexpr auto add_photo =
    api::post<int>("/photos", api::form<std::string>("title"), api::file("photo"));
struct photo_store {
  awaitable<int> add(std::string title, std::string_view type);
};
extern photo_store store;
extern std::filesystem::path folder;
extern std::string bytes;
extern api::router routes;
extern api::client client;
