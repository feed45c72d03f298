// wait_readable, wait_writable: readiness of file descriptors.
#pragma once
#include <bight/core/awaitable.hpp>

namespace bight {

/// Waits until a read from `fd` would not block: there is data, end of file or an error (asyncio's
/// add_reader). For libraries that perform their own I/O and only need readiness notifications.
///
///     while (!finished(connection)) {
///       co_await bight::wait_readable(descriptor_of(connection));
///       take_input(connection);
///     }
///
/// The descriptor remains the caller's: it is not closed, and its flags, such as O_NONBLOCK, are not changed.
/// Does not suspend if it is ready. Several tasks may wait for the same descriptor, for reading and for
/// writing, and Asio objects of the same io_context may use it too. If another task reads first, a read may
/// block after all, unless the descriptor is non-blocking. Cancellation: immediate. Errors:
/// boost::system::system_error: EPERM for descriptors that are always ready (regular files, directories; see
/// bight::fs), EBADF if it is not open. Lifetime: do not close the descriptor during a wait; cancel the
/// waiting task and await its end first, since a wait for a closed descriptor does not end, or, if a
/// duplicate (dup, fork) is open, continues with that. Cost: five system calls per wait, three if it is
/// ready.
[[nodiscard]] awaitable<void> wait_readable(int fd);

/// Same for writing: there is room in the buffer, or the reading end is closed.
[[nodiscard]] awaitable<void> wait_writable(int fd);

}  // namespace bight
