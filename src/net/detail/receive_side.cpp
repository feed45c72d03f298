#include "net/detail/receive_side.hpp"

#if defined(BIGHT_DETAIL_OWN_RECEIVE)

#include <sys/socket.h>

#include <bight/core/detail/loop_core.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/system/error_category.hpp>
#include <cerrno>

namespace bight::net::detail {

receiving_socket::receiving_socket(stream_socket s)
    : stream_socket(std::move(s)),
      reactor_(&boost::asio::use_service<reactor>(
          static_cast<boost::asio::execution_context&>(get_executor().context()))) {}

void receiving_socket::start(reactor_op& op) {
  constexpr bool is_continuation = false;
  constexpr bool allow_attempt = true;
  reactor_->start_op(reactor::read_op, native_handle(), impl_.get_implementation().reactor_data_, &op,
                     is_continuation, allow_attempt);
}

receive_side::receive_side(receiving_socket& socket) noexcept
    : reactor_op({}, &receive, &complete), descriptor_(socket.native_handle()) {}

// Edges are what the reactor waits for. What comes after the kernel said "empty" is a new one, which the
// reactor cannot have seen before the step ends.
void receive_side::found_empty() noexcept {
  if (bight::detail::this_loop) empty_in_ = bight::detail::this_loop->step_number;
}

void receive_side::start(receiving_socket& socket, std::span<std::byte> buffer,
                         bight::detail::io_state_keeper owner) {
  buffer_ = buffer;
  ec_ = {};
  bytes_transferred_ = 0;
  owner_.emplace(std::move(owner));
  skips_ = empty_in_ == bight::detail::this_loop->step_number;
  socket.start(*this);
  skips_ = false;
}

reactor_op::status receive_side::receive(reactor_op* base) {
  auto& self = static_cast<receive_side&>(*base);
  if (self.skips_) return not_done;
  if (self.buffer_.empty()) return done;
  ssize_t n = 0;
  do n = ::recv(self.descriptor_, self.buffer_.data(), self.buffer_.size(), MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n > 0) {
    self.bytes_transferred_ = static_cast<std::size_t>(n);
    return done;
  }
  if (n == 0) {
    self.ec_ = boost::asio::error::eof;
    return done_and_exhausted;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) return not_done;
  self.ec_ = {errno, boost::system::system_category()};
  return done;
}

// The owner may go with the last of its references, and this with it. Without a scheduler, the loop is being
// destroyed.
void receive_side::complete(void* scheduler, boost::asio::detail::operation* base,
                            const boost::system::error_code&, std::size_t) {
  auto& self = static_cast<receive_side&>(*static_cast<reactor_op*>(base));
  const auto owner = std::exchange(self.owner_, std::nullopt);
  if (!scheduler) return;
  if (auto* const p = std::exchange(self.pending, nullptr)) p->completed(self.ec_, self.bytes_transferred_);
}

}  // namespace bight::net::detail

#endif
