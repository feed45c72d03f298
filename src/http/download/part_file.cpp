#include "http/download/part_file.hpp"

#include <sys/stat.h>

#include <bight/fs/metadata.hpp>
#include <bight/fs/operations.hpp>
#include <bight/fs/read_file.hpp>
#include <bight/fs/write_file.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace bight::http::detail {

using boost::system::system_error;

namespace {

constexpr std::size_t max_info = 64 * 1024;

fs::open_options part_options() {
  fs::open_options o;
  o.read = o.write = o.create = true;
  return o;
}

awaitable<std::optional<part_info>> read_info(std::filesystem::path path) {
  try {
    const auto text = co_await fs::read_file(std::move(path), max_info);
    co_return part_info::parse(text);
  } catch (const system_error&) { co_return std::nullopt; }
}

// Whether the file is still the one of that name: who had the lock before may have renamed it.
bool is_named(const fs::file& f, const std::filesystem::path& name) {
  struct stat opened {};
  struct stat found {};
  return ::fstat(f.native_handle(), &opened) == 0 && ::stat(name.c_str(), &found) == 0 &&
         opened.st_dev == found.st_dev && opened.st_ino == found.st_ino;
}

}  // namespace

void throw_not_replaceable(const std::filesystem::path& path) {
  throw system_error(make_error_code(boost::system::errc::invalid_argument),
                     "write '" + path.string() + "', which is not a regular file");
}

std::filesystem::path part_file::info_path() const { return part_.native() + ".info"; }

awaitable<void> part_file::open_named(std::filesystem::path part, bool resume, const std::string& url) {
  part_ = std::move(part);
  const auto how = part_options();
  auto opened = co_await fs::open(part_, how);
  const bool locked = co_await opened.try_lock();
  if (!locked || !is_named(opened, part_)) {
    throw system_error(make_error_code(boost::system::errc::operation_would_block),
                       "'" + part_.string() + "' is in use by another download");
  }
  found_ = co_await opened.size() != 0;
  named_.emplace(std::move(opened));
  if (resume) co_await take_up(url);
}

awaitable<void> part_file::take_up(const std::string& url) {
  auto info = co_await read_info(info_path());
  if (!info || info->url != url) co_return;
  const auto size = co_await named_->size();
  if (info->size && size > *info->size) co_return;
  info_ = std::move(*info);
  size_ = size;
  begun_ = true;
  if (hash_) co_await hash_existing();
}

awaitable<void> part_file::hash_existing() {
  constexpr std::size_t piece = 256 * 1024;
  const auto buffer = std::make_unique<std::byte[]>(piece);
  for (std::uint64_t at = 0; at != size_;) {
    const auto n = co_await named_->read_at(at, std::span{buffer.get(), piece});
    if (n == 0) break;
    hash_->update({reinterpret_cast<const char*>(buffer.get()), n});
    at += n;
  }
}

awaitable<void> part_file::open_unnamed(std::filesystem::path name, bool replace, bool sync) {
  fs::atomic_options how;
  how.replace = replace;
  how.sync = sync;
  auto opened = co_await fs::open_atomically(std::move(name), how);
  unnamed_.emplace(std::move(opened));
}

// The bytes go before the info changes: they are never taken for those of another file.
awaitable<void> part_file::restart(part_info info) {
  if (hash_) hash_->reset();
  size_ = 0;
  begun_ = true;
  co_await file().truncate(0);
  info_ = std::move(info);
  if (!named_) co_return;
  if (!info_.resumable()) {
    co_await fs::remove(info_path());
    co_return;
  }
  const auto text = info_.to_text();
  fs::atomic_options how;
  how.sync = false;
  co_await fs::write_file_atomically(info_path(), text, how);
}

awaitable<void> part_file::write(std::string_view bytes) {
  co_await file().write_at(size_, bytes);
  if (hash_) hash_->update(bytes);
  size_ += bytes.size();
}

awaitable<void> part_file::commit(const std::filesystem::path& name, bool replace, bool sync) {
  if (unnamed_) {
    co_await unnamed_->commit();
    unnamed_.reset();
    co_return;
  }
  std::optional<fs::metadata> before;
  try {
    before = co_await fs::lstat(name);
  } catch (const system_error&) {}  // nothing is there
  if (before && before->kind != fs::file_kind::regular && before->kind != fs::file_kind::symlink)
    throw_not_replaceable(name);
  if (before && before->kind == fs::file_kind::regular) {
    constexpr unsigned nothing_special = 0777;
    co_await fs::set_permissions(part_, before->permissions & nothing_special);
  }
  if (sync) co_await named_->sync_data();
  co_await fs::rename(part_, name, replace);
  std::error_code ignored;
  std::filesystem::remove(info_path(), ignored);
  named_.reset();
}

void part_file::discard() noexcept {
  unnamed_.reset();
  if (!named_) return;
  std::error_code ignored;
  std::filesystem::remove(part_, ignored);
  std::filesystem::remove(info_path(), ignored);
  named_.reset();
}

void part_file::leave() noexcept {
  const bool resumable = begun_ && info_.resumable() && size_ != 0;
  if (named_ && (resumable || (!begun_ && found_)))
    named_.reset();
  else
    discard();
}

}  // namespace bight::http::detail
