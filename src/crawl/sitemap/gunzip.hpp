// gzip files, while they arrive.
#pragma once
#include <zlib.h>

#include <memory>
#include <string>
#include <string_view>

namespace bight::crawl::sitemap {

/// Decompresses gzip, also several members one after the other. What follows the last one is ignored.
class gunzip {
 public:
  enum class outcome { more, corrupt };

  gunzip();

  /// Calls `write` with each decompressed piece until it returns false.
  template <typename Write>
  outcome feed(std::string_view bytes, Write write) {
    begin(bytes);
    while (true) {
      const auto got = next();
      if (got.corrupt) return outcome::corrupt;
      if (!got.bytes.empty() && !write(got.bytes)) return outcome::more;
      if (got.last) return outcome::more;
    }
  }
  /// Whether the data so far end where a member ends.
  bool complete() const noexcept { return between_; }

 private:
  struct step {
    std::string_view bytes{};
    bool last = false;
    bool corrupt = false;
  };
  void begin(std::string_view bytes) noexcept;
  step next();

  struct end_inflate {
    void operator()(z_stream* z) const noexcept {
      inflateEnd(z);
      delete z;
    }
  };
  std::unique_ptr<z_stream, end_inflate> stream_;
  std::string out_;
  bool between_ = false;  // members
  bool full_ = false;     // there may be more output without more input
  bool over_ = false;
};

}  // namespace bight::crawl::sitemap
