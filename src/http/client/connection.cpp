#include "http/client/connection.hpp"

#include <algorithm>
#include <bight/core/detail/loop_core.hpp>
#include <bight/core/spawn_options.hpp>
#include <boost/system/system_error.hpp>
#include <cstdint>
#include <cstring>
#include <utility>

#include "http/h1/chars.hpp"

namespace bight::http::detail {

std::span<std::byte> connection::room() {
  if (!slab_) slab_ = receive_slab{size_};
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ != 0 && end_ == size_) {
    std::memmove(slab_.get(), slab_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return std::as_writable_bytes(std::span{slab_.get() + end_, size_ - end_});
}

void connection::close() noexcept {
  count_as_work();
  if (stream_.valid()) stream_.abort();
}

// Keeps the connection, whose slab it reads into.
awaitable<void> connection::read(std::shared_ptr<connection> self) {
  auto& c = *self;
  std::size_t n = 0;
  try {
    const auto to = c.probing_ ? std::span<std::byte>{c.probe_} : c.room();
    n = co_await c.stream_.read_some(to);
    if (c.probing_) std::copy_n(c.probe_.begin(), n, c.room().begin());
  } catch (const boost::system::system_error& e) { c.read_error_ = e.code(); }
  c.probing_ = false;
  c.end_ += n;
  c.came_ = n;
  c.count_as_work();
  if (c.listener_) c.listener_->set();
}

// It is closed a second earlier than the peer does, or a request would cross the peer's FIN.
void connection::read_keep_alive(const http::headers& fields) noexcept {
  const auto value = fields.get(header_id::keep_alive);
  if (!value) return;
  constexpr std::string_view name = "timeout=";
  constexpr std::uint64_t longest = 24 * 60 * 60;
  h1::for_each_element(*value, [&](std::string_view element) {
    std::uint64_t seconds = 0;
    if (!equal_ignoring_case(element.substr(0, name.size()), name) ||
        !h1::parse_decimal(element.substr(name.size()), seconds))
      return true;
    seconds = std::min(seconds, longest);
    peer_timeout_ = std::chrono::seconds{seconds == 0 ? 0 : seconds - 1};
    return false;
  });
}

void connection::mark_idle(clock::time_point now, const client_limits& limits) noexcept {
  idle_since_ = now;
  const auto idle = std::min<clock::duration>(limits.idle_timeout, peer_timeout_);
  idle_until_ = std::min(bight::detail::deadline_after(now, idle),
                         bight::detail::deadline_after(created_, limits.max_connection_age));
}

void connection::arm() {
  if (reading_) return;
  reading_ = spawn(eager(read), shared_from_this());
}

awaitable<std::size_t> connection::receive() {
  if (!reading_) {
    const auto n = co_await stream_.read_some(room());
    end_ += n;
    co_return n;
  }
  count_as_work();
  co_await *reading_;
  reading_.reset();
  if (read_error_) throw boost::system::system_error(std::exchange(read_error_, {}));
  co_return came_;
}

// The operations of a descriptor count as work that virtual time waits for. That of an idle connection would
// keep the clock of a test at real speed, though nothing is going to come.
void connection::watch_while_idle() {
  if (reading_) return;
  auto& work = bight::detail::this_loop->external_work;
  const auto before = work;
  probing_ = true;
  { const receive_slab given_back = std::move(slab_); }
  begin_ = end_ = 0;
  arm();
  if (reading_->done()) return;
  uncounted_ = work - before;
  work = before;
}

void connection::count_as_work() noexcept {
  if (uncounted_ != 0 && bight::detail::this_loop)
    bight::detail::this_loop->external_work += std::exchange(uncounted_, 0);
}

// It is asked every time, however short it was idle: what came unasked would be taken for the next response
// (RFC 9112 9.2). A read that is armed has not looked since the loop polled; that of TLS cannot be asked
// beside it.
bool connection::ready_for_request() {
  if (begin_ != end_ || arrived()) return false;
  count_as_work();
  return (reading_ && stream_.native_handle() < 0) || !stream_.readable();
}

}  // namespace bight::http::detail
