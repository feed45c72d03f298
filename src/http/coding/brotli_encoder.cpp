#include <brotli/encode.h>

#include <cstdint>
#include <memory>
#include <new>

#include "http/coding/encoder.hpp"

namespace bight::http::coding {
namespace {

constexpr std::uint32_t brotli_window_log = 18;

struct destroy_brotli_encoder {
  void operator()(BrotliEncoderState* state) const noexcept { BrotliEncoderDestroyInstance(state); }
};

// The library cannot reset a state, so none is kept.
class brotli_encoder final : public encoder {
 public:
  explicit brotli_encoder(int level) : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (!state_) throw std::bad_alloc();
    BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_QUALITY, static_cast<std::uint32_t>(level));
    BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_LGWIN, brotli_window_log);
  }

  void encode(std::string_view input, encode_mode mode, std::string& out) override {
    const auto operation = mode == encode_mode::more    ? BROTLI_OPERATION_PROCESS
                           : mode == encode_mode::flush ? BROTLI_OPERATION_FLUSH
                                                        : BROTLI_OPERATION_FINISH;
    std::size_t left = input.size();
    const auto* next = reinterpret_cast<const std::uint8_t*>(input.data());
    do {
      std::size_t no_room = 0;
      if (!BrotliEncoderCompressStream(state_.get(), operation, &left, &next, &no_room, nullptr, nullptr))
        throw std::bad_alloc();
      while (BrotliEncoderHasMoreOutput(state_.get())) {
        std::size_t size = 0;
        const auto* const output = BrotliEncoderTakeOutput(state_.get(), &size);
        out.append(reinterpret_cast<const char*>(output), size);
      }
    } while (left != 0 || (mode == encode_mode::end && !BrotliEncoderIsFinished(state_.get())));
  }

 private:
  std::unique_ptr<BrotliEncoderState, destroy_brotli_encoder> state_;
};

}  // namespace

encoder_ptr make_brotli_encoder(int level) { return std::make_unique<brotli_encoder>(level); }

}  // namespace bight::http::coding
