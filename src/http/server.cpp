#include <bight/http/server.hpp>

#include <algorithm>
#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/detail/watchdog.hpp>
#include <bight/core/event.hpp>
#include <bight/core/semaphore.hpp>
#include <bight/core/task_group.hpp>
#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <vector>

#include "http/server/connection.hpp"

namespace bight::http {

class server::impl {
 public:
  impl(handler h, server_options o) : slots_(std::max<std::size_t>(o.limits.max_connections, 1)) {
    if (!is_field_value(o.name))
      throw boost::system::system_error(make_error_code(errc::invalid_header), "server_options::name");
    state_.handle = std::move(h);
    state_.options = std::move(o);
    nobody_left_.set();
  }

  awaitable<void> serve(net::listener& listener);
  awaitable<void> serve_one(net::stream s);
  void stop(std::chrono::nanoseconds grace);
  std::uint64_t requests() const noexcept { return state_.requests; }
  std::size_t connections() const noexcept { return open_.size(); }

 private:
  struct open_connection {
    detail::server_connection* connection;
    bight::detail::watchdog* grace;
  };
  // On the list for as long as it is served.
  class listed;

  awaitable<void> accept_all(net::listener& listener, task_group& group);
  static awaitable<void> serve_slot(impl& self, net::stream s, semaphore::permit slot);

  detail::server_state state_;
  semaphore slots_;
  std::vector<open_connection> open_;
  std::vector<net::listener*> listeners_;
  event nobody_left_;
};

class server::impl::listed {
 public:
  listed(impl& i, detail::server_connection& c, bight::detail::watchdog& grace) : impl_(&i), connection_(&c) {
    i.open_.push_back({&c, &grace});
    i.nobody_left_.clear();
  }
  listed(const listed&) = delete;
  listed& operator=(const listed&) = delete;
  ~listed() {
    auto& list = impl_->open_;
    const auto at =
        std::find_if(list.begin(), list.end(), [this](const auto& o) { return o.connection == connection_; });
    *at = list.back();
    list.pop_back();
    if (list.empty()) impl_->nobody_left_.set();
  }

 private:
  impl* impl_;
  detail::server_connection* connection_;
};

awaitable<void> server::impl::serve_one(net::stream s) {
  bight::detail::task_awaiter self;
  auto& task = co_await self;
  // Set by stop(). Whoever awaits serve_connection has not been cancelled then: only the connection ends.
  bight::detail::watchdog grace{task, cancel_reason::shutdown};
  detail::server_connection connection{state_, std::move(s), task};
  const listed on_the_list{*this, connection, grace};
  try {
    co_await connection.run();
  } catch (const cancelled_error&) {
    if (!grace.alone()) throw;
  }
}

awaitable<void> server::impl::serve_slot(impl& self, net::stream s, semaphore::permit slot) {
  const auto held = std::move(slot);
  co_await self.serve_one(std::move(s));
}

awaitable<void> server::impl::accept_all(net::listener& listener, task_group& group) {
  while (!state_.stopping) {
    auto slot = co_await slots_.acquire();
    try {
      auto s = co_await listener.accept();
      group.spawn(serve_slot, std::ref(*this), std::move(s), std::move(slot)).detach();
    } catch (const boost::system::system_error&) {
      if (!state_.stopping) throw;
    }
  }
}

awaitable<void> server::impl::serve(net::listener& listener) {
  listeners_.push_back(&listener);
  struct at_end {
    std::vector<net::listener*>& list;
    net::listener* mine;
    ~at_end() { std::erase(list, mine); }
  } const remove{listeners_, &listener};
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    co_await accept_all(listener, group);
    co_await nobody_left_.wait();
  });
}

void server::impl::stop(std::chrono::nanoseconds grace) {
  state_.stopping = true;
  for (auto* l : listeners_) l->close();
  slots_.release(listeners_.size());  // who waits for a place to accept with has nothing to wait for any more
  const auto end = bight::detail::deadline_after(clock::now(), grace);
  for (const auto& o : open_) {
    o.grace->set(end);
    if (o.connection->idle()) o.connection->close();
  }
}

server::server(handler h, server_options options)
    : impl_(std::make_unique<impl>(std::move(h), std::move(options))) {}
server::~server() = default;

awaitable<void> server::serve(net::listener listener) {
  return [](impl& i, net::listener mine) -> awaitable<void> { co_await i.serve(mine); }(*impl_,
                                                                                        std::move(listener));
}
awaitable<void> server::serve_connection(net::stream connection) {
  return impl_->serve_one(std::move(connection));
}
void server::stop(std::chrono::nanoseconds grace) { impl_->stop(grace); }
std::uint64_t server::requests() const noexcept { return impl_->requests(); }
std::size_t server::connections() const noexcept { return impl_->connections(); }

}  // namespace bight::http
