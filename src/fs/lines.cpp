#include <bight/fs/lines.hpp>

#include "fs/detail/line_stream.hpp"

namespace bight::fs {

namespace {

// Reads into the buffer itself.
struct raw_bytes {
  static constexpr const char* name = "fs::lines";
  raw_bytes(detail::file_ptr from, const lines_options& options)
      : file(std::move(from)), offset(options.offset) {}
  static detail::line_buffer buffer(const lines_options& o) { return {o.max_line, o.buffer, o.crlf}; }

  awaitable<void> read(detail::line_buffer& to) {
    const auto n = co_await detail::read_piece(file, offset, std::as_writable_bytes(to.room(1)));
    offset += n;
    to.add(n);
    if (n == 0) to.end();
  }
  void check() const noexcept {}

  detail::file_ptr file;
  std::uint64_t offset;  // of the next byte to be read
};

}  // namespace

class lines::impl : public detail::line_stream<raw_bytes, lines_options> {
 public:
  using line_stream::line_stream;
};

lines::lines(const file& from, lines_options options) : impl_(std::make_unique<impl>(from, options)) {}
lines::~lines() = default;
bool lines::take(std::optional<std::string_view>& line) { return impl_->take(line); }
awaitable<std::optional<std::string_view>> lines::read_on() { return impl_->read_on(); }
bool lines::take_some(std::size_t most, std::span<const std::string_view>& some) {
  return impl_->take_some(most, some);
}
awaitable<std::span<const std::string_view>> lines::read_some(std::size_t most) {
  return impl_->read_some(most);
}

}  // namespace bight::fs
