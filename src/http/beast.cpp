#include <bight/http/detail/beast_support.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bight/core/cancel.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/error.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <chrono>
#include <string>

namespace bight::http::detail {

using boost::system::error_code;
using boost::system::system_error;

namespace {

// The code of the exception that is being handled.
error_code current_code() noexcept {
  try {
    throw;
  } catch (const cancelled_error&) {
    return boost::asio::error::operation_aborted;
  } catch (const system_error& e) { return e.code(); } catch (...) {
    return make_error_code(boost::system::errc::not_enough_memory);
  }
}

awaitable<std::size_t> read_from(beast_operation::shared_stream s, std::span<std::byte> into) {
  const auto n = co_await s->read_some(into);
  if (n == 0) throw system_error(boost::asio::error::eof);
  co_return n;
}

// A cancellation breaks the stream if the piece has been sent in part: therefore a small one.
awaitable<std::size_t> write_to(beast_operation::shared_stream s, std::span<const std::byte> data) {
  constexpr std::size_t piece = 16 * 1024;
  data = data.first(std::min(data.size(), piece));
  co_await s->write(data);
  co_return data.size();
}

awaitable<void> read_to_end(net::stream& s) {
  std::array<std::byte, 4096> ignored;
  std::size_t n = 1;
  while (n != 0) n = co_await s.read_some(ignored);
}

awaitable<std::size_t> close_both_ways(beast_operation::shared_stream s, bool server_role) {
  constexpr std::chrono::seconds longest{5};  // for a peer that does not close
  if (server_role) co_await s->shutdown_write();
  const auto ends = [&] { return read_to_end(*s); };
  const bool ended = co_await move_on_after(longest, ends);
  if (ended)
    co_await s->close();
  else
    s->abort();
  co_return 0;
}

}  // namespace

void beast_operation::start(work w) { running_ = spawn(run, shared_from_this(), std::move(w)); }

awaitable<void> beast_operation::run(std::shared_ptr<beast_operation> self, work w) {
  self->begun_ = true;
  error_code error;
  std::size_t n = 0;
  if (self->cancelled_) {
    error = boost::asio::error::operation_aborted;
  } else {
    try {
      n = co_await w();
    } catch (...) { error = current_code(); }
  }
  self->running_ = {};
  auto done = std::move(self->done_);
  done(error, n);
}

void beast_operation::read(shared_stream s, std::span<std::byte> into) {
  start([s = std::move(s), into] { return read_from(s, into); });
}

void beast_operation::write(shared_stream s, std::span<const std::byte> data) {
  start([s = std::move(s), data] { return write_to(s, data); });
}

void beast_operation::tear_down(shared_stream s, bool server_role) {
  start([s = std::move(s), server_role] { return close_both_ways(s, server_role); });
}

// A task that has not begun would not begin at all, and could not say so.
void beast_operation::cancel() noexcept {
  cancelled_ = true;
  if (begun_ && running_.valid()) running_.cancel();
}

std::size_t try_write_some(net::stream& s, std::span<const std::span<const std::byte>> pieces,
                           error_code& error) noexcept {
  try {
    return s.try_write(pieces);
  } catch (...) { error = current_code(); }
  return 0;
}

url target_at(const url& origin, std::string_view target) {
  if (target.starts_with('/')) return url{origin.origin().append(target)};
  if (target.find("://") != target.npos) return url{target};
  throw system_error(make_error_code(errc::invalid_url), "request target " + std::string{target});
}

void remove_framing(request& r) {
  auto& fields = r.headers();
  fields.remove(header_id::content_length);
  fields.remove(header_id::transfer_encoding);
  if (fields.get(header_id::host) == r.url().host_and_port()) fields.remove(header_id::host);
}

body rest_of_file(int descriptor, std::uint64_t count) {
  const auto position = ::lseek(descriptor, 0, SEEK_CUR);
  const int own = position < 0 ? -1 : ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (own < 0) throw system_error(error_code{errno, boost::system::system_category()}, "file_body");
  return body::file(own, static_cast<std::uint64_t>(position), count);
}

}  // namespace bight::http::detail
