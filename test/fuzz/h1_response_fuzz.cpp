// Property: the events of a response do not depend on how its bytes were split. The first bytes of the input
// choose the split, the request and the limits.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "http/h1/transcript.hpp"

namespace {

using namespace bight::http;

h1::transcript parse(const std::vector<std::string_view>& pieces, unsigned choice) {
  h1::limits bounds = h1::client_limits;
  if ((choice & 1) != 0)
    bounds = {.head = 96,
              .fields = 4,
              .chunk_line = 12,
              .chunk_overhead = 40,
              .trailer = 24,
              .trailer_fields = 2,
              .interim = 2,
              .body = 30};
  h1::response_parser parser(bounds);
  parser.reset((choice & 6) == 2 ? method_id::head : (choice & 6) == 4 ? method_id::connect : method_id::get);
  return h1::record(parser, pieces, (choice & 8) != 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const unsigned choice = data[0];
  const std::size_t steps[3] = {data[1] % 40U + 1, data[2] % 7U + 1, data[3] + 1U};
  const std::string_view input(reinterpret_cast<const char*>(data) + 4, size - 4);
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0, n = 0; i < input.size(); ++n) {
    pieces.push_back(input.substr(i, steps[n % 3]));
    i += steps[n % 3];
  }
  if (parse({input}, choice).all() != parse(pieces, choice).all()) std::abort();
  return 0;
}
