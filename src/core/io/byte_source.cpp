#include <bight/core/byte_source.hpp>

#include <fmt/format.h>
#include <algorithm>
#include <bight/core/error.hpp>

namespace bight {
namespace {

std::span<std::byte> part_of(std::string& text, std::size_t begin, std::size_t size) {
  return std::as_writable_bytes(std::span{text}).subspan(begin, size);
}

}  // namespace

awaitable<std::string> read_all(byte_source& source, std::size_t limit) {
  constexpr std::size_t first_piece = 4096;
  constexpr std::size_t largest_piece = 256U << 10U;
  std::string all;
  std::size_t filled = 0;
  std::size_t piece = first_piece;
  while (true) {
    if (all.size() == filled) {
      // One more than allowed, to detect an excess.
      const std::size_t room = limit - std::min(limit, filled);
      all.resize(filled + std::min(piece, room) + (room < piece ? 1 : 0));
      piece = std::min(2 * piece, largest_piece);
    }
    const auto n = co_await source.read_some(part_of(all, filled, all.size() - filled));
    filled += n;
    if (filled > limit)
      throw boost::system::system_error(make_error_code(errc::limit_exceeded),
                                        fmt::format("bight: read_all: more than {} bytes", limit));
    if (n == 0) break;
  }
  all.resize(filled);
  co_return all;
}

awaitable<void> read_exactly(byte_source& source, std::span<std::byte> buffer) {
  std::size_t filled = 0;
  while (filled != buffer.size()) {
    const auto n = co_await source.read_some(buffer.subspan(filled));
    if (n == 0)
      throw boost::system::system_error(
          make_error_code(errc::unexpected_end),
          fmt::format("bight: read_exactly: {} of {} bytes", filled, buffer.size()));
    filled += n;
  }
}

}  // namespace bight
