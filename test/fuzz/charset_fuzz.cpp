// Properties: the result is valid UTF-8, whatever the charset; valid UTF-8 is what it was. The first byte of
// the input chooses the charset.
#include <array>
#include <bight/core/detail/utf8.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/text/charset.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array<std::string_view, 12> charsets{"utf-8",     "utf-16le",    "utf-16be", "latin1",
                                                      "shift_jis", "euc-jp",      "gb18030",  "big5",
                                                      "euc-kr",    "iso-2022-jp", "koi8-u",   "iso-8859-8-i"};
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string type = "text/plain; charset=" + std::string{charsets[data[0] % charsets.size()]};
  const std::string out = bight::http::to_utf8(std::string{text}, type);
  if (!bight::detail::is_utf8(out)) std::abort();
  if (bight::http::to_utf8(std::string{out}, "text/plain") != out && !out.starts_with("\xef\xbb\xbf"))
    std::abort();
  static_cast<void>(bight::http::to_utf8(std::string{text}, text));
  return 0;
}
