// bench_websocket_client --url U --connections N --messages N --size B [--deflate] [--binary] [--hold S]:
// each connection sends its messages one after another and waits for the echo of each. With --hold, the
// connections then stay open and idle for S seconds, so that the memory of the server can be read.
#include <bight/core.hpp>
#include <bight/http.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/report.hpp"

namespace {

using bight::awaitable;
namespace http = bight::http;

struct settings {
  std::string url;
  long connections = 1;
  long messages = 1000;
  long size = 32;
  long hold = 0;
  bool deflate = false;
  bool binary = false;
};

// Text that compresses as JSON does.
std::string content(std::size_t size) {
  std::string text;
  for (unsigned i = 0; text.size() < size; ++i)
    text.append(R"({"id":)").append(std::to_string(i * 2654435761U)).append(R"(,"name":"item"},)");
  text.resize(size);
  return text;
}

awaitable<void> talk(http::websocket& socket, const http::websocket_message& message, long count) {
  for (long i = 0; i < count; ++i) {
    co_await socket.send(message);
    const auto echo = co_await socket.receive();
    if (!echo || echo->data.size() != message.data.size()) throw std::runtime_error("wrong echo");
  }
}

awaitable<void> run(settings s) {
  http::client client;
  http::websocket_options options;
  if (s.deflate) options.deflate.emplace();
  std::vector<http::websocket> sockets;
  for (long i = 0; i < s.connections; ++i) {
    auto socket = co_await client.websocket(s.url).options(options);
    sockets.push_back(std::move(socket));
  }
  using kind = http::websocket_message::kind;
  const http::websocket_message message{content(static_cast<std::size_t>(s.size)),
                                        s.binary ? kind::binary : kind::text};
  const bench::stopwatch watch;
  if (s.messages > 0) {
    std::vector<awaitable<void>> all;
    for (auto& socket : sockets) all.push_back(talk(socket, message, s.messages));
    co_await bight::gather(std::move(all));
    watch.report("websocket_client", s.connections * s.messages);
  }
  if (s.hold > 0) {
    std::printf("holding %ld connections\n", s.connections);
    std::fflush(stdout);
    co_await bight::sleep(std::chrono::seconds{s.hold});
  }
}

}  // namespace

int main(int argc, char** argv) {
  settings s;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--deflate") s.deflate = true;
    if (name == "--binary") s.binary = true;
    if (i + 1 == argc) break;
    if (name == "--url") s.url = argv[i + 1];
    if (name == "--connections") s.connections = std::atol(argv[i + 1]);
    if (name == "--messages") s.messages = std::atol(argv[i + 1]);
    if (name == "--size") s.size = std::atol(argv[i + 1]);
    if (name == "--hold") s.hold = std::atol(argv[i + 1]);
  }
  if (s.url.empty()) {
    std::fputs(
        "usage: bench_websocket_client --url U --connections N --messages N --size B [--deflate] [--binary] "
        "[--hold S]\n",
        stderr);
    return 2;
  }
  return bight::run_main(run, std::move(s));
}
