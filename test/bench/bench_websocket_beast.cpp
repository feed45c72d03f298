// bench_websocket_beast --port P [--deflate]: the echo server of bench_websocket_server written with
// Boost.Beast and callbacks, to compare. SIGINT ends it and prints the report.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "bench/report.hpp"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using socket_type = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

long messages = 0;

class session : public std::enable_shared_from_this<session> {
 public:
  session(socket_type s, bool deflate) : stream_(std::move(s)) {
    beast::websocket::permessage_deflate options;
    options.server_enable = deflate;
    options.server_no_context_takeover = options.client_no_context_takeover = true;
    options.compLevel = 1;
    stream_.set_option(options);
    error_code ignored;
    stream_.next_layer().set_option(asio::ip::tcp::no_delay{true}, ignored);
  }
  void start() {
    stream_.async_accept([self = shared_from_this()](const error_code& ec) {
      if (!ec) self->read();
    });
  }

 private:
  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](const error_code& ec, std::size_t) {
      if (!ec) self->write();
    });
  }
  void write() {
    ++messages;
    stream_.text(stream_.got_text());
    stream_.async_write(buffer_.data(), [self = shared_from_this()](const error_code& ec, std::size_t n) {
      if (ec) return;
      self->buffer_.consume(n);
      self->read();
    });
  }

  beast::websocket::stream<socket_type> stream_;
  beast::flat_buffer buffer_;
};

using acceptor_type = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;

void accept(acceptor_type& acceptor, bool deflate) {
  acceptor.async_accept([&acceptor, deflate](const error_code& ec, socket_type s) {
    if (ec) return;
    std::make_shared<session>(std::move(s), deflate)->start();
    accept(acceptor, deflate);
  });
}

}  // namespace

int main(int argc, char** argv) {
  long port = 0;
  bool deflate = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--port" && i + 1 < argc) port = std::atol(argv[++i]);
    if (name == "--deflate") deflate = true;
  }
  if (port < 1 || port > 65535) {
    std::fputs("usage: bench_websocket_beast --port P [--deflate]\n", stderr);
    return 2;
  }
  asio::io_context io{1};
  acceptor_type acceptor{io, {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)}};
  asio::signal_set signals{io, SIGINT, SIGTERM};
  signals.async_wait([&](const error_code&, int) { io.stop(); });
  accept(acceptor, deflate);
  const bench::stopwatch watch;
  io.run();
  if (messages != 0) watch.report("websocket_beast", messages);
  return 0;
}
