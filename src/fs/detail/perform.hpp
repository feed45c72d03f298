// A file operation, on the ring or on a thread.
#pragma once
#include <bight/core/awaitable.hpp>

#include "fs/detail/ring.hpp"
#include "fs/detail/service.hpp"

namespace bight::fs::detail {

/// The result as the kernel gives it: a number of bytes or -errno. `name` is of static lifetime.
/// Cancellation: nothing was done.
awaitable<long> perform(service& with, const char* name, file_request what);

/// True for results that nobody asked for: a signal, or a cancellation that was taken back meanwhile.
bool must_repeat(long result) noexcept;

/// The same on this thread.
long perform_here(const file_request& what) noexcept;

}  // namespace bight::fs::detail
