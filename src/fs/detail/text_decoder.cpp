#include "fs/detail/text_decoder.hpp"

#include <algorithm>
#include <bight/core/detail/utf8.hpp>
#include <cstring>
#include <utility>

namespace bight::fs::detail {

using bight::detail::first_of_utf8;
using bight::detail::utf8_byte_order_mark;

namespace {

const char* reason_of(std::string_view bytes, bool cut_off) noexcept {
  if (cut_off) return "unexpected end of data";
  const auto lead = static_cast<unsigned char>(bytes[0]);
  return lead < 0xc2 || lead > 0xf4 ? "invalid start byte" : "invalid continuation byte";
}

// The text may lie over the piece, not behind it.
void copy(std::string_view text, char*& to) noexcept {
  if (text.empty()) return;
  std::memmove(to, text.data(), text.size());
  to += text.size();
}

}  // namespace

std::size_t text_decoder::feed(std::string_view piece, char* to) noexcept {
  char* const begin = to;
  if (malformed_) return 0;
  const auto end = offset_ + piece.size();
  if (at_bom_) match_bom(piece, to);
  if (held_size_ != 0 && !at_bom_) complete(piece, to);
  if (!malformed_) decode(piece, to);
  offset_ = end;
  return static_cast<std::size_t>(to - begin);
}

std::size_t text_decoder::finish(char* to) noexcept {
  char* const begin = to;
  const std::string_view rest{held_, std::exchange(held_size_, 0)};
  at_bom_ = false;
  if (!rest.empty() && !malformed_) {
    if (how_.errors == text_errors::keep)
      put(rest, to);
    else
      put_malformed(rest, offset_ - rest.size(), true, to);
  }
  return static_cast<std::size_t>(to - begin);
}

// Holds back what may be a byte order mark; what turns out to be none is text.
void text_decoder::match_bom(std::string_view& piece, char*& to) noexcept {
  while (!piece.empty() && piece.front() == utf8_byte_order_mark[held_size_]) {
    held_[held_size_++] = piece.front();
    piece.remove_prefix(1);
    ++offset_;
    if (held_size_ != utf8_byte_order_mark.size()) continue;
    held_size_ = 0;
    at_bom_ = false;
    return;
  }
  if (piece.empty()) return;
  at_bom_ = false;
  if (how_.errors == text_errors::keep) put({held_, std::exchange(held_size_, 0)}, to);
}

// The rest of a character that was cut in two.
void text_decoder::complete(std::string_view& piece, char*& to) noexcept {
  char bytes[most_held + 1];
  std::copy_n(held_, held_size_, bytes);
  while (!piece.empty()) {
    bytes[held_size_] = piece.front();
    const std::string_view all{bytes, held_size_ + 1};
    const auto found = first_of_utf8(all);
    if (!found.valid && !found.cut_off) {
      put_malformed({bytes, std::exchange(held_size_, 0)}, offset_ - (all.size() - 1), false, to);
      return;
    }
    piece.remove_prefix(1);
    ++offset_;
    if (found.valid) {
      held_size_ = 0;
      put(all, to);
      return;
    }
    held_[held_size_++] = all.back();
  }
}

void text_decoder::decode(std::string_view piece, char*& to) noexcept {
  while (!piece.empty()) {
    const bool as_it_is = how_.errors == text_errors::keep;
    const auto whole = as_it_is ? piece.size() : bight::detail::utf8_prefix(piece);
    put(piece.substr(0, whole), to);
    piece.remove_prefix(whole);
    offset_ += whole;
    if (piece.empty()) return;
    const auto found = first_of_utf8(piece);
    const auto part = piece.substr(0, found.length);
    if (found.cut_off) {
      held_size_ = part.copy(held_, most_held);
      return;
    }
    put_malformed(part, offset_, false, to);
    if (malformed_) return;
    piece.remove_prefix(part.size());
    offset_ += part.size();
  }
}

void text_decoder::put_malformed(std::string_view bytes, std::uint64_t offset, bool cut_off,
                                 char*& to) noexcept {
  if (how_.errors == text_errors::strict)
    malformed_ = malformed_text{offset, std::string{bytes}, reason_of(bytes, cut_off)};
  else
    put(bight::detail::utf8_replacement, to);
}

// A "\r" is a line end at once; a "\n" after it is none, even if it comes with the next piece.
void text_decoder::put(std::string_view text, char*& to) noexcept {
  if (!how_.universal_newlines) return copy(text, to);
  while (!text.empty()) {
    if (std::exchange(after_cr_, false) && text.front() == '\n') text.remove_prefix(1);
    const auto line_end = text.find('\r');
    copy(text.substr(0, line_end), to);
    if (line_end == text.npos) return;
    *to++ = '\n';
    after_cr_ = true;
    text.remove_prefix(line_end + 1);
  }
}

std::optional<malformed_text> decode_all(std::string& text, const decoding& how) {
  text_decoder decoder{how};
  if (how.errors != text_errors::replace) {
    auto size = decoder.feed(text, text.data());
    if (!decoder.malformed()) {
      char rest[text_decoder::most_room_for(0)];
      const auto more = decoder.finish(rest);
      std::copy_n(rest, more, text.data() + size);
      text.resize(size + more);
    }
    return decoder.malformed();
  }
  constexpr std::size_t piece = 4096;
  std::string decoded;
  decoded.reserve(text.size());
  char buffer[text_decoder::most_room_for(piece)];
  for (std::size_t i = 0; i < text.size(); i += piece)
    decoded.append(buffer, decoder.feed(std::string_view{text}.substr(i, piece), buffer));
  decoded.append(buffer, decoder.finish(buffer));
  text = std::move(decoded);
  return std::nullopt;
}

}  // namespace bight::fs::detail
