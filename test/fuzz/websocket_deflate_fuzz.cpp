// Properties: messages survive compression and decompression with any parameters, decompression of anything
// stays within its limit, and an answer of ours to any offer is understood. The first bytes of the input
// choose the parameters.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/websocket/deflate.hpp"
#include "http/websocket/extension.hpp"

namespace {

using namespace bight::http;

void round_trip(std::string_view input, unsigned choice) {
  ws::deflate_settings settings;
  settings.takeover = (choice & 1U) != 0;
  settings.window_bits = 9 + static_cast<int>(choice / 2 % 7);
  settings.level = 1 + static_cast<int>(choice / 14 % 9);
  ws::deflater out{settings};
  ws::inflater in{settings.takeover};
  for (const auto part : {input, input.substr(input.size() / 2), input}) {
    std::string wire;
    out.deflate(part, wire);
    std::string back;
    const auto half = wire.size() / 2;
    const std::string_view sent = wire;
    if (in.inflate(sent.substr(0, half), false, back, part.size()) != ws::inflater::result::ok) std::abort();
    if (in.inflate(sent.substr(half), true, back, part.size()) != ws::inflater::result::ok) std::abort();
    if (back != part) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  round_trip(input, data[0]);
  constexpr std::uint64_t limit = 20000;
  ws::inflater anything{(data[0] & 1U) != 0};
  std::string out;
  static_cast<void>(anything.inflate(input, true, out, limit));
  if (out.size() > limit + 1) std::abort();
  const websocket_deflate options{.server_no_context_takeover = (data[0] & 1U) != 0,
                                  .client_no_context_takeover = (data[0] & 2U) != 0};
  const auto answer = ws::accept_offer(input, options);
  if (answer && !ws::read_answer(answer->field, options)) std::abort();
  static_cast<void>(ws::read_answer(input, options));
  return 0;
}
