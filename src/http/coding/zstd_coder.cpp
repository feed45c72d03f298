#include <zstd.h>
#include <zstd_errors.h>

#include <array>
#include <bight/http/error.hpp>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "http/coding/coder.hpp"
#include "http/coding/context_pool.hpp"

namespace bight::http::coding {
namespace {

// RFC 9659: what content codings may ask of a decoder.
constexpr int max_window_log = 23;

struct free_zstd {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};
using zstd_ptr = std::unique_ptr<ZSTD_DCtx, free_zstd>;
using zstd_pool = context_pool<zstd_ptr>;

// A context with the window of a large body is not worth keeping.
constexpr std::size_t max_kept_size = 1U << 20U;

zstd_ptr take_context() {
  if (zstd_ptr kept = zstd_pool::take()) return kept;
  zstd_ptr fresh(ZSTD_createDCtx());
  if (!fresh) throw std::bad_alloc();
  ZSTD_DCtx_setParameter(fresh.get(), ZSTD_d_windowLogMax, max_window_log);
  return fresh;
}

// The four bytes at the beginning of a frame are looked at before the library sees them: after a whole frame,
// what does not begin another one is rubbish, not an error.
class zstd_coder final : public coder {
 public:
  zstd_coder() : context_(take_context()) {}
  zstd_coder(const zstd_coder&) = delete;
  zstd_coder& operator=(const zstd_coder&) = delete;
  ~zstd_coder() override {
    if (ZSTD_sizeof_DCtx(context_.get()) > max_kept_size) return;
    ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
    zstd_pool::give_back(std::move(context_));
  }

  step decode(std::string_view input, std::span<char> output) override {
    step total;
    while (!total.error) {
      const std::string_view rest = input.substr(total.consumed);
      if (state_ == state::garbage) {
        garbage_ = garbage_ || !rest.empty();
        total.consumed = input.size();
        return total;
      }
      if (state_ == state::magic) {
        if (rest.empty()) return total;
        read_magic(rest.front());
        ++total.consumed;
        continue;
      }
      const std::span<char> room = output.subspan(total.produced);
      if (room.empty()) return total;
      step done;
      if (magic_left_ != 0) {
        done = run({magic_.data() + (magic_.size() - magic_left_), magic_left_}, room);
        magic_left_ -= done.consumed;
      } else {
        done = run(rest, room);
        total.consumed += done.consumed;
      }
      if (done.consumed == 0 && done.produced == 0 && state_ == state::frame)
        return {total.consumed, total.produced, done.error};
      total.produced += done.produced;
      total.error = done.error;
    }
    return total;
  }

  bool complete() const noexcept override { return state_ != state::frame && frames_ != 0; }
  bool trailing_garbage() const noexcept override {
    return garbage_ || (state_ == state::magic && frames_ != 0 && magic_size_ != 0);
  }

 private:
  enum class state : std::uint8_t { magic, frame, garbage };

  void read_magic(char byte) {
    magic_[magic_size_++] = byte;
    if (frames_ != 0 && !may_begin_frame()) {
      state_ = state::garbage;
      garbage_ = true;
    } else if (magic_size_ == magic_.size()) {
      state_ = state::frame;
      magic_left_ = magic_.size();
    }
  }

  // A frame, or one to be skipped (RFC 8878 3.1.1, 3.1.2).
  bool may_begin_frame() const noexcept {
    constexpr std::array<unsigned char, 4> frame{0x28, 0xb5, 0x2f, 0xfd};
    constexpr std::array<unsigned char, 4> skipped{0x50, 0x2a, 0x4d, 0x18};
    bool is_frame = true;
    bool is_skipped = true;
    for (std::size_t i = 0; i != magic_size_; ++i) {
      const auto byte = static_cast<unsigned char>(magic_[i]);
      is_frame = is_frame && byte == frame[i];
      is_skipped = is_skipped && (i == 0 ? byte >> 4U == skipped[0] >> 4U : byte == skipped[i]);
    }
    return is_frame || is_skipped;
  }

  step run(std::string_view input, std::span<char> output) {
    // The library takes many calls without progress for an error.
    if (input.empty() && !was_full_) return {};
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer out{output.data(), output.size(), 0};
    const std::size_t result = ZSTD_decompressStream(context_.get(), &out, &in);
    step done{in.pos, out.pos, {}};
    was_full_ = out.pos == out.size;
    if (ZSTD_isError(result)) {
      if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation) throw std::bad_alloc();
      done.error = errc::bad_content_encoding;
    } else if (result == 0) {
      ++frames_;
      magic_size_ = 0;
      state_ = state::magic;
    }
    return done;
  }

  zstd_ptr context_;
  std::uint64_t frames_ = 0;  // that were complete
  std::array<char, 4> magic_{};
  std::size_t magic_size_ = 0;
  std::size_t magic_left_ = 0;  // how much of the magic the library has not seen yet
  state state_ = state::magic;
  bool was_full_ = false;  // the last output was: there may be more without further input
  bool garbage_ = false;
};

}  // namespace

coder_ptr make_zstd_coder() { return std::make_unique<zstd_coder>(); }

}  // namespace bight::http::coding
