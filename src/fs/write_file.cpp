#include <bight/fs/write_file.hpp>

#include <fcntl.h>

#include <utility>

#include "fs/detail/blocking.hpp"
#include "fs/detail/replacement.hpp"
#include "fs/detail/service.hpp"

namespace bight::fs {

using std::filesystem::path;

namespace {

void write_here(const path& to, std::span<const std::byte> data, unsigned permissions,
                const std::stop_token& stop) {
  struct stat about {};
  auto fd = detail::open_briefly(to, O_WRONLY | O_CREAT | O_TRUNC, permissions, about);
  detail::write_to(fd.get(), data, to, stop);
  detail::close_file(std::move(fd), to);
}

void replace_here(const path& to, std::span<const std::byte> data, const atomic_options& options,
                  const std::stop_token& stop) {
  detail::replacement made{detail::link_target(to), options};
  detail::write_to(made.descriptor(), data, to, stop);
  detail::throw_if_stopped(stop, "write", to);
  made.finish();
}

}  // namespace

awaitable<void> write_file(path to, std::span<const std::byte> data, unsigned permissions) {
  const auto job = [&](const std::stop_token& stop) { write_here(to, data, permissions, stop); };
  co_await run_in_executor(detail::threads(), job);
}
awaitable<void> write_file(path to, std::string_view data, unsigned permissions) {
  return write_file(std::move(to), std::as_bytes(std::span{data}), permissions);
}

awaitable<void> write_file_atomically(path to, std::span<const std::byte> data, atomic_options options) {
  const auto job = [&](const std::stop_token& stop) { replace_here(to, data, options, stop); };
  co_await run_in_executor(detail::threads(), job);
}
awaitable<void> write_file_atomically(path to, std::string_view data, atomic_options options) {
  return write_file_atomically(std::move(to), std::as_bytes(std::span{data}), options);
}

}  // namespace bight::fs
