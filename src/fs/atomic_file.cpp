#include <bight/fs/atomic_file.hpp>

#include <fcntl.h>

#include <bight/core/uncancellable.hpp>
#include <cerrno>
#include <utility>

#include "fs/detail/file_state.hpp"
#include "fs/detail/replacement.hpp"

namespace bight::fs {

using replacement_ptr = std::shared_ptr<detail::replacement>;

namespace {

awaitable<void> close_and_place(file f, replacement_ptr made) {
  co_await f.close();
  const auto job = [&] { made->finish(); };
  co_await run_in_executor(detail::threads(), job);
}

awaitable<void> commit_in_any_case(file f, replacement_ptr made) {
  const auto all = [&] { return close_and_place(std::move(f), std::move(made)); };
  co_await uncancellable(all);
}

}  // namespace

atomic_file::atomic_file(file f, replacement_ptr made) noexcept
    : made_(std::move(made)), file_(std::move(f)) {}
atomic_file::atomic_file(atomic_file&&) noexcept = default;
atomic_file& atomic_file::operator=(atomic_file&&) noexcept = default;
atomic_file::~atomic_file() = default;

awaitable<void> atomic_file::commit() {
  return bight::detail::awaitable_access::in_any_case(commit_in_any_case(std::move(file_), std::move(made_)));
}

awaitable<atomic_file> open_atomically(std::filesystem::path path, atomic_options options) {
  auto state = std::make_shared<detail::file_state>();
  state->home = detail::service::here();
  replacement_ptr
      made;  // here and not in the call, which its thread may hold for longer than this frame lives
  const auto job = [&] {
    made = std::make_shared<detail::replacement>(detail::link_target(path), options);
    state->fd = bight::detail::unique_fd{::fcntl(made->descriptor(), F_DUPFD_CLOEXEC, 0)};
    if (!state->fd) detail::fail(errno, "write", path);
  };
  co_await run_in_executor(detail::threads(), job);
  state->path = std::move(path);
  co_return atomic_file{detail::file_access::make(std::move(state)), std::move(made)};
}

}  // namespace bight::fs
