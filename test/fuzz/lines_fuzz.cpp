// Any bytes are lines, read in pieces of any size: line_reader and fs::lines give what the definition says.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bight/core/byte_source.hpp>
#include <bight/core/error.hpp>
#include <bight/core/reader.hpp>
#include <bight/core/run.hpp>
#include <bight/fs/file.hpp>
#include <bight/fs/lines.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/require.hpp"

namespace {

/// What came before a line that is too long, if one is.
struct read_lines {
  std::vector<std::string> lines;
  bool too_long = false;
  friend bool operator==(const read_lines&, const read_lines&) = default;
};

read_lines by_definition(std::string_view text, std::size_t longest, bool crlf) {
  read_lines all;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (crlf && end != text.npos && line.ends_with('\r')) line.remove_suffix(1);
    all.too_long = line.size() > longest;
    if (all.too_long) return all;
    all.lines.emplace_back(line);
  }
  return all;
}

class pieces final : public bight::byte_source {
 public:
  pieces(std::string_view text, std::size_t size) : text_(text), size_(size) {}
  bight::awaitable<std::size_t> read_some(std::span<std::byte> buffer) override {
    const auto n = std::min({buffer.size(), size_, text_.size()});
    if (n != 0) std::memcpy(buffer.data(), text_.data(), n);
    text_.remove_prefix(n);
    co_return n;
  }

 private:
  std::string_view text_;
  std::size_t size_;
};

template <class Reader>
bight::awaitable<read_lines> read_with(Reader& reader) {
  read_lines all;
  try {
    auto line = co_await reader.next();
    while (line) {
      all.lines.emplace_back(*line);
      line = co_await reader.next();
    }
  } catch (const boost::system::system_error& e) {
    require(e.code() == bight::errc::limit_exceeded);
    all.too_long = true;
  }
  co_return all;
}

bight::awaitable<void> compare(std::string_view text, std::size_t piece, std::size_t longest, bool crlf) {
  pieces source{text, piece};
  bight::line_reader reader{source, longest};
  const auto read = co_await read_with(reader);
  require(read == by_definition(text, longest, false));

  const int descriptor = ::memfd_create("lines", MFD_CLOEXEC);
  require(descriptor >= 0);
  require(::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  const auto path = "/proc/self/fd/" + std::to_string(descriptor);
  {
    const auto file = co_await bight::fs::open(path);
    bight::fs::lines_options options;
    options.max_line = longest;
    options.crlf = crlf;
    options.buffer = piece;
    bight::fs::lines lines(file, options);
    const auto from_file = co_await read_with(lines);
    require(from_file == by_definition(text, longest, crlf));
  }
  ::close(descriptor);
}

}  // namespace

/// The first byte: how many are read at a time; the second: how long a line may be; the third: CRLF.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 3, size - 3};
  const bight::run_options options{.handle_signals = false};
  bight::run(options, compare, text, std::size_t{data[0]} + 1, std::size_t{data[1]}, data[2] % 2 == 1);
  return 0;
}
