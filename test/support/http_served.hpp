// A server and a connection to it, in memory: time in the test stays virtual.
#pragma once
#include <bight/core/task.hpp>
#include <bight/http/server.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/memory_stream.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "support/http_peer.hpp"

namespace bight::test {

/// Answers 200 with "METHOD path?query body".
inline awaitable<http::server_response> echo(http::server_request& request) {
  std::string text{request.method().name()};
  text.append(" ").append(request.path());
  if (!request.query().empty()) text.append("?").append(request.query());
  const auto body = co_await request.text();
  if (!body.empty()) text.append(" ").append(body);
  co_return http::server_response{200, text};
}

/// One end of a connection whose other end a server serves.
class served {
 public:
  explicit served(http::handler h, http::server_options options = {}, net::memory_pipe_options pipe = {})
      : served(std::move(h), std::move(options), net::memory_pipe(pipe)) {}
  /// Over the given ends of a connection: the client's and the server's.
  served(http::handler h, std::pair<net::stream, net::stream> ends)
      : served(std::move(h), http::server_options{}, std::move(ends)) {}
  served(const served&) = delete;
  served& operator=(const served&) = delete;
  ~served() { serving.cancel(); }

  awaitable<void> send(std::string bytes) { return client.send(std::move(bytes)); }
  awaitable<raw_message> answer(bool bodiless = false) { return client.read_message(bodiless); }
  /// Sends `bytes` and reads one response.
  awaitable<raw_message> ask(std::string bytes) {
    co_await client.send(std::move(bytes));
    co_return co_await client.read_message();
  }
  /// Sends `bytes` and the end, and reads everything that comes back.
  awaitable<std::string> ask_all(std::string bytes) {
    co_await client.send(std::move(bytes));
    co_await client.stream().shutdown_write();
    co_return co_await client.read_to_end();
  }

  // The server lives as long as what it serves, which may be longer than the test's interest in it.
 private:
  std::shared_ptr<http::server> kept_;

 public:
  http::server& server;
  peer client;
  task<void> serving;

 private:
  served(http::handler h, http::server_options options, std::pair<net::stream, net::stream> ends)
      : kept_(std::make_shared<http::server>(std::move(h), std::move(options))),
        server(*kept_),
        client(std::move(ends.first)) {
    serving = spawn(serve, kept_, std::move(ends.second));
  }
  static awaitable<void> serve(std::shared_ptr<http::server> s, net::stream connection) {
    co_await s->serve_connection(std::move(connection));
  }
};

/// A server on loopback.
class running {
  std::shared_ptr<http::server> kept_;
  net::endpoint where_;

 public:
  explicit running(http::handler h, const http::server_options& options = {})
      : kept_(std::make_shared<http::server>(std::move(h), options)), server(*kept_) {
    net::listener listener{net::endpoint(net::ip_address::loopback(), 0)};
    where_ = listener.local_endpoint();
    serving = spawn(serve, kept_, std::move(listener));
  }
  running(const running&) = delete;
  running& operator=(const running&) = delete;
  ~running() { serving.cancel(); }

  awaitable<peer> connect() {
    auto connection = co_await net::connect(where_);
    co_return peer(std::move(connection));
  }
  net::endpoint where() const { return where_; }
  std::string url(std::string_view path = "/") const {
    std::string text{"http://"};
    return text.append(where_.to_string()).append(path);
  }

  http::server& server;
  task<void> serving;

 private:
  static awaitable<void> serve(std::shared_ptr<http::server> s, net::listener l) {
    co_await s->serve(std::move(l));
  }
};

}  // namespace bight::test
