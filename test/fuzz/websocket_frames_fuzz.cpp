// Properties: what a WebSocket receives does not depend on how its bytes were split, and limits hold. The
// first bytes of the input choose the side, the split, and whether messages may be compressed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/websocket/receiver.hpp"

namespace {

using namespace bight::http::ws;

constexpr receive_limits limits{.max_message = 3000, .max_inflated = 5000, .max_fragments = 6};

std::string read(std::string_view input, side self, bool deflate, bool takeover, std::size_t split) {
  receiver in{self, limits, deflate ? std::make_unique<inflater>(takeover) : nullptr};
  std::string said;
  while (!input.empty()) {
    const auto size = std::min(split, input.size());
    const std::unique_ptr<char[]> piece(new char[size]);
    std::memcpy(piece.get(), input.data(), size);
    input.remove_prefix(size);
    std::span<char> rest{piece.get(), size};
    while (true) {
      const auto step = in.feed(rest);
      if (step.consumed > rest.size()) std::abort();
      rest = rest.subspan(step.consumed);
      if (step.what == receiver::event::need_input) {
        if (!rest.empty()) std::abort();
        break;
      }
      if (step.what == receiver::event::error) {
        if (in.failure().code < 1000 || in.failure().rule[0] == '\0') std::abort();
        // Which rule an inflated text violates first depends on the pieces.
        return said + "error" + (in.inflating() ? "" : in.failure().rule);
      }
      if (step.what == receiver::event::message) {
        const auto message = in.take_message();
        if (message.size() > limits.max_inflated) std::abort();
        said += (in.is_text() ? "t" : "b") + std::to_string(message.size()) + message;
      } else {
        said += std::to_string(static_cast<int>(step.what)) + std::string{in.payload()};
      }
      if (step.what == receiver::event::close) said += std::to_string(in.close_code());
    }
  }
  return said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto self = (data[0] & 1U) != 0 ? side::server : side::client;
  const bool deflate = (data[0] & 2U) != 0;
  const bool takeover = (data[0] & 4U) != 0;
  const auto whole = read(input, self, deflate, takeover, input.size() + 1);
  if (read(input, self, deflate, takeover, 1) != whole) std::abort();
  if (read(input, self, deflate, takeover, data[1] % 40U + 1) != whole) std::abort();
  return 0;
}
