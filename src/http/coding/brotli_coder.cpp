#include <brotli/decode.h>

#include <bight/http/error.hpp>
#include <cstdint>
#include <memory>
#include <new>

#include "http/coding/coder.hpp"

namespace bight::http::coding {
namespace {

struct destroy_brotli {
  void operator()(BrotliDecoderState* state) const noexcept { BrotliDecoderDestroyInstance(state); }
};

// The library cannot reset a state, so none is kept. It allocates its window when it knows how much it needs.
class brotli_coder final : public coder {
 public:
  brotli_coder() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (!state_) throw std::bad_alloc();
    BrotliDecoderSetParameter(state_.get(), BROTLI_DECODER_PARAM_LARGE_WINDOW, 0);
  }

  step decode(std::string_view input, std::span<char> output) override {
    if (complete_) {
      garbage_ = garbage_ || !input.empty();
      return {input.size(), 0, {}};
    }
    if (output.empty()) return {};
    std::size_t in_left = input.size();
    std::size_t out_left = output.size();
    const auto* in = reinterpret_cast<const std::uint8_t*>(input.data());
    auto* out = reinterpret_cast<std::uint8_t*>(output.data());
    const auto result = BrotliDecoderDecompressStream(state_.get(), &in_left, &in, &out_left, &out, nullptr);
    step done{input.size() - in_left, output.size() - out_left, {}};
    if (result == BROTLI_DECODER_RESULT_SUCCESS) {
      complete_ = true;
      garbage_ = in_left != 0;
      done.consumed = input.size();
    } else if (result == BROTLI_DECODER_RESULT_ERROR) {
      if (is_allocation_error()) throw std::bad_alloc();
      done.error = errc::bad_content_encoding;
    }
    return done;
  }

  bool complete() const noexcept override { return complete_; }
  bool trailing_garbage() const noexcept override { return garbage_; }

 private:
  bool is_allocation_error() const noexcept {
    const auto code = BrotliDecoderGetErrorCode(state_.get());
    return code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
           code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;
  }

  std::unique_ptr<BrotliDecoderState, destroy_brotli> state_;
  bool complete_ = false;
  bool garbage_ = false;
};

}  // namespace

coder_ptr make_brotli_coder() { return std::make_unique<brotli_coder>(); }

}  // namespace bight::http::coding
