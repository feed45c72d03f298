#include <bight/crawl/sitemap.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "crawl/html/scan.hpp"
#include "crawl/sitemap/ampersands.hpp"
#include "crawl/sitemap/gunzip.hpp"
#include "crawl/sitemap/xml_entries.hpp"
#include "crawl/text/page_text.hpp"

namespace bight::crawl {

std::string_view to_string(sitemap_format format) noexcept {
  switch (format) {
    case sitemap_format::urlset:
      return "urlset";
    case sitemap_format::index:
      return "index";
    case sitemap_format::rss:
      return "rss";
    case sitemap_format::atom:
      return "atom";
    case sitemap_format::text:
      return "text";
    case sitemap_format::unknown:
      break;
  }
  return "unknown";
}

class sitemap_parser::impl {
 public:
  impl(http::url where, std::string_view content_type, const sitemap_limits& limits)
      : out_(where, limits), decoder_(content_type), utf8_("utf-8") {}

  bool feed(std::string_view bytes, const sitemap_sink& sink);
  void finish(const sitemap_sink& sink);
  sitemap_format format() const noexcept {
    if (xml_) return xml_->format();
    return lines_ ? sitemap_format::text : sitemap_format::unknown;
  }
  const std::string& error() const noexcept { return error_; }
  const sitemap::entry_output& out() const noexcept { return out_; }

 private:
  bool raw(std::string_view bytes);
  bool plain(std::string_view bytes);
  bool text(std::string_view piece, bool last);
  bool line_pieces(std::string_view piece, bool last);
  bool line();
  bool fail(std::string why) {
    error_ = std::move(why);
    over_ = true;
    return false;
  }

  sitemap::entry_output out_;
  charsets::page_text decoder_;
  http::text_decoder utf8_;  // malformed bytes would stop the XML parser
  std::optional<sitemap::gunzip> gunzip_;
  std::optional<sitemap::xml_entries> xml_;
  sitemap::ampersands ampersands_;
  std::string xml_text_;
  bool begun_ = false;
  bool lines_ = false;
  bool over_ = false;
  std::size_t bytes_ = 0;
  std::string magic_;  // the first byte, until there are two
  std::string line_;
  bool line_too_long_ = false;
  std::string utf8_text_;
  std::string error_;
};

bool sitemap_parser::impl::feed(std::string_view bytes, const sitemap_sink& sink) {
  if (over_) return false;
  out_.set_sink(&sink);
  if (!begun_) {
    magic_.append(bytes);
    if (magic_.size() < 2) return true;
    begun_ = true;
    if (magic_.starts_with("\x1f\x8b")) gunzip_.emplace();
    const auto all = std::exchange(magic_, {});
    return raw(all);
  }
  return raw(bytes);
}

bool sitemap_parser::impl::raw(std::string_view bytes) {
  if (!gunzip_) return plain(bytes);
  const auto result = gunzip_->feed(bytes, [this](std::string_view piece) { return plain(piece); });
  if (over_) return false;
  return result != sitemap::gunzip::outcome::corrupt || fail("the gzip data are corrupt");
}

bool sitemap_parser::impl::plain(std::string_view bytes) {
  const auto room = out_.limits().max_bytes - bytes_;
  const auto piece = bytes.substr(0, room);
  bytes_ += piece.size();
  if (!text(decoder_.feed(piece), false)) return false;
  return piece.size() == bytes.size() ||
         fail("larger than " + std::to_string(out_.limits().max_bytes) + " bytes");
}

bool sitemap_parser::impl::text(std::string_view piece, bool last) {
  if (over_) return false;
  utf8_text_.clear();
  utf8_.decode(piece, utf8_text_);
  if (last) utf8_.finish(utf8_text_);
  piece = utf8_text_;
  if (!xml_ && !lines_) {
    while (!piece.empty() && html::is_space(piece.front())) piece.remove_prefix(1);
    if (piece.empty()) return true;
    if (piece.front() == '<')
      xml_.emplace(out_);
    else
      lines_ = true;
  }
  if (lines_) return line_pieces(piece, last);
  xml_text_.clear();
  ampersands_.feed(piece, xml_text_);
  if (last) ampersands_.finish(xml_text_);
  if (xml_->feed(xml_text_, last)) return true;
  return fail(xml_->error());
}

bool sitemap_parser::impl::line_pieces(std::string_view piece, bool last) {
  while (!piece.empty()) {
    const auto end = std::min(piece.find_first_of("\r\n"), piece.size());
    if (line_.size() + end > 2 * out_.limits().max_url_bytes)
      line_too_long_ = true;
    else
      line_.append(piece.substr(0, end));
    if (end == piece.size()) break;
    piece.remove_prefix(end + 1);
    if (!line()) return false;
  }
  return !last || line();
}

bool sitemap_parser::impl::line() {
  const auto text = std::exchange(line_, {});
  if (std::exchange(line_too_long_, false)) {
    out_.drop();
    return true;
  }
  const auto trimmed = html::trim_space(text);
  if (trimmed.empty()) return true;
  // A text is no feed: its URLs are absolute.
  if (!html::starts_with_lower(trimmed, "http:") && !html::starts_with_lower(trimmed, "https:")) {
    out_.drop();
    return true;
  }
  return out_.put(trimmed, out_.base(), sitemap_entry_kind::page, {}, {}) || fail(out_.full());
}

void sitemap_parser::impl::finish(const sitemap_sink& sink) {
  if (over_) return;
  out_.set_sink(&sink);
  if (!begun_ && !raw(std::exchange(magic_, {}))) return;
  if (gunzip_ && !gunzip_->complete()) {
    // What was found stays; the XML ends too early as well, but that is not why.
    fail("the gzip data end too early");
    return;
  }
  if (!text(decoder_.finish(), true)) return;
  over_ = true;
  if (!xml_ && !lines_)
    fail("it is empty");
  else if (lines_ && out_.entries() == 0)
    fail("not a sitemap: no line is an http or https URL");
}

sitemap_parser::sitemap_parser(http::url where, std::string_view content_type, const sitemap_limits& limits)
    : impl_(std::make_unique<impl>(std::move(where), content_type, limits)) {}
sitemap_parser::sitemap_parser(sitemap_parser&&) noexcept = default;
sitemap_parser& sitemap_parser::operator=(sitemap_parser&&) noexcept = default;
sitemap_parser::~sitemap_parser() = default;
bool sitemap_parser::feed(std::string_view bytes, sitemap_sink on_entry) {
  return impl_->feed(bytes, on_entry);
}
void sitemap_parser::finish(sitemap_sink on_entry) { impl_->finish(on_entry); }
sitemap_format sitemap_parser::format() const noexcept { return impl_->format(); }
const std::string& sitemap_parser::error() const noexcept { return impl_->error(); }
std::size_t sitemap_parser::entries() const noexcept { return impl_->out().entries(); }
std::size_t sitemap_parser::dropped() const noexcept { return impl_->out().dropped(); }

}  // namespace bight::crawl
