#include <bight/fs/text_lines.hpp>

#include "fs/detail/line_stream.hpp"
#include "fs/detail/text_decoder.hpp"

namespace bight::fs {

namespace {

detail::decoding decoding_of(const text_lines_options& o) {
  return {.errors = o.errors, .universal_newlines = o.universal_newlines, .skip_bom = o.skip_bom};
}

// Reads beside the buffer, and decodes into it.
struct decoded_bytes {
  static constexpr const char* name = "fs::text_lines";
  decoded_bytes(detail::file_ptr from, const text_lines_options& options)
      : file(std::move(from)),
        offset(options.offset),
        decoder(decoding_of(options), options.offset),
        room(options.buffer) {}
  static detail::line_buffer buffer(const text_lines_options& o) { return {o.max_line, o.buffer, false}; }

  awaitable<void> read(detail::line_buffer& to) {
    if (!bytes) bytes = std::make_unique_for_overwrite<char[]>(room);
    const auto n =
        co_await detail::read_piece(file, offset, std::as_writable_bytes(std::span{bytes.get(), room}));
    const auto text = to.room(decoder.room_for(n)).data();
    to.add(n == 0 ? decoder.finish(text) : decoder.feed({bytes.get(), n}, text));
    offset += n;
    if (n == 0 && !decoder.malformed()) to.end();
  }
  // What came before the malformed bytes was taken.
  void check() const {
    if (const auto& m = decoder.malformed())
      throw text_error("read", file->path, m->offset, m->bytes, m->reason);
  }

  detail::file_ptr file;
  std::uint64_t offset;  // of the next byte to be read
  detail::text_decoder decoder;
  std::size_t room;
  std::unique_ptr<char[]> bytes;
};

}  // namespace

class text_lines::impl : public detail::line_stream<decoded_bytes, text_lines_options> {
 public:
  using line_stream::line_stream;
};

text_lines::text_lines(const file& from, text_lines_options options)
    : impl_(std::make_unique<impl>(from, options)) {}
text_lines::~text_lines() = default;
bool text_lines::take(std::optional<std::string_view>& line) { return impl_->take(line); }
awaitable<std::optional<std::string_view>> text_lines::read_on() { return impl_->read_on(); }
bool text_lines::take_some(std::size_t most, std::span<const std::string_view>& some) {
  return impl_->take_some(most, some);
}
awaitable<std::span<const std::string_view>> text_lines::read_some(std::size_t most) {
  return impl_->read_some(most);
}

}  // namespace bight::fs
