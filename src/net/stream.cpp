#include <bight/net/stream.hpp>

#include <bight/net/detail/file_copy.hpp>

namespace bight::net {

std::optional<std::size_t> stream_backend::try_read(std::span<std::byte>) { return std::nullopt; }
std::size_t stream_backend::try_write(const_buffers) { return 0; }

awaitable<std::uint64_t> stream_backend::send_file(int file, std::uint64_t offset, std::uint64_t count) {
  detail::file_copy source{file, offset, count};
  bool more = co_await source.next();
  while (more) {
    const const_buffers part{source.part()};
    co_await write(part);
    more = co_await source.next();
  }
  co_return source.done();
}

connection_info stream_backend::connection() const {
  connection_info info;
  info.local = local_endpoint();
  info.remote = remote_endpoint();
  info.protocol = protocol();
  return info;
}

}  // namespace bight::net
