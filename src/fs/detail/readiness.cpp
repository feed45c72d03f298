#include "fs/detail/readiness.hpp"

#include <sys/epoll.h>

#include <bight/asio.hpp>
#include <bight/core/detail/io_operation.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <optional>
#include <utility>

namespace bight::fs::detail {

using bight::detail::io_handler;
using bight::detail::io_operation;
using bight::detail::unique_fd;
using boost::system::error_code;
using boost::system::system_category;
using boost::system::system_error;

struct watched_descriptor final : bight::detail::io_state {
  using descriptor = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

  explicit watched_descriptor(unique_fd epoll) {
    poll.emplace(bight::detail::context_of(bight::detail::require_loop()), epoll.get());
    epoll.release();
  }
  void loop_closing() noexcept override { poll.reset(); }

  std::optional<descriptor> poll;  // empty once the loop is gone
  bight::detail::io_side waiting;
};

namespace {

[[noreturn]] void fail(int error, const char* what) {
  throw system_error(error_code{error, system_category()}, what);
}

awaitable<void> wait_for(boost::intrusive_ptr<watched_descriptor> state, const char* name) {
  auto& s = *state;
  auto start = [&](io_handler h) {
    s.poll->async_wait(watched_descriptor::descriptor::wait_read, std::move(h));
  };
  auto cancel = [&] {
    error_code ignored;
    s.poll->cancel(ignored);
  };
  io_operation op{name, s, s.waiting, start, cancel};
  const auto outcome = co_await op;
  if (outcome.error && !bight::detail::is_abort(outcome.error)) throw system_error(outcome.error, name);
}

}  // namespace

readiness::readiness() noexcept = default;
readiness::readiness(readiness&&) noexcept = default;
readiness& readiness::operator=(readiness&&) noexcept = default;
readiness::~readiness() = default;

readiness::readiness(int fd, what w) {
  unique_fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  if (!epoll) fail(errno, "epoll_create1");
  epoll_event event{};
  event.events = w == what::reading ? EPOLLIN : EPOLLOUT;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0)
    state_.reset(new watched_descriptor(std::move(epoll)));
  else if (errno != EPERM)
    fail(errno, "epoll_ctl");
}

awaitable<void> readiness::wait(const char* name) const { return wait_for(state_, name); }

}  // namespace bight::fs::detail
