// An HTTP server and a client in one program.
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <iostream>
namespace http = bight::http;
namespace net = bight::net;

bight::awaitable<http::server_response> greet(http::server_request& request) {
  co_return http::server_response(200, "hello, " + std::string(request.path()) + "\n");
}
bight::awaitable<void> program() {
  http::server server(greet);
  net::listener listener(net::endpoint(net::ip_address::loopback(), 0));
  const auto url = "http://" + listener.local_endpoint().to_string() + "/world";
  co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
    group.spawn([&] { return server.serve(std::move(listener)); });
    http::client client;
    auto response = co_await client.get(url);
    auto text = co_await response.text();
    std::cout << response.status().code() << ' ' << text;
    server.stop();
  });
}
int main() { return bight::run_main(program); }
