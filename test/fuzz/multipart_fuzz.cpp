// Properties: what is read does not depend on how the body was split, limits hold, and names that were read
// are what was written. The first byte of the input chooses the split, the rest is a body with boundary "B".
#include <algorithm>
#include <bight/http/error.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/multipart/boundary.hpp"
#include "http/multipart/parser.hpp"

namespace {

using bight::http::multipart_detail::parser;

constexpr bight::http::multipart_limits limits{.max_parts = 5, .max_header_bytes = 200, .max_part_size = 500};

std::string read(std::string_view body, std::size_t piece) {
  parser p{"B", limits};
  std::string out;
  std::size_t content = 0;
  while (true) {
    switch (p.next()) {
      case parser::event::need_input:
        if (body.empty()) {
          p.finish();
        } else {
          p.feed(body.substr(0, piece));
          body.remove_prefix(std::min(piece, body.size()));
        }
        break;
      case parser::event::part:
        out += "[" + p.head().name + "|" + p.head().filename.value_or("-") + "|";
        content = 0;
        break;
      case parser::event::data:
        content += p.data().size();
        if (content > limits.max_part_size || p.data().empty()) std::abort();
        out += p.data();
        break;
      case parser::event::part_end:
        out += "]";
        break;
      case parser::event::end:
        return out + "end";
      case parser::event::error:
        // How much of a part was given before an error depends on the split.
        return std::string{"error "} + (p.error() == bight::http::errc::truncated ? "truncated" : "");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = read(body, body.size() + 1);
  if (read(body, data[0] % 40U + 1) != whole || read(body, 1) != whole) std::abort();
  static_cast<void>(bight::http::multipart_detail::boundary_of(body));
  return 0;
}
