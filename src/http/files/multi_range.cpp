#include "http/files/multi_range.hpp"

#include <bight/http/error.hpp>
#include <bight/net/detail/file_copy.hpp>
#include <boost/system/system_error.hpp>
#include <utility>
#include <vector>

namespace bight::http::files {
namespace {

struct part {
  std::string head;
  byte_range range;
};

// Pieces are read into memory, off the loop if they are not cached.
awaitable<void> write_range(int file, byte_range range, body_writer& out) {
  net::detail::file_copy pieces{file, range.first, range.size};
  bool more = co_await pieces.next();
  while (more) {
    co_await out.write(pieces.part());
    more = co_await pieces.next();
  }
  // Part heads must not be taken for the rest of a file that has become shorter.
  if (pieces.done() != range.size)
    throw boost::system::system_error(make_error_code(errc::truncated), "file");
}

}  // namespace

multi_range make_multi_range(std::shared_ptr<const detail::file_range> file, std::uint64_t size,
                             std::span<const byte_range> ranges, std::string_view content_type,
                             std::string boundary) {
  std::vector<part> parts;
  std::string end = "\r\n--" + boundary + "--\r\n";
  std::uint64_t total = end.size();
  for (const auto& range : ranges) {
    std::string head = parts.empty() ? "--" : "\r\n--";
    head.append(boundary).append("\r\nContent-Type: ").append(content_type);
    head.append("\r\nContent-Range: ").append(content_range(range, size)).append("\r\n\r\n");
    total += head.size() + range.size;
    parts.push_back({std::move(head), range});
  }
  auto write = [file = std::move(file), parts = std::move(parts),
                end = std::move(end)](body_writer& out) -> awaitable<void> {
    for (const auto& p : parts) {
      co_await out.write(p.head);
      co_await write_range(file->descriptor(), p.range, out);
    }
    co_await out.write(end);
  };
  return {"multipart/byteranges; boundary=" + boundary, body::produce(std::move(write), total)};
}

}  // namespace bight::http::files
