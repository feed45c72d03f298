#include "testing/detail/fake_listener.hpp"

#include <algorithm>
#include <bight/core/detail/task_awaiter.hpp>
#include <bight/net/error.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>

#include "testing/detail/step_counter.hpp"

namespace bight::testing::detail {

using boost::system::error_code;
using boost::system::system_category;
using boost::system::system_error;

namespace {

bool any_address(const net::ip_address& a) noexcept {
  return a == net::ip_address{} || a == net::ip_address{net::ip_address::v6_bytes{}};
}

// Connects to addresses of this family reach one that listens on all of them.
bool covers(const net::ip_address& all, bool dual_stack, const net::ip_address& a) noexcept {
  return any_address(all) && (all.is_v4() == a.is_v4() || (all.is_v6() && dual_stack));
}

}  // namespace

bool fake_backlog::full() const noexcept {
  return waiting_.size() >= static_cast<std::size_t>(std::max(options_.backlog, 1));
}

bool fake_backlog::takes(const net::endpoint& to) const noexcept {
  if (to.is_unix() || where_.is_unix()) return to == where_;
  if (to.port() != where_.port()) return false;
  return to.address() == where_.address() || covers(where_.address(), options_.dual_stack, to.address());
}

bool fake_backlog::wildcard() const noexcept { return where_.is_ip() && any_address(where_.address()); }

bool fake_backlog::overlaps(const net::endpoint& where, bool dual_stack) const noexcept {
  if (where.is_unix() || where_.is_unix() || where.address() == where_.address() || !wildcard() ||
      !any_address(where.address()))
    return where == where_;
  return where.port() == where_.port() && (where_.address().is_v6() ? options_.dual_stack : dual_stack);
}

void fake_backlog::push(net::stream connection) {
  waiting_.push_back(std::move(connection));
  update();
}

void fake_backlog::close() noexcept {
  open_ = false;
  for (auto& s : waiting_) s.abort();
  waiting_.clear();
  update();
}

void fake_backlog::update() {
  if (!waiting_.empty() || !open_)
    something_.set();
  else
    something_.clear();
  if (!full() || !open_)
    room_.set();
  else
    room_.clear();
}

awaitable<net::stream> fake_backlog::accept(std::shared_ptr<fake_backlog> self) {
  auto& s = *self;
  if (!s.open_) throw system_error(make_error_code(net::errc::stream_closed), "accept");
  if (const auto error = next_step("accept")) throw system_error(*error, "accept");
  bight::detail::task_awaiter myself;
  auto& task = co_await myself;
  while (s.waiting_.empty()) {
    co_await s.something_.wait();
    if (!s.open_) throw system_error(error_code{ECANCELED, system_category()}, "accept");
    // It came in the turn of the cancellation: the next call gets it, as with net::listener.
    if (task.cancel_due()) throw task.take_cancel("listener::accept");
  }
  auto connection = std::move(s.waiting_.front());
  s.waiting_.pop_front();
  s.update();
  co_return connection;
}

namespace {

class fake_listener final : public net::listener_backend {
 public:
  explicit fake_listener(std::shared_ptr<fake_backlog> backlog) noexcept : backlog_(std::move(backlog)) {}
  fake_listener(const fake_listener&) = delete;
  fake_listener& operator=(const fake_listener&) = delete;
  ~fake_listener() override { backlog_->close(); }

  awaitable<net::stream> accept() override { return fake_backlog::accept(backlog_); }
  net::endpoint local_endpoint() const override { return backlog_->where(); }
  void close() noexcept override { backlog_->close(); }

 private:
  std::shared_ptr<fake_backlog> backlog_;
};

}  // namespace

std::unique_ptr<net::listener_backend> make_listener(std::shared_ptr<fake_backlog> backlog) {
  return std::make_unique<fake_listener>(std::move(backlog));
}

}  // namespace bight::testing::detail
