// Non-blocking I/O on pipes and sockets.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/io_operation.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstddef>
#include <optional>
#include <span>

#include <bight/core/detail/unique_fd.hpp>

namespace bight::detail {

using stream_descriptor = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

/// A descriptor on the running loop.
stream_descriptor on_this_loop(unique_fd fd);

struct descriptor_state final : io_state {
  explicit descriptor_state(unique_fd fd);
  void loop_closing() noexcept override { stream.reset(); }
  bool is_open() const noexcept { return stream && stream->is_open(); }
  /// Operations in flight end with operation_canceled.
  void close() noexcept;

  std::optional<stream_descriptor> stream;  // empty once the loop is gone
  io_side reading;
  io_side writing;
  bool half_written = false;
};

using descriptor_ptr = boost::intrusive_ptr<descriptor_state>;

/// The contract of byte_source::read_some. `name`, of static lifetime: what is waited for, for reports.
/// Errors: EBADF if it was closed.
awaitable<std::size_t> read_from(descriptor_ptr from, std::span<std::byte> buffer, const char* name);

/// Writes all of `data`, which stays where it is. Cancellation: what was written is written; if that is a
/// part, later writes throw errc::half_written.
awaitable<void> write_to(descriptor_ptr to, std::span<const std::byte> data, const char* name);

/// Waits until a read would not block.
awaitable<void> wait_until_readable(descriptor_ptr from, const char* name);

}  // namespace bight::detail
