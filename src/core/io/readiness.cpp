#include <bight/core/readiness.hpp>

#include <sys/epoll.h>

#include <bight/core/detail/unique_fd.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdint>

#include "core/io/descriptor.hpp"

namespace bight {
namespace {

[[noreturn]] void fail_to_watch(const char* name) {
  throw boost::system::system_error(boost::system::error_code{errno, boost::system::system_category()}, name);
}

// Asio gets an epoll instance that contains the descriptor instead of the descriptor itself: it would make
// that non-blocking for all its users, and rejects one that is already registered.
awaitable<void> wait_for_events(int fd, std::uint32_t events, const char* name) {
  detail::unique_fd set{::epoll_create1(EPOLL_CLOEXEC)};
  if (set.get() < 0) fail_to_watch(name);
  epoll_event event{};
  event.events = events;
  if (::epoll_ctl(set.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail_to_watch(name);
  if (::epoll_wait(set.get(), &event, 1, 0) == 1) co_return;
  const detail::descriptor_ptr watched{new detail::descriptor_state(std::move(set))};
  co_await detail::wait_until_readable(watched, name);
}

}  // namespace

awaitable<void> wait_readable(int fd) { return wait_for_events(fd, EPOLLIN | EPOLLRDHUP, "wait_readable"); }
awaitable<void> wait_writable(int fd) { return wait_for_events(fd, EPOLLOUT, "wait_writable"); }

}  // namespace bight
