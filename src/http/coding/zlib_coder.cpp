#include <zlib.h>

#include <algorithm>
#include <array>
#include <bight/http/error.hpp>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <utility>

#include "http/coding/coder.hpp"
#include "http/coding/context_pool.hpp"

namespace bight::http::coding {
namespace {

constexpr int gzip_window = 15 + 16;
constexpr int zlib_window = 15;
constexpr int raw_window = -15;

struct end_inflate {
  void operator()(z_stream* stream) const noexcept {
    inflateEnd(stream);
    delete stream;
  }
};
using stream_ptr = std::unique_ptr<z_stream, end_inflate>;

using inflate_pool = context_pool<stream_ptr>;

stream_ptr take_stream(int window) {
  stream_ptr kept = inflate_pool::take();
  if (kept && inflateReset2(kept.get(), window) == Z_OK) return kept;
  auto fresh = std::make_unique<z_stream>();
  if (inflateInit2(fresh.get(), window) != Z_OK) throw std::bad_alloc();
  return stream_ptr(fresh.release());
}

// Both zlib formats begin with two bytes by which they are told apart, before zlib sees them.
class zlib_coder final : public coder {
 public:
  enum class format : std::uint8_t { gzip, deflate };

  explicit zlib_coder(format kind) noexcept : format_(kind) {}
  zlib_coder(const zlib_coder&) = delete;
  zlib_coder& operator=(const zlib_coder&) = delete;
  ~zlib_coder() override { inflate_pool::give_back(std::move(stream_)); }

  step decode(std::string_view input, std::span<char> output) override {
    step total;
    while (true) {
      if (state_ == state::garbage) {
        garbage_ = garbage_ || total.consumed != input.size();
        total.consumed = input.size();
        return total;
      }
      if (state_ == state::magic) {
        if (total.consumed == input.size()) return total;
        read_magic(input[total.consumed++]);
        continue;
      }
      if (prefix_left_ != 0) {
        const std::string_view prefix(magic_.data() + (magic_size_ - prefix_left_), prefix_left_);
        const step done = inflate_some(prefix, output.subspan(total.produced));
        prefix_left_ -= static_cast<std::uint8_t>(done.consumed);
        total.produced += done.produced;
        total.error = done.error;
        if (done.error || prefix_left_ != 0) return total;
        if (state_ != state::data) continue;
      }
      const step done = inflate_some(input.substr(total.consumed), output.subspan(total.produced));
      total.consumed += done.consumed;
      total.produced += done.produced;
      total.error = done.error;
      if (state_ == state::data || done.error) return total;
    }
  }

  bool complete() const noexcept override {
    // After a whole member, one byte that might begin another one is rubbish.
    return state_ == state::garbage || (state_ == state::magic && (magic_size_ == 0 || members_ != 0));
  }
  bool trailing_garbage() const noexcept override {
    return garbage_ || (state_ == state::magic && members_ != 0 && magic_size_ != 0);
  }

 private:
  enum class state : std::uint8_t { magic, data, garbage };

  void read_magic(char byte) {
    magic_[magic_size_++] = byte;
    const auto first = static_cast<unsigned char>(magic_[0]);
    const bool is_gzip = format_ == format::gzip;
    if (is_gzip && members_ != 0 && first != 0x1f) return drop();
    if (magic_size_ < 2) return;
    const auto second = static_cast<unsigned char>(magic_[1]);
    if (is_gzip && members_ != 0 && second != 0x8b) return drop();
    const bool is_zlib = (first & 0x0f) == 8 && (first >> 4) <= 7 && (first * 256U + second) % 31 == 0;
    const int window = is_gzip ? gzip_window : is_zlib ? zlib_window : raw_window;
    if (stream_) {
      inflateReset2(stream_.get(), window);
    } else {
      stream_ = take_stream(window);
    }
    prefix_left_ = magic_size_;
    state_ = state::data;
  }

  void drop() noexcept {
    state_ = state::garbage;
    garbage_ = true;
  }

  step inflate_some(std::string_view input, std::span<char> output) {
    constexpr std::size_t most = std::numeric_limits<uInt>::max();
    const auto in_size = static_cast<uInt>(std::min(input.size(), most));
    const auto out_size = static_cast<uInt>(std::min(output.size(), most));
    if (out_size == 0) return {};
    stream_->next_in =
        const_cast<Bytef*>(reinterpret_cast<const Bytef*>(input.data()));  // zlib does not write to it
    stream_->avail_in = in_size;
    stream_->next_out = reinterpret_cast<Bytef*>(output.data());
    stream_->avail_out = out_size;
    const int result = inflate(stream_.get(), Z_NO_FLUSH);
    step done{in_size - stream_->avail_in, out_size - stream_->avail_out, {}};
    if (result == Z_STREAM_END) {
      ++members_;
      magic_size_ = 0;
      state_ = format_ == format::gzip ? state::magic : state::garbage;
    } else if (result == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      done.error = errc::bad_content_encoding;
    }
    return done;
  }

  stream_ptr stream_;
  std::uint64_t members_ = 0;  // that were complete
  std::array<char, 2> magic_{};
  std::uint8_t magic_size_ = 0;
  std::uint8_t prefix_left_ = 0;  // how much of the magic zlib has not seen yet
  format format_;
  state state_ = state::magic;
  bool garbage_ = false;
};

}  // namespace

coder_ptr make_gzip_coder() { return std::make_unique<zlib_coder>(zlib_coder::format::gzip); }
coder_ptr make_deflate_coder() { return std::make_unique<zlib_coder>(zlib_coder::format::deflate); }

}  // namespace bight::http::coding
