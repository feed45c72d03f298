#include <bight/testing_http/test_client.hpp>

#include <algorithm>
#include <bight/core/cancel.hpp>
#include <bight/core/task.hpp>
#include <bight/net/memory_stream.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace bight::testing {

using boost::system::system_error;

namespace {

[[noreturn]] void throw_system(int code, const std::string& what) {
  throw system_error(boost::system::error_code{code, boost::system::system_category()}, what);
}

}  // namespace

namespace detail {

/// A server, and the network in which every address is this server.
class test_app final : public net::network, public std::enable_shared_from_this<test_app> {
 public:
  test_app(http::handler h, const test_client_options& o)
      : server([this](http::server_request& r) { return handle(r); }, o.server),
        handle_(std::move(h)),
        outside_(net::current_network()),
        client_address_(o.client_address),
        capacity_(o.capacity) {}

  awaitable<std::vector<net::ip_address>> resolve(std::string) override {
    co_return std::vector<net::ip_address>(1, net::ip_address::loopback());
  }
  awaitable<net::stream> connect(net::endpoint where) override;
  std::unique_ptr<net::listener_backend> listen(const net::endpoint& where,
                                                const net::listen_options&) override {
    throw_system(EOPNOTSUPP, "listen on " + where.to_string() + " in the network of a test_client");
  }

  /// Throws the exception of the handler that was asked for `target`, if `answer` is due to one.
  void throw_error_of(std::string_view target, const http::response& answer);
  awaitable<void> stop(std::chrono::nanoseconds grace);
  void abort();

  http::server server;

 private:
  class failure {
   public:
    std::string target;
    std::exception_ptr error;
  };

  awaitable<http::server_response> handle(http::server_request& r);
  static awaitable<void> serve(std::shared_ptr<test_app> self, net::stream connection) {
    co_await self->server.serve_connection(std::move(connection));
  }

  http::handler handle_;
  std::shared_ptr<net::network> outside_;
  net::ip_address client_address_;
  std::size_t capacity_;
  std::vector<task<void>> serving_;
  std::vector<failure> failures_;
  std::uint32_t made_ = 0;
  bool stopped_ = false;
};

awaitable<net::stream> test_app::connect(net::endpoint where) {
  constexpr std::uint32_t first_port = 49'152;
  constexpr std::uint32_t ports = 16'384;
  if (stopped_) throw_system(ECONNREFUSED, "connect to " + where.to_string());
  net::memory_pipe_options pipe;
  pipe.capacity = capacity_;
  pipe.first = net::endpoint{client_address_, static_cast<std::uint16_t>(first_port + made_++ % ports)};
  pipe.second = where;
  auto [client, connection] = net::memory_pipe(pipe);
  std::erase_if(serving_, [](const auto& t) { return t.done(); });
  const net::network_scope handlers{outside_};
  serving_.push_back(spawn(serve, shared_from_this(), std::move(connection)));
  co_return std::move(client);
}

// All exceptions are remembered; which of them end in a 500 is for the server to decide.
awaitable<http::server_response> test_app::handle(http::server_request& r) {
  std::exception_ptr error;
  try {
    auto work = handle_(r);
    co_return co_await std::move(work);
  } catch (const cancelled_error&) { throw; } catch (...) {
    error = std::current_exception();
  }
  auto& f = failures_.emplace_back();
  f.target = r.target();
  f.error = error;
  std::rethrow_exception(error);
}

void test_app::throw_error_of(std::string_view target, const http::response& answer) {
  std::exception_ptr error;  // of several attempts, the last
  std::erase_if(failures_, [&](const failure& f) {
    if (f.target != target) return false;
    error = f.error;
    return true;
  });
  if (error && answer.status() == http::status::internal_server_error) std::rethrow_exception(error);
}

awaitable<void> test_app::stop(std::chrono::nanoseconds grace) {
  stopped_ = true;
  server.stop(grace);
  const auto serving = std::move(serving_);
  for (const auto& t : serving) co_await t.wait();
}

void test_app::abort() {
  stopped_ = true;
  for (const auto& t : serving_) t.cancel();
  serving_.clear();
}

namespace {

http::client_options options_of(const std::shared_ptr<test_app>& app, http::client_options o) {
  o.network = app;
  o.trust_environment = false;
  return o;
}

awaitable<http::response> send_through(std::shared_ptr<test_app> app, http::request& r,
                                       http::client_next next) {
  auto answer = co_await next(r);
  app->throw_error_of(answer.url().request_target(), answer);
  co_return answer;
}

}  // namespace
}  // namespace detail

test_client_options::test_client_options() {
  client.base_url = http::url{"http://testserver/"};
  client.cookies = http::cookie_jar{};
}

test_client::test_client(http::handler h, test_client_options options)
    : test_client(std::make_shared<detail::test_app>(std::move(h), options), options) {}

test_client::test_client(std::shared_ptr<detail::test_app> app, test_client_options options)
    : http::client(detail::options_of(app, std::move(options.client))), app_(std::move(app)) {
  if (!options.throw_handler_errors) return;
  add_middleware(
      [app = app_](http::request& r, http::client_next next) { return detail::send_through(app, r, next); });
}

test_client::~test_client() { app_->abort(); }

awaitable<net::stream> test_client::connect() {
  return app_->connect(net::endpoint{net::ip_address::loopback(), 80});
}

awaitable<void> test_client::stop(std::chrono::nanoseconds grace) { return app_->stop(grace); }

http::server& test_client::server() noexcept { return app_->server; }
std::shared_ptr<net::network> test_client::network() const { return app_; }

}  // namespace bight::testing
