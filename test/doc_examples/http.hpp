// What the examples in doc comments of the room http use and do not declare.
#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <bight/http.hpp>
#include <bight/http/beast.hpp>
#include <bight/http/json.hpp>
#include <bight/net.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/beast/http/dynamic_body.hpp>
#include <boost/beast/http/message_generator.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace http = bight::http;
namespace net = bight::net;

using namespace std::chrono_literals;

struct item_type {
  int id = 0;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(item_type, (), (id, name))

// ---- beast.hpp
namespace asio = boost::asio;
extern http::server_request request;
extern http::router router;
extern net::stream stream;
boost::beast::http::message_generator handle_request(
    boost::beast::http::request<boost::beast::http::string_body>&& asked);

// ---- body.hpp
extern bight::fs::file file;
constexpr std::uint64_t size = 100;

// ---- download.hpp
extern http::client client;

// ---- server_response.hpp
extern const http::server_request request;

// ---- client.hpp
extern http::client client;
extern const item_type item;

// ---- cookie_jar.hpp
extern http::client_options options;
extern const http::url where;

// ---- fetch_all.hpp
extern http::client client;
extern std::vector<std::string> urls;

// ---- form.hpp
extern http::client client;
extern const std::string url;

// ---- json.hpp
using item = item_type;
extern http::client client;
extern http::response response;
extern const std::string text;
extern const std::string list;
extern const std::string url;

// ---- multipart.hpp
extern http::request request;
extern http::server_request& incoming;
bight::awaitable<void> store(bight::byte_source& part);

// ---- netrc.hpp
extern http::request request;
extern const http::url where;

// ---- proxy.hpp
extern const http::url where;

// ---- request_builder.hpp
extern http::client client;
extern const std::string url;
extern const std::string id;
extern const item_type item;

// ---- transport.hpp
extern http::client client;

// ---- request.hpp
extern http::client client;

// ---- blocking.hpp
extern http::router routes;
std::string render_thumbnail(const std::string& image);

// ---- run_server.hpp
class item_store {
 public:
  http::server_response show(http::server_request& request);
};
bight::awaitable<item_store> open_items();
struct host_of_services {
  void add(const std::string& name, std::function<bight::awaitable<void>()> run);
};
extern host_of_services host;
bight::awaitable<http::router> make_site();

// ---- event_source.hpp
extern http::client client;
extern const std::string url;
extern const std::string token;
extern const item_type question;

// ---- topic.hpp
extern http::router routes;

// ---- event_stream.hpp
extern http::router routes;

// ---- router.hpp
bight::awaitable<http::server_response> show_item(http::server_request& request);
bight::awaitable<http::server_response> add_item(http::server_request& request);

// ---- multipart_form.hpp
extern http::server_request& request;
extern const std::filesystem::path folder;
std::string new_name();

// ---- set_cookie.hpp
extern http::server_response response;
extern const std::string token;

// ---- static_files.hpp
extern http::router routes;

// ---- response.hpp
extern http::client client;
extern const http::url url;

// ---- url.hpp
extern http::url u;

// ---- charset.hpp
extern const std::string piece;
extern std::string text;

// ---- websocket.hpp
extern http::client client;

// ---- websocket_builder.hpp
extern http::client client;
extern const std::string token;
extern const std::string url;

// ---- websocket_response.hpp
extern http::router router;

// ---- reconnecting_websocket.hpp
extern http::client client;
