#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <utility>

#include "http/coding/context_pool.hpp"
#include "http/coding/encoder.hpp"

namespace bight::http::coding {
namespace {

struct end_deflate {
  void operator()(z_stream* stream) const noexcept {
    deflateEnd(stream);
    delete stream;
  }
};
using deflate_ptr = std::unique_ptr<z_stream, end_deflate>;
using deflate_pool = context_pool<deflate_ptr>;

deflate_ptr take_deflate(int level) {
  deflate_ptr kept = deflate_pool::take();
  if (kept && deflateReset(kept.get()) == Z_OK) {
    kept->avail_in = kept->avail_out = 0;
    if (deflateParams(kept.get(), level, Z_DEFAULT_STRATEGY) == Z_OK) return kept;
  }
  constexpr int gzip_format = 15 + 16;
  constexpr int memory = 8;  // zlib's default
  auto fresh = std::make_unique<z_stream>();
  if (deflateInit2(fresh.get(), level, Z_DEFLATED, gzip_format, memory, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  return deflate_ptr(fresh.release());
}

class gzip_encoder final : public encoder {
 public:
  explicit gzip_encoder(int level) : stream_(take_deflate(level)) {}
  gzip_encoder(const gzip_encoder&) = delete;
  gzip_encoder& operator=(const gzip_encoder&) = delete;
  ~gzip_encoder() override { deflate_pool::give_back(std::move(stream_)); }

  void encode(std::string_view input, encode_mode mode, std::string& out) override {
    constexpr std::size_t most = std::numeric_limits<uInt>::max();
    do {
      const auto part = input.substr(0, most);
      input.remove_prefix(part.size());
      // zlib does not write to it.
      stream_->next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(part.data()));
      stream_->avail_in = static_cast<uInt>(part.size());
      run(input.empty() ? mode : encode_mode::more, out);
    } while (!input.empty());
  }

 private:
  void run(encode_mode mode, std::string& out) {
    constexpr std::size_t least = 1024;
    const int flush = mode == encode_mode::more    ? Z_NO_FLUSH
                      : mode == encode_mode::flush ? Z_SYNC_FLUSH
                                                   : Z_FINISH;
    const auto room = std::max<std::size_t>(least, stream_->avail_in / 4);
    do {
      const auto before = out.size();
      out.resize(before + room);
      stream_->next_out = reinterpret_cast<Bytef*>(out.data() + before);
      stream_->avail_out = static_cast<uInt>(room);
      deflate(stream_.get(), flush);
      out.resize(before + room - stream_->avail_out);
    } while (stream_->avail_out == 0);
  }

  deflate_ptr stream_;
};

}  // namespace

encoder_ptr make_gzip_encoder(int level) { return std::make_unique<gzip_encoder>(level); }

}  // namespace bight::http::coding
