#include <bight/http/body.hpp>

#include <unistd.h>

#include <bight/fs/file.hpp>
#include <bight/http/error.hpp>
#include <bight/net/detail/file_copy.hpp>
#include <boost/system/system_error.hpp>
#include <utility>
#include <vector>

#include "http/body_access.hpp"

namespace bight::http {

using boost::system::system_error;

namespace detail {

file_range::file_range(fs::file file, std::uint64_t offset, std::uint64_t count)
    : owner_(std::make_shared<const fs::file>(std::move(file))),
      descriptor_(owner_->native_handle()),
      offset_(offset),
      count_(count) {}

file_range::~file_range() {
  if (descriptor_ >= 0 && !owner_) ::close(descriptor_);
}

file_range& file_range::operator=(file_range&& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(offset_, other.offset_);
  std::swap(count_, other.count_);
  return *this;
}

}  // namespace detail

body body::file(fs::file opened, std::uint64_t offset, std::uint64_t count) {
  body b;
  b.content_ = std::make_shared<const detail::file_range>(std::move(opened), offset, count);
  return b;
}

body body::file(int descriptor, std::uint64_t offset, std::uint64_t count) {
  detail::file_range range{descriptor, offset, count};
  body b;
  b.content_ = std::make_shared<const detail::file_range>(std::move(range));
  return b;
}

body body::produce(body_producer producer, std::optional<std::uint64_t> size) {
  body b;
  auto& s = *b.content_.emplace<std::shared_ptr<stream>>(std::make_shared<stream>());
  s.producer = std::move(producer);
  s.size = size;
  return b;
}

body body::from(std::unique_ptr<byte_source> source, std::optional<std::uint64_t> size) {
  body b;
  auto& s = *b.content_.emplace<std::shared_ptr<stream>>(std::make_shared<stream>());
  s.source = std::move(source);
  s.size = size;
  return b;
}

body body::again(unique_function<body()> make) {
  body b = make();
  if (b.replayable()) return b;
  std::get<std::shared_ptr<stream>>(b.content_)->make =
      std::make_shared<unique_function<body()>>(std::move(make));
  return b;
}

const std::string* body::text() const noexcept {
  if (const auto* const t = std::get_if<std::string>(&content_)) return t;
  const auto* const shared = std::get_if<std::shared_ptr<const std::string>>(&content_);
  return shared ? shared->get() : nullptr;
}

std::optional<std::uint64_t> body::size() const noexcept {
  if (empty()) return 0;
  if (const auto* const t = text()) return t->size();
  if (const auto* const f = body_access::file(*this)) return f->count();
  return std::get<std::shared_ptr<stream>>(content_)->size;
}

bool body::replayable() const noexcept {
  const auto* const s = std::get_if<std::shared_ptr<stream>>(&content_);
  return !s || (*s)->make;
}

bool body::rewind() {
  auto* const s = std::get_if<std::shared_ptr<stream>>(&content_);
  if (!s || !(*s)->used) return true;
  const auto make = (*s)->make;  // stays with those that share this stream, too
  if (!make) return false;
  body fresh = (*make)();
  if (!fresh.replayable()) std::get<std::shared_ptr<stream>>(fresh.content_)->make = make;
  *this = std::move(fresh);
  return true;
}

namespace {

// Pieces are read into memory, off the loop if they are not cached.
awaitable<void> write_file(const detail::file_range& file, body_writer& out) {
  net::detail::file_copy pieces{file.descriptor(), file.offset(), file.count()};
  bool more = co_await pieces.next();
  while (more) {
    co_await out.write(pieces.part());
    more = co_await pieces.next();
  }
  if (pieces.done() != file.count())
    throw system_error(make_error_code(errc::truncated), "file");  // it has shrunk
}

awaitable<void> write_source(byte_source& source, body_writer& out) {
  constexpr std::size_t piece = 64 * 1024;
  std::vector<std::byte> buffer(piece);
  while (true) {
    const auto n = co_await source.read_some(buffer);
    if (n == 0) co_return;
    co_await out.write(std::span<const std::byte>{buffer}.first(n));
  }
}

class collector final : public body_writer {
 public:
  explicit collector(std::size_t limit) noexcept : limit_(limit) {}
  ~collector() = default;
  awaitable<void> write(std::string_view piece) override {
    if (piece.size() > limit_ - all_.size())
      throw system_error(make_error_code(errc::body_too_large), "limit " + std::to_string(limit_));
    all_.append(piece);
    co_return;
  }
  void trailers(headers) override {}
  std::string take() noexcept { return std::move(all_); }

 private:
  std::size_t limit_;
  std::string all_;
};

}  // namespace

awaitable<void> body::write_to(body_writer& out) {
  if (empty()) co_return;
  if (const auto* const t = text()) {
    co_await out.write(*t);
    co_return;
  }
  if (const auto* const f = body_access::file(*this)) {
    co_await write_file(*f, out);
    co_return;
  }
  auto& s = *std::get<std::shared_ptr<stream>>(content_);
  if (std::exchange(s.used, true))
    throw system_error(make_error_code(errc::bad_framing), "the body has already been consumed");
  if (s.source) {
    co_await write_source(*s.source, out);
  } else {
    auto work = s.producer(out);
    co_await std::move(work);
  }
}

awaitable<std::string> body::collect(std::size_t limit) {
  collector all{limit};
  co_await write_to(all);
  co_return all.take();
}

}  // namespace bight::http
