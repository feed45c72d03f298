// Any bytes are text, decoded in pieces of any size: text_decoder and fs::text_lines give what the definition
// says.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bight/core/run.hpp>
#include <bight/fs/file.hpp>
#include <bight/fs/text.hpp>
#include <bight/fs/text_lines.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/detail/text_decoder.hpp"
#include "fuzz/require.hpp"

namespace {

using bight::fs::text_errors;
using bight::fs::detail::decoding;

/// The text in front of the first malformed bytes, and where they are; all of it if there are none, or if
/// they do not matter.
struct decoded {
  std::string text;
  std::optional<std::size_t> malformed;
};

// The code points that an encoding of this length may stand for.
bool may_be(std::uint32_t code, std::size_t length) {
  constexpr std::uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
  return code >= lowest[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

// Section 3.9 of the Unicode standard, by its definitions: a character if there is one ...
std::size_t character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return 1;
  for (std::size_t length = 2; length <= std::min<std::size_t>(4, text.size()); ++length) {
    const auto mark = static_cast<unsigned char>(0xf00U >> length);  // 110..., 1110..., 11110...
    if ((byte(0) & (0xff80U >> length)) != mark) continue;
    std::uint32_t code = byte(0) & (0x7fU >> length);
    bool all = true;
    for (std::size_t i = 1; i != length; ++i) {
      all = all && (byte(i) & 0xc0U) == 0x80U;
      code = code << 6U | (byte(i) & 0x3fU);
    }
    if (all && may_be(code, length)) return length;
  }
  return 0;
}

// ... and of what is none, the longest part that something could be added to, or else one byte.
std::size_t maximal_part(std::string_view text) {
  for (std::size_t length = std::min<std::size_t>(3, text.size()); length > 1; --length) {
    for (unsigned second = 0x80; second != 0xc0; ++second) {
      auto longer = std::string{text.substr(0, length)} + static_cast<char>(second);
      if (character(longer) == longer.size()) return length;
      longer += '\x80';
      if (character(longer) == longer.size()) return length;
    }
  }
  return 1;
}

decoded by_definition(std::string_view bytes, const decoding& how) {
  decoded result;
  std::string text;
  const auto all = bytes.size();
  if (how.skip_bom && bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
  while (!bytes.empty() && !result.malformed) {
    const auto found = how.errors == text_errors::keep ? 1 : character(bytes);
    const auto part = found != 0 ? found : maximal_part(bytes);
    if (found != 0)
      text += bytes.substr(0, part);
    else if (how.errors == text_errors::replace)
      text += "\xef\xbf\xbd";
    else
      result.malformed = all - bytes.size();
    bytes.remove_prefix(part);
  }
  for (std::size_t i = 0; i != text.size(); ++i) {
    const bool cr = how.universal_newlines && text[i] == '\r';
    result.text += cr ? '\n' : text[i];
    if (cr && i + 1 != text.size() && text[i + 1] == '\n') ++i;
  }
  return result;
}

decoded in_pieces(std::string_view bytes, const decoding& how, std::size_t piece) {
  bight::fs::detail::text_decoder decoder{how};
  decoded result;
  const auto take = [&](std::size_t size, auto&& step) {
    std::vector<char> to(decoder.room_for(size));
    result.text.append(to.data(), step(to.data()));
  };
  for (std::size_t i = 0; i < bytes.size(); i += piece) {
    const std::vector<char> copy(
        bytes.begin() + static_cast<std::ptrdiff_t>(i),
        bytes.begin() + static_cast<std::ptrdiff_t>(std::min(i + piece, bytes.size())));
    take(copy.size(), [&](char* to) { return decoder.feed({copy.data(), copy.size()}, to); });
  }
  take(0, [&](char* to) { return decoder.finish(to); });
  if (const auto& m = decoder.malformed()) result.malformed = static_cast<std::size_t>(m->offset);
  return result;
}

void compare_whole(std::string_view bytes, const decoding& how, const decoded& expected) {
  std::string whole{bytes};
  const auto malformed = bight::fs::detail::decode_all(whole, how);
  require(malformed.has_value() == expected.malformed.has_value());
  require(malformed ? malformed->offset == *expected.malformed : whole == expected.text);
}

bight::awaitable<void> compare_lines(std::string_view bytes, const decoding& how, std::size_t piece,
                                     const decoded& expected) {
  const int descriptor = ::memfd_create("text", MFD_CLOEXEC);
  require(descriptor >= 0);
  require(::write(descriptor, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  const auto path = "/proc/self/fd/" + std::to_string(descriptor);
  const auto file = co_await bight::fs::open(path);
  ::close(descriptor);
  bight::fs::text_lines_options options;
  options.errors = how.errors;
  options.universal_newlines = how.universal_newlines;
  options.skip_bom = how.skip_bom;
  options.buffer = piece;
  bight::fs::text_lines lines(file, options);
  std::string_view rest = expected.text;
  try {
    auto some = co_await lines.next_lines(piece);
    while (!some.empty()) {
      for (const auto line : some) {
        require(rest.starts_with(line));
        rest.remove_prefix(line.size());
        require(rest.empty() || rest.front() == '\n');
        if (!rest.empty()) rest.remove_prefix(1);
      }
      some = co_await lines.next_lines(piece);
    }
    require(rest.empty() && !expected.malformed);
  } catch (const bight::fs::text_error& e) {
    require(rest.find('\n') == rest.npos && expected.malformed == e.offset());
  }
}

}  // namespace

/// The first byte: how many are fed at a time; the second: what is asked for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 2, size - 2};
  const std::size_t piece = std::size_t{data[0]} + 1;
  const decoding how{.errors = static_cast<text_errors>(data[1] % 3),
                     .universal_newlines = data[1] % 8 >= 4,
                     .skip_bom = data[1] % 16 >= 8};
  const auto expected = by_definition(bytes, how);
  const auto got = in_pieces(bytes, how, piece);
  require(got.text == expected.text && got.malformed == expected.malformed);
  compare_whole(bytes, how, expected);
  const bight::run_options options{.handle_signals = false};
  bight::run(options, compare_lines, bytes, how, piece, expected);
  return 0;
}
