// wait_readable, wait_writable: descriptors that other code reads and writes.
#pragma once
#include <bight/core/awaitable.hpp>

namespace bight {

/// Waits until a read from `fd` would not block: there is data, the end, or an error (asyncio's add_reader).
/// For libraries that do their own I/O on a descriptor and ask for no more than to be told when.
///
///     while (!finished(connection)) {
///       co_await bight::wait_readable(descriptor_of(connection));
///       take_input(connection);
///     }
///
/// The descriptor stays the caller's: it is not closed, and its flags, O_NONBLOCK among them, are not
/// changed. What is ready already is found without waiting. Several tasks may wait for the same descriptor,
/// for reading and for writing, and Asio objects of the same io_context may have it, too. Where another one
/// reads first, a read may block after all: let the descriptor be non-blocking then. Cancellation: at once;
/// nothing is lost. Errors: boost::system::system_error, EPERM for what is always ready and cannot be waited
/// for (regular files, directories; see bight::fs), EBADF for no open descriptor. Lifetime: keep the
/// descriptor open while somebody waits for it. To close it, cancel the waiting task and await its end first:
/// a wait for a descriptor that was closed does not end by itself, or, where a copy of it (dup, fork) is
/// open, goes on with that. Cost: five system calls for a wait, three if it is ready.
[[nodiscard]] awaitable<void> wait_readable(int fd);

/// The same until a write to `fd` would not block: there is room, or nobody reads any more.
[[nodiscard]] awaitable<void> wait_writable(int fd);

}  // namespace bight
