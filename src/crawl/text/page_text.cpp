#include "crawl/text/page_text.hpp"

#include <uchardet/uchardet.h>

#include <algorithm>
#include <array>
#include <bight/core/detail/ascii.hpp>
#include <bight/core/detail/utf8.hpp>
#include <bight/http/headers.hpp>
#include <cstring>
#include <memory>
#include <utility>

#include "crawl/text/prescan.hpp"

namespace bight::crawl::charsets {
namespace {

constexpr std::string_view utf16_be_mark = "\xfe\xff";
constexpr std::string_view utf16_le_mark = "\xff\xfe";

// 32 bytes at a time.
std::size_t ascii_prefix(std::string_view text) noexcept {
  constexpr std::uint64_t high = 0x8080808080808080U;
  std::array<std::uint64_t, 4> words{};
  std::size_t at = 0;
  for (; at + sizeof words <= text.size(); at += sizeof words) {
    std::memcpy(words.data(), text.data() + at, sizeof words);
    if (((words[0] | words[1] | words[2] | words[3]) & high) != 0) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

// UTF-16 without a byte order mark begins with a "<" or white space that has a zero byte beside it.
std::string_view utf16_without_mark(std::string_view head) noexcept {
  if (head.size() < 4) return {};
  const auto plain = [](char c) { return c != '\0' && static_cast<unsigned char>(c) < 0x80; };
  if (plain(head[0]) && head[1] == '\0' && plain(head[2]) && head[3] == '\0') return "utf-16le";
  if (head[0] == '\0' && plain(head[1]) && head[2] == '\0' && plain(head[3])) return "utf-16be";
  return {};
}

struct delete_detector {
  void operator()(uchardet_t d) const noexcept { uchardet_delete(d); }
};

// A sample begins with its first byte that is not ASCII. One that is cut off within a character is UTF-8 all
// the same, if there is another before it.
bool could_be_utf8(std::string_view sample) noexcept {
  const auto good = bight::detail::utf8_prefix(sample);
  return good == sample.size() || (good != 0 && bight::detail::first_of_utf8(sample.substr(good)).cut_off);
}

std::string detected(std::string_view sample) {
  const std::unique_ptr<struct uchardet, delete_detector> detector(uchardet_new());
  uchardet_handle_data(detector.get(), sample.data(), sample.size());
  uchardet_data_end(detector.get());
  std::string label = uchardet_get_charset(detector.get());
  for (char& c : label) c = bight::detail::to_lower(c);
  // "ascii" is a guess about bytes that are not; what the Encoding standard does not have, nobody else reads.
  const auto name = http::charset_of(label);
  if (name.empty() || name == "UTF-8" || name == "replacement") label = "windows-1252";
  return label;
}

}  // namespace

page_text::page_text(std::string_view content_type) {
  const auto type = http::media_type_view::parse(content_type);
  if (!type || http::charset_of(type->charset).empty()) return;
  header_ = type->charset;
  for (char& c : header_) c = bight::detail::to_lower(c);
}

void page_text::decide(std::string_view label, charset_source source) {
  state_ = state::decided;
  source_ = source;
  charset_ = label;
  if (http::charset_of(label) != "UTF-8") decoder_.emplace(label);
}

std::string_view page_text::pass(std::string_view bytes) {
  if (!decoder_) return bytes;
  out_.clear();
  decoder_->decode(bytes, out_);
  return out_;
}

// What has been held back, now that it is known how to read it.
std::string_view page_text::release() {
  auto bytes = std::exchange(held_, {});
  if (source_ == charset_source::bom) bytes.erase(0, charset_ == "utf-8" ? 3 : 2);
  if (!decoder_) {
    out_ = std::move(bytes);
    return out_;
  }
  return pass(bytes);
}

std::string_view page_text::feed(std::string_view piece) {
  switch (state_) {
    case state::decided:
      return pass(piece);
    case state::ascii:
      return end_ascii(piece);
    case state::sample:
      held_.append(piece);
      if (held_.size() < sample_bytes) return {};
      detect();
      return release();
    case state::head:
      break;
  }
  // The usual case: nothing is held back, and nothing copied.
  if (held_.empty() && header_ == "utf-8" && piece.size() >= 3 && piece[0] != '\xef' && piece[0] != '\xff' &&
      piece[0] != '\xfe') {
    decide(header_, charset_source::header);
    return piece;
  }
  if (held_.empty() && piece.size() >= prescan_bytes) {
    decide_by_head(piece, false);
    if (state_ != state::decided) return end_ascii(piece);
    if (source_ == charset_source::bom) piece.remove_prefix(charset_ == "utf-8" ? 3 : 2);
    return pass(piece);
  }
  held_.append(piece);
  decide_by_head(held_, false);
  if (state_ == state::head) return {};
  if (state_ == state::decided) return release();
  const auto all = std::exchange(held_, {});
  const auto text = end_ascii(all);
  if (text.data() != out_.data()) out_ = text;
  return out_;
}

// Byte order mark, header, declaration. `whole`: nothing will follow.
void page_text::decide_by_head(std::string_view head, bool whole) {
  if (head.starts_with(bight::detail::utf8_byte_order_mark)) return decide("utf-8", charset_source::bom);
  if (head.starts_with(utf16_be_mark)) return decide("utf-16be", charset_source::bom);
  if (head.starts_with(utf16_le_mark)) return decide("utf-16le", charset_source::bom);
  if (head.size() < 3 && !whole) return;
  if (!header_.empty()) return decide(header_, charset_source::header);
  if (head.size() < prescan_bytes && !whole) return;
  if (const auto utf16 = utf16_without_mark(head); !utf16.empty())
    return decide(utf16, charset_source::detected);
  const auto declared = prescan(head.substr(0, prescan_bytes));
  if (!declared.empty()) return decide(declared, charset_source::meta);
  state_ = state::ascii;
}

// Nothing declares a charset: ASCII is passed on, the rest is a sample.
std::string_view page_text::end_ascii(std::string_view piece) {
  const auto plain = ascii_prefix(piece);
  if (plain == piece.size()) return piece;
  held_ = piece.substr(plain);
  state_ = state::sample;
  if (held_.size() < sample_bytes) return piece.substr(0, plain);
  detect();
  std::string text{piece.substr(0, plain)};
  text.append(release());
  out_ = std::move(text);
  return out_;
}

void page_text::detect() {
  decide(could_be_utf8(held_) ? "utf-8" : detected(held_), charset_source::detected);
}

std::string_view page_text::finish() {
  std::string text;
  if (state_ == state::head) {
    decide_by_head(held_, true);
    if (state_ == state::ascii) {
      const auto all = std::exchange(held_, {});
      text = end_ascii(all);
    }
  }
  if (state_ == state::sample) detect();
  if (state_ == state::decided) text.append(release());
  if (decoder_) decoder_->finish(text);
  out_ = std::move(text);
  return out_;
}

}  // namespace bight::crawl::charsets
