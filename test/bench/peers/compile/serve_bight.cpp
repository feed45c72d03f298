// A server that answers every request with its path.
#include <bight/core.hpp>
#include <bight/http.hpp>
namespace http = bight::http;
namespace net = bight::net;

bight::awaitable<http::server_response> answer(http::server_request& request) {
  co_return http::server_response(200, std::string(request.path()));
}
bight::awaitable<void> program() {
  http::server server(answer);
  co_await server.serve(net::listener(net::endpoint(net::ip_address::loopback(), 8080)));
}
int main() { return bight::run_main(program); }
