#include "fs/detail/perform.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <cerrno>

namespace bight::fs::detail {

long perform_here(const file_request& what) noexcept {
  long n = 0;
  switch (what.what) {
    case file_request::kind::read:
      n = ::pread(what.fd, what.data, what.size, static_cast<off_t>(what.offset));
      break;
    case file_request::kind::write:
      n = ::pwrite(what.fd, what.data, what.size, static_cast<off_t>(what.offset));
      break;
    case file_request::kind::sync_data:
      n = ::fdatasync(what.fd);
      break;
    case file_request::kind::sync_all:
      n = ::fsync(what.fd);
      break;
  }
  return n < 0 ? -errno : n;
}

bool must_repeat(long result) noexcept { return result == -EINTR || result == -ECANCELED; }

awaitable<long> perform(service& with, const char* name, file_request what) {
  if (with.faults.error) {
    const int error = with.faults.error();
    if (error != 0) co_return -error;
  }
  if (auto* const r = with.uring()) {
    ring_operation op{*r, name, what};
    const int n = co_await op;
    // What this file system has no way for: a thread has one.
    if (n != -EAGAIN && n != -EOPNOTSUPP) co_return n;
  }
  const auto call = [&] { return perform_here(what); };
  co_return co_await run_in_executor(threads(), call);
}

}  // namespace bight::fs::detail
