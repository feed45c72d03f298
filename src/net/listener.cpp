#include <bight/net/listener.hpp>

#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/sleep.hpp>
#include <bight/net/error.hpp>
#include <bight/net/network.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>
#include <optional>

#include "net/detail/convert.hpp"
#include "net/detail/plain_stream.hpp"

namespace bight::net {

using boost::system::error_code;
using boost::system::system_error;
namespace {

using acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, detail::executor>;

class plain_listener final : public listener_backend {
 public:
  struct state final : detail::io_state {
    explicit state(detail::executor ex) : socket(std::in_place, ex), accepted(std::in_place, ex) {}
    void loop_closing() noexcept override {
      socket.reset();
      accepted.reset();
    }
    bool is_open() const noexcept { return socket && socket->is_open(); }
    std::optional<acceptor> socket;  // empty once the loop is gone
    std::optional<detail::tcp_socket> accepted;
    bool kept = false;  // `accepted` is a connection that nobody took
    detail::io_side side;
  };

  plain_listener(const endpoint& where, const listen_options& options)
      : state_(new state(detail::loop_executor())) {
    error_code ec;
    open(detail::to_asio(where), options, ec);
    if (!ec) where_ = detail::from_asio(state_->socket->local_endpoint(ec));
    if (ec) throw system_error(error_code{ec.value(), ec.category()}, "listen on " + where.to_string());
  }
  plain_listener(const plain_listener&) = delete;
  plain_listener& operator=(const plain_listener&) = delete;
  ~plain_listener() override { plain_listener::close(); }

  awaitable<stream> accept() override { return accept_on(state_); }
  endpoint local_endpoint() const override { return where_; }
  void close() noexcept override {
    if (!state_->is_open()) return;
    error_code ignored;
    state_->socket->close(ignored);
    state_->accepted->close(ignored);
    state_->kept = false;
  }

 private:
  void open(const boost::asio::ip::tcp::endpoint& at, const listen_options& options, error_code& ec);
  static awaitable<stream> accept_on(boost::intrusive_ptr<state> shared);

  boost::intrusive_ptr<state> state_;
  endpoint where_;
};

void plain_listener::open(const boost::asio::ip::tcp::endpoint& at, const listen_options& options,
                          error_code& ec) {
  auto& s = *state_->socket;
  if (s.open(at.protocol(), ec)) return;
  detail::keep_from_children(s.native_handle());
  if (s.set_option(boost::asio::socket_base::reuse_address{true}, ec)) return;
  if (options.reuse_port) {
    using reuse_port = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
    if (s.set_option(reuse_port{true}, ec)) return;
  }
  if (at.address().is_v6() && s.set_option(boost::asio::ip::v6_only{!options.dual_stack}, ec)) return;
  if (s.bind(at, ec)) return;
  s.listen(options.backlog, ec);
}

// Refers to the state alone: another task may destroy the listener meanwhile.
awaitable<stream> plain_listener::accept_on(boost::intrusive_ptr<state> shared) {
  auto& s = *shared;
  if (!s.is_open()) throw system_error(make_error_code(errc::stream_closed), "accept");
  auto start = [&](detail::io_handler h) { s.socket->async_accept(*s.accepted, std::move(h)); };
  auto cancel = [&] {
    error_code ignored;
    s.socket->cancel(ignored);
  };
  bight::detail::task_awaiter self;
  auto& task = co_await self;
  while (!s.kept) {
    detail::io_operation op{"listener::accept", s, s.side, start, cancel};
    const auto outcome = co_await op;
    if (!outcome.error) {
      // It came in the turn of the cancellation: the next call gets it.
      s.kept = outcome.cancelled && task.cancel_due() && s.is_open();
      if (s.kept) throw task.take_cancel("listener::accept");
      break;
    }
    const int code = outcome.error.value();
    if (outcome.error.category() == boost::system::system_category()) {
      if (code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM) {
        // Nobody is turned away: the backlog holds them until descriptors are free again.
        co_await sleep(std::chrono::milliseconds{50});
        if (!s.is_open()) throw system_error(boost::asio::error::operation_aborted, "accept");
        continue;
      }
      if (code == ECONNABORTED || code == EPROTO || code == EPERM) continue;  // that peer gave up
    }
    throw system_error(outcome.error, "accept");
  }
  s.kept = false;
  co_return stream{std::make_unique<detail::plain_stream>(std::move(*s.accepted))};
}

}  // namespace

listener::listener(const endpoint& where, const listen_options& options) {
  if (const auto elsewhere = current_network())
    backend_ = elsewhere->listen(where, options);
  else
    backend_ = std::make_unique<plain_listener>(where, options);
}

}  // namespace bight::net
