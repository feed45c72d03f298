#include <bight/net/listener.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <bight/core/sleep.hpp>
#include <bight/net/error.hpp>
#include <bight/net/network.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/system/errc.hpp>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/detail/convert.hpp"
#include "net/detail/plain_stream.hpp"

namespace bight::net {

using boost::system::error_code;
using boost::system::system_error;
namespace {

using acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol, detail::executor>;
using boost::system::system_category;

error_code last_error() noexcept { return {errno, system_category()}; }

// The file of a Unix domain socket that this process has made. It is removed if it is still that file.
class socket_file {
 public:
  socket_file() = default;
  explicit socket_file(std::string path) : path_(std::move(path)) {
    struct stat made {};
    if (::lstat(path_.c_str(), &made) != 0) path_.clear();
    device_ = made.st_dev;
    inode_ = made.st_ino;
  }
  socket_file(const socket_file&) = delete;
  socket_file& operator=(socket_file&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(device_, other.device_);
    std::swap(inode_, other.inode_);
    return *this;
  }
  ~socket_file() { remove(); }

  void remove() noexcept {
    struct stat now {};
    if (!path_.empty() && ::lstat(path_.c_str(), &now) == 0 && now.st_dev == device_ && now.st_ino == inode_)
      ::unlink(path_.c_str());
    path_.clear();
  }
  void keep() noexcept { path_.clear(); }

 private:
  std::string path_;  // empty: none
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// True if there is a socket on the file, and nobody listens on it any more: a connect is the only way to
// know. A listener sees a connection that ends at once.
bool is_stale(const std::string& path, const detail::generic_endpoint& at) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0 || !S_ISSOCK(there.st_mode)) return false;
  const bight::detail::unique_fd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  return probe && ::connect(probe.get(), at.data(), static_cast<socklen_t>(at.size())) != 0 &&
         errno == ECONNREFUSED;
}

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
    std::optional<detail::stream_socket> accepted;
    bool kept = false;  // `accepted` is a connection that nobody took
    detail::io_side side;
  };

  plain_listener(const endpoint& where, const listen_options& options)
      : state_(new state(detail::loop_executor())) {
    error_code ec;
    if (where.is_unix())
      open_unix(where, options, ec);
    else
      open_ip(where, options, ec);
    if (!ec) where_ = detail::from_asio(state_->socket->local_endpoint(ec));
    if (ec) throw system_error(error_code{ec.value(), ec.category()}, "listen on " + where.to_string());
  }
  explicit plain_listener(int descriptor) : state_(new state(detail::loop_executor())) {
    const auto what = "listen on descriptor " + std::to_string(descriptor);
    int listens = 0;
    int type = 0;
    int family = 0;
    const std::pair<int, int*> questions[] = {
        {SO_ACCEPTCONN, &listens}, {SO_TYPE, &type}, {SO_DOMAIN, &family}};
    for (const auto& [option, value] : questions) {
      socklen_t size = sizeof *value;
      if (::getsockopt(descriptor, SOL_SOCKET, option, value, &size) != 0)
        throw system_error(last_error(), what);
    }
    if (listens == 0 || type != SOCK_STREAM)
      throw system_error(error_code{EINVAL, system_category()},
                         what + ", which is no listening stream socket");
    error_code ec;
    state_->socket->assign({family, family == AF_UNIX ? 0 : IPPROTO_TCP}, descriptor, ec);
    if (ec) throw system_error(error_code{ec.value(), ec.category()}, what);
    detail::keep_from_children(descriptor);
    where_ = detail::from_asio(state_->socket->local_endpoint(ec));
  }
  plain_listener(const plain_listener&) = delete;
  plain_listener& operator=(const plain_listener&) = delete;
  ~plain_listener() override { plain_listener::close(); }

  awaitable<stream> accept() override { return accept_on(state_); }
  endpoint local_endpoint() const override { return where_; }
  void close() noexcept override {
    if (!state_->is_open()) return;
    error_code ignored;
    file_.remove();
    // epoll forgets a socket when its last descriptor is closed; Asio relies on it unless it is released.
    if (duplicated_)
      ::close(state_->socket->release(ignored));
    else
      state_->socket->close(ignored);
    state_->accepted->close(ignored);
    state_->kept = false;
  }
  int duplicate() override {
    if (!state_->is_open()) throw system_error(make_error_code(errc::stream_closed), "duplicate");
    const int copy = ::fcntl(state_->socket->native_handle(), F_DUPFD_CLOEXEC, 0);
    if (copy < 0) throw system_error(last_error(), "duplicate the socket of " + where_.to_string());
    duplicated_ = true;
    return copy;
  }

 private:
  void open_ip(const endpoint& where, const listen_options& options, error_code& ec);
  void open_unix(const endpoint& where, const listen_options& options, error_code& ec);
  static awaitable<stream> accept_on(boost::intrusive_ptr<state> shared);

  boost::intrusive_ptr<state> state_;
  endpoint where_;
  socket_file file_;
  bool duplicated_ = false;
};

void plain_listener::open_ip(const endpoint& where, const listen_options& options, error_code& ec) {
  const auto at = detail::to_asio(where);
  auto& s = *state_->socket;
  if (s.open(at.protocol(), ec)) return;
  detail::keep_from_children(s.native_handle());
  if (s.set_option(boost::asio::socket_base::reuse_address{true}, ec)) return;
  if (options.reuse_port) {
    using reuse_port = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
    if (s.set_option(reuse_port{true}, ec)) return;
  }
  if (where.address().is_v6() && s.set_option(boost::asio::ip::v6_only{!options.dual_stack}, ec)) return;
  if (s.bind(at, ec)) return;
  s.listen(options.backlog, ec);
}

void plain_listener::open_unix(const endpoint& where, const listen_options& options, error_code& ec) {
  const auto at = detail::to_asio(where);
  const std::string path{where.is_abstract() ? std::string_view{} : where.path()};
  auto& s = *state_->socket;
  if (s.open(at.protocol(), ec)) return;
  detail::keep_from_children(s.native_handle());
  if (s.bind(at, ec) == boost::asio::error::address_in_use && is_stale(path, at) &&
      ::unlink(path.c_str()) == 0)
    s.bind(at, ec);
  if (ec) return;
  if (!path.empty()) file_ = socket_file{path};
  // Before it listens: nobody gets in meanwhile whom the permissions keep out.
  if (!path.empty() && options.unix_permissions >= 0 &&
      ::chmod(path.c_str(), static_cast<mode_t>(options.unix_permissions)) != 0) {
    ec = last_error();
    return;
  }
  if (!s.listen(options.backlog, ec) && !options.unlink_on_close) file_.keep();
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

int listener_backend::duplicate() {
  throw system_error(make_error_code(boost::system::errc::operation_not_supported), "duplicate a listener");
}

listener::listener(const endpoint& where, const listen_options& options) {
  if (const auto elsewhere = current_network())
    backend_ = elsewhere->listen(where, options);
  else
    backend_ = std::make_unique<plain_listener>(where, options);
}

listener listener::from_descriptor(int descriptor) {
  return listener{std::make_unique<plain_listener>(descriptor)};
}

}  // namespace bight::net
