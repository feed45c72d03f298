#include "crawl/sitemap/gunzip.hpp"

#include <cstddef>
#include <new>

namespace bight::crawl::sitemap {

namespace {
constexpr std::size_t piece_size = 32 * 1024;
constexpr int gzip_window = 16 + MAX_WBITS;
}  // namespace

gunzip::gunzip() : stream_(new z_stream{}), out_(piece_size, '\0') {
  if (inflateInit2(stream_.get(), gzip_window) != Z_OK) throw std::bad_alloc{};
}

void gunzip::begin(std::string_view bytes) noexcept {
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib does not write there
  stream_->avail_in = static_cast<uInt>(bytes.size());
}

gunzip::step gunzip::next() {
  if (over_ || (stream_->avail_in == 0 && !full_)) return {{}, true, false};
  if (between_) {
    if (*stream_->next_in != 0x1f) {  // padding, or rubbish
      over_ = true;
      return {{}, true, false};
    }
    inflateReset(stream_.get());
    between_ = false;
  }
  stream_->next_out = reinterpret_cast<Bytef*>(out_.data());
  stream_->avail_out = static_cast<uInt>(out_.size());
  const int result = inflate(stream_.get(), Z_NO_FLUSH);
  if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return {{}, true, true};
  between_ = result == Z_STREAM_END;
  full_ = stream_->avail_out == 0 && !between_;
  const auto size = out_.size() - stream_->avail_out;
  const bool last = stream_->avail_in == 0 && !full_;
  return {std::string_view{out_}.substr(0, size), last, false};
}

}  // namespace bight::crawl::sitemap
