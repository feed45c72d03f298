// The charset and text of a page do not depend on the sizes of its pieces; what is not UTF-8 becomes UTF-8.
// The first line of the input is the Content-Type.
#include "crawl/text/page_text.hpp"
#include "crawl/text/prescan.hpp"
#include "fuzz/require.hpp"

#include <algorithm>
#include <bight/core/detail/utf8.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

namespace charsets = bight::crawl::charsets;

struct outcome {
  std::string text;
  std::string charset;
  bool operator==(const outcome&) const = default;
};

outcome read(std::string_view body, std::string_view type, std::size_t piece) {
  charsets::page_text in(type);
  outcome out;
  for (; !body.empty(); body.remove_prefix(std::min(piece, body.size())))
    out.text.append(in.feed(body.substr(0, piece)));
  out.text.append(in.finish());
  out.charset = in.charset();
  if (!in.is_utf8()) require(bight::detail::is_utf8(out.text));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto cut = std::min(input.find('\n'), input.size());
  const auto type = input.substr(0, cut);
  const auto body = input.substr(std::min(cut + 1, input.size()));
  const auto label = charsets::prescan(body.substr(0, charsets::prescan_bytes));
  require(label.empty() || !bight::http::charset_of(label).empty());
  const auto whole = read(body, type, body.size() + 1);
  require(read(body, type, 1) == whole);
  require(read(body, type, 1000) == whole);
  return 0;
}
