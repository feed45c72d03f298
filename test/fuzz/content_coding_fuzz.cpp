// Properties: what a body decodes to does not depend on how it was split, limits hold, and nothing is read or
// written outside. The first bytes of the input choose the coding, the split and the limits.
#include <array>
#include <bight/http/error.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/coding/content_decoder.hpp"

namespace {

using namespace bight::http;

constexpr std::array<std::string_view, 10> codings{"gzip",     "deflate",   "gzip, deflate", "deflate, gzip",
                                                   "br",       "zstd",      "br, zstd",      "zstd, br",
                                                   "gzip, br", "zstd, gzip"};
constexpr std::uint64_t max_decoded = 100000;

struct outcome {
  std::string text;
  boost::system::error_code error;
};

outcome decode(std::string_view coding, std::string_view input, std::size_t in_step, std::size_t out_step) {
  auto decoder =
      coding::content_decoder::create(coding, {.max_decoded = max_decoded, .ratio_after = ~std::uint64_t{0}})
          .value();
  outcome result;
  const std::unique_ptr<char[]> room(new char[out_step]);
  while (!result.error && !input.empty()) {
    std::string_view piece = input.substr(0, in_step);
    input.remove_prefix(piece.size());
    while (true) {
      const auto step = decoder.decode(piece, std::span<char>(room.get(), out_step));
      if (step.consumed > piece.size() || step.produced > out_step) std::abort();
      piece.remove_prefix(step.consumed);
      result.text.append(room.get(), step.produced);
      result.error = step.error;
      if (step.error || (piece.empty() && step.produced < out_step)) break;
    }
  }
  if (!result.error) result.error = decoder.finish();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::string_view coding = codings[data[0] % codings.size()];
  const std::string_view input(reinterpret_cast<const char*>(data) + 3, size - 3);
  const outcome whole = decode(coding, input, input.size() + 1, 4096);
  const outcome split = decode(coding, input, data[1] % 50U + 1, data[2] % 50U + 1);
  if (whole.text.size() > max_decoded + 4096) std::abort();
  const auto is_limit = [](const outcome& one) { return one.error == errc::body_too_large; };
  if (is_limit(whole) || is_limit(split))
    return 0;  // which of limit and error comes first depends on the pieces
  if (whole.error != split.error) std::abort();
  if (!whole.error && whole.text != split.text) std::abort();
  return 0;
}
