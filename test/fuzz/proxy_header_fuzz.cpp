// Properties of the PROXY protocol's header: the outcome does not depend on how it is split, no byte behind
// it is taken, and it is done or wrong within its largest size. The first byte chooses the split.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/detail/proxy_header.hpp"

namespace {

struct outcome {
  std::string error;
  std::string source;
  std::string destination;
  std::size_t used = 0;
  bool done = false;
  bool operator==(const outcome&) const = default;
};

outcome run(std::string_view bytes, std::size_t most) {
  bight::net::detail::proxy_header h;
  outcome o;
  while (h.wants() != 0 && o.used != bytes.size()) {
    const auto part = bytes.substr(o.used, std::min(most, h.wants()));
    h.feed(part);
    o.used += part.size();
  }
  o.done = h.done();
  o.error = h.error();
  if (h.source()) o.source = h.source()->to_string();
  if (h.destination()) o.destination = h.destination()->to_string();
  return o;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t most_taken = 16 + 65'535;
  if (size == 0) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto whole = run(bytes, bytes.size() + 1);
  auto split = run(bytes, data[0] % 17U + 1);
  // A wrong beginning may be noticed in the middle of a piece.
  if (!whole.error.empty()) split.used = whole.used;
  if (!(whole == split)) std::abort();
  if (whole.used > most_taken || (whole.done && !whole.error.empty())) std::abort();
  if (!whole.done && whole.error.empty() && whole.used != bytes.size()) std::abort();
  if (whole.source.empty() != whole.destination.empty()) std::abort();
  return 0;
}
