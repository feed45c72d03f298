#include <bight/fs/spooled_file.hpp>

#include <algorithm>
#include <bight/fs/write_file.hpp>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "fs/detail/busy.hpp"
#include "fs/detail/file_state.hpp"

namespace bight::fs {

namespace {
constexpr const char* shown = "(spooled)";
}

class spooled_file::impl {
 public:
  impl(const spooled_options& options, std::filesystem::path in) : options_(options), in_(std::move(in)) {}

  bool rolled_over() const noexcept { return file_.has_value(); }

  // True if all is in memory.
  bool copy(std::uint64_t offset, std::span<std::byte> to, std::size_t& n) const {
    require_open("read");
    if (file_) return false;
    const auto from = static_cast<std::size_t>(std::min<std::uint64_t>(offset, memory_.size()));
    n = std::min(to.size(), memory_.size() - from);
    if (n != 0) std::memcpy(to.data(), memory_.data() + from, n);
    return true;
  }
  static awaitable<std::size_t> read_on(std::shared_ptr<impl> self, std::uint64_t offset,
                                        std::span<std::byte> to) {
    std::size_t n = 0;
    if (!self->copy(offset, to, n)) n = co_await (*self->file_)->read_at(offset, to);
    co_return n;
  }

  // True if it stays in memory.
  bool keep(std::uint64_t offset, std::span<const std::byte> data, bool at_end) {
    require_idle("write");
    if (data.empty()) return true;  // wherever
    if (at_end) offset = memory_.size();
    if (!fits(offset, data.size())) return false;
    const auto begin = static_cast<std::size_t>(offset);
    memory_.resize(std::max(memory_.size(), begin + data.size()));
    std::memcpy(memory_.data() + begin, data.data(), data.size());
    return true;
  }
  static awaitable<void> write_on(std::shared_ptr<impl> self, std::uint64_t offset,
                                  std::span<const std::byte> data, bool at_end) {
    if (self->keep(offset, data, at_end)) co_return;
    const detail::busy_while at_work{self->busy_};
    co_await self->move_to_file();
    if (at_end) offset = co_await self->end();
    const auto known = std::exchange(self->end_, std::nullopt);  // until all is written
    co_await (*self->file_)->write_at(offset, data);
    if (known) self->end_ = std::max(*known, offset + data.size());
  }

  static awaitable<std::uint64_t> size(std::shared_ptr<impl> self) {
    self->require_open("size of");
    if (!self->file_) co_return self->memory_.size();
    if (self->end_) co_return *self->end_;
    co_return co_await (*self->file_)->size();
  }

  static awaitable<void> truncate(std::shared_ptr<impl> self, std::uint64_t size) {
    self->require_idle("truncate");
    if (self->fits(size, 0)) {
      self->memory_.resize(static_cast<std::size_t>(size));
      co_return;
    }
    const detail::busy_while at_work{self->busy_};
    co_await self->move_to_file();
    self->end_.reset();
    co_await (*self->file_)->truncate(size);
    self->end_ = size;
  }

  static awaitable<void> roll_over(std::shared_ptr<impl> self) {
    self->require_idle("roll over");
    const detail::busy_while at_work{self->busy_};
    co_await self->move_to_file();
  }

  static awaitable<void> publish(std::shared_ptr<impl> self, std::filesystem::path to,
                                 publish_options options) {
    self->require_idle("publish");
    const detail::busy_while at_work{self->busy_};
    if (self->file_) {
      co_await self->file_->publish(std::move(to), options);
    } else {
      const atomic_options as{
          .replace = options.replace, .sync = options.sync, .permissions = self->options_.permissions};
      co_await write_file_atomically(std::move(to), self->memory_, as);
    }
    self->closed_ = true;
    self->memory_ = {};
  }

 private:
  void require_open(const char* operation) const {
    if (closed_) detail::fail(EBADF, operation, shown);
  }
  void require_idle(const char* operation) const {
    require_open(operation);
    busy_.require_idle("fs::spooled_file");
  }
  bool fits(std::uint64_t offset, std::size_t size) const noexcept {
    const auto most = options_.max_in_memory;
    return !file_ && offset <= most && size <= most - static_cast<std::size_t>(offset);
  }

  // Readers find all in memory until it is in the file.
  awaitable<void> move_to_file() {
    if (file_) co_return;
    auto made = co_await make_anonymous_file(in_, options_.permissions);
    co_await made->write_at(0, memory_);
    file_ = std::move(made);
    end_ = memory_.size();
    memory_ = {};
  }

  awaitable<std::uint64_t> end() {
    if (!end_) end_ = co_await (*file_)->size();
    co_return *end_;
  }

  const spooled_options options_;
  const std::filesystem::path in_;
  std::string memory_;
  std::optional<anonymous_file> file_;
  std::optional<std::uint64_t> end_;  // of the file; nothing after a write that came to grief
  bool closed_ = false;
  detail::busy_flag busy_;
};

spooled_file::spooled_file(spooled_options options, std::filesystem::path in)
    : impl_(std::make_shared<impl>(options, std::move(in))) {}
spooled_file::spooled_file(spooled_file&&) noexcept = default;
spooled_file& spooled_file::operator=(spooled_file&&) noexcept = default;
spooled_file::~spooled_file() = default;

bool spooled_file::copy(std::uint64_t offset, std::span<std::byte> buffer, std::size_t& n) const {
  return impl_->copy(offset, buffer, n);
}
awaitable<std::size_t> spooled_file::read_on(std::uint64_t offset, std::span<std::byte> buffer) const {
  return impl::read_on(impl_, offset, buffer);
}
bool spooled_file::keep(std::uint64_t offset, std::span<const std::byte> data, bool at_end) {
  return impl_->keep(offset, data, at_end);
}
awaitable<void> spooled_file::write_on(std::uint64_t offset, std::span<const std::byte> data, bool at_end) {
  return impl::write_on(impl_, offset, data, at_end);
}
awaitable<std::uint64_t> spooled_file::size() const { return impl::size(impl_); }
awaitable<void> spooled_file::truncate(std::uint64_t size) { return impl::truncate(impl_, size); }
bool spooled_file::rolled_over() const noexcept { return impl_->rolled_over(); }
awaitable<void> spooled_file::roll_over() { return impl::roll_over(impl_); }
awaitable<void> spooled_file::publish(std::filesystem::path to, publish_options options) {
  return impl::publish(impl_, std::move(to), options);
}

awaitable<std::size_t> spooled_reader::read_some(std::span<std::byte> buffer) {
  const auto n = co_await spooled_file::impl::read_on(impl_, position_, buffer);
  position_ += n;
  co_return n;
}

}  // namespace bight::fs
