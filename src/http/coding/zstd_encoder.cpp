#include <zstd.h>

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "http/coding/context_pool.hpp"
#include "http/coding/encoder.hpp"

namespace bight::http::coding {
namespace {

constexpr int zstd_window_log = 18;

struct free_zstd_encoder {
  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};
using zstd_encoder_ptr = std::unique_ptr<ZSTD_CCtx, free_zstd_encoder>;
using zstd_encoder_pool = context_pool<zstd_encoder_ptr>;

class zstd_encoder final : public encoder {
 public:
  explicit zstd_encoder(int level) : context_(zstd_encoder_pool::take()) {
    if (!context_) context_.reset(ZSTD_createCCtx());
    if (!context_) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, zstd_window_log);
  }
  zstd_encoder(const zstd_encoder&) = delete;
  zstd_encoder& operator=(const zstd_encoder&) = delete;
  ~zstd_encoder() override {
    constexpr std::size_t max_kept_encoder = 2U << 20U;  // high levels need a lot more
    if (ZSTD_sizeof_CCtx(context_.get()) > max_kept_encoder) return;
    ZSTD_CCtx_reset(context_.get(), ZSTD_reset_session_and_parameters);
    zstd_encoder_pool::give_back(std::move(context_));
  }

  void encode(std::string_view input, encode_mode mode, std::string& out) override {
    constexpr std::size_t least = 1024;
    const auto operation = mode == encode_mode::more    ? ZSTD_e_continue
                           : mode == encode_mode::flush ? ZSTD_e_flush
                                                        : ZSTD_e_end;
    const auto room = std::max(least, input.size() / 4);
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    std::size_t left = 0;
    do {
      const auto before = out.size();
      out.resize(before + room);
      ZSTD_outBuffer to{out.data() + before, room, 0};
      left = ZSTD_compressStream2(context_.get(), &to, &in, operation);
      out.resize(before + to.pos);
      if (ZSTD_isError(left) != 0) throw std::bad_alloc();
    } while (mode == encode_mode::more ? in.pos != in.size : left != 0);
  }

 private:
  zstd_encoder_ptr context_;
};

}  // namespace

encoder_ptr make_zstd_encoder(int level) { return std::make_unique<zstd_encoder>(level); }

}  // namespace bight::http::coding
