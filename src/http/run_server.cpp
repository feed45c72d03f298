#include <bight/http/run_server.hpp>

#include <sys/socket.h>

#include <atomic>
#include <bight/core/cancel.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/log.hpp>
#include <bight/core/sharded.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/activation.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <chrono>
#include <exception>
#include <string>

namespace bight::http::detail {
namespace {

using bight::detail::unique_fd;
using boost::system::system_error;

/// What the loops of a run_server share.
class server_loops {
 public:
  server_loops(run_server_options options, handler_maker make, std::size_t count)
      : options_(std::move(options)), make_(std::move(make)), places_(count) {
    for (const int fd : options_.descriptors) given_.emplace_back(fd);
  }

  /// The program of a loop.
  awaitable<void> run(shard me);

 private:
  /// A socket that the first loop has opened. The other loops open the address again, or accept from a copy
  /// of the descriptor.
  struct shared_socket {
    net::endpoint where;
    bool reopened = false;
    std::vector<unique_fd> copies;  // of the other loops
  };
  // Used by its own loop only.
  struct place {
    event met;
  };
  using listeners = std::vector<net::listener>;

  awaitable<void> meet(const shard& me);
  void open_first(listeners& to);
  void share(net::listener l, bool reopened, listeners& to);
  listeners open_again(std::size_t index);
  void report_ready() const;
  awaitable<void> serve(server& s, listeners from);
  awaitable<void> report_slow_stop(const server& s, const task<void>& serving) const;

  run_server_options options_;
  const handler_maker make_;
  std::vector<unique_fd> given_;
  std::vector<shared_socket> sockets_;  // written by the first loop before the others read it
  std::vector<place> places_;
  std::atomic<std::size_t> arrived_ = 0;
};

awaitable<void> serve_all(server& s, std::vector<net::listener> from) {
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    for (auto& l : from)
      group.spawn([&s](net::listener mine) { return s.serve(std::move(mine)); }, std::move(l));
    co_return;
  });
}

/// Lets other sockets of this process join the port of a socket that was bound alone, so that no other
/// process had it.
void allow_reuse(net::listener& l) {
  const unique_fd socket{l.duplicate()};
  const int yes = 1;
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) != 0)
    throw system_error(boost::system::error_code{errno, boost::system::system_category()},
                       "SO_REUSEPORT on " + l.local_endpoint().to_string());
}

/// Waits until all loops have come here.
awaitable<void> server_loops::meet(const shard& me) {
  if (arrived_.fetch_add(1) % me.count() == me.count() - 1) {
    for (std::size_t i = 0; i != me.count(); ++i)
      me.peer(i).call_soon_threadsafe([this, i] { places_[i].met.set(); });
  }
  auto& met = places_[me.index()].met;
  co_await met.wait();
  met.clear();
}

// Several loops would all be woken for a connection to one of them; that is rare where connections are kept.
// The alternative, one loop that accepts for all, makes every connection wait for that loop.
void server_loops::share(net::listener l, bool reopened, listeners& to) {
  auto& socket = sockets_.emplace_back();
  socket.where = l.local_endpoint();
  socket.reopened = reopened;
  for (std::size_t i = 1; i != places_.size() && !reopened; ++i) socket.copies.emplace_back(l.duplicate());
  to.push_back(std::move(l));
}

void server_loops::open_first(listeners& to) {
  auto activated = options_.activation ? net::activated_listeners() : listeners{};
  if (!activated.empty()) options_.listen.clear();
  for (auto& l : activated) share(std::move(l), false, to);
  for (const auto& where : options_.listen) {
    net::listener l{where, options_.socket};
    const bool reopened = where.is_ip() && places_.size() > 1;
    if (reopened && !options_.socket.reuse_port) allow_reuse(l);
    share(std::move(l), reopened, to);
  }
  for (auto& fd : given_) {
    auto l = net::listener::from_descriptor(fd.get());
    static_cast<void>(fd.release());
    share(std::move(l), false, to);
  }
}

server_loops::listeners server_loops::open_again(std::size_t index) {
  auto options = options_.socket;
  options.reuse_port = true;
  listeners opened;
  for (auto& socket : sockets_) {
    if (socket.reopened) {
      opened.emplace_back(socket.where, options);
    } else {
      auto& copy = socket.copies[index - 1];
      opened.push_back(net::listener::from_descriptor(copy.get()));
      static_cast<void>(copy.release());
    }
  }
  return opened;
}

void server_loops::report_ready() const {
  if (!options_.on_ready) return;
  std::vector<net::endpoint> bound;
  for (const auto& socket : sockets_) bound.push_back(socket.where);
  options_.on_ready(bound);
}

awaitable<void> server_loops::run(shard me) {
  const auto make = make_;  // a copy for this loop
  auto making = make();
  auto made = co_await std::move(making);
  server s{std::move(made), options_.server};
  co_await meet(me);
  listeners mine;
  if (me.index() == 0) open_first(mine);
  co_await meet(me);
  if (me.index() != 0) mine = open_again(me.index());
  co_await meet(me);
  if (me.index() == 0) report_ready();
  co_await serve(s, std::move(mine));
}

awaitable<void> server_loops::serve(server& s, listeners from) {
  const auto serving = spawn(serve_all, std::ref(s), std::move(from));
  bool stopped = false;
  try {
    co_await shield(serving);
  } catch (const cancelled_error&) { stopped = true; }
  if (!stopped) co_return;
  s.stop(options_.stop_timeout);
  if (options_.on_slow_stop) co_await report_slow_stop(s, serving);
  co_await serving;
}

awaitable<void> server_loops::report_slow_stop(const server& s, const task<void>& serving) const {
  constexpr std::chrono::milliseconds slow{500};
  const bool done = co_await move_on_after(slow, [&]() -> awaitable<void> { co_await shield(serving); });
  if (!done) options_.on_slow_stop(s.connections());
}

void log_failure(const std::exception_ptr& error) {
  log(log_level::error, "bight: http::run_server: " + describe(error));
}

}  // namespace

int run_server(run_server_options options, handler_maker make) {
  const auto count = bight::detail::shard_count(options.threads);
  server_loops loops{std::move(options), std::move(make), count};
  try {
    run_sharded(count, [&loops](shard me) { return loops.run(std::move(me)); });
    return 0;
  } catch (const interrupt_error&) {
    return 0;  // a signal came before all loops had started
  } catch (const cancelled_error&) { return 0; } catch (const exception_group& group) {
    for (const auto& error : group.errors()) log_failure(error);
  } catch (const system_error& e) {
    if (e.code() == bight::errc::loop_running) throw;
    log_failure(std::current_exception());
  }
  return 1;
}

awaitable<void> serve_sharded(run_server_options options, handler_maker make) {
  const auto count = bight::detail::shard_count(options.threads);
  server_loops loops{std::move(options), std::move(make), count};
  co_await sharded(count, [&loops](shard me) { return loops.run(std::move(me)); });
}

}  // namespace bight::http::detail
