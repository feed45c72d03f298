#include <bight/http/charset.hpp>

#include <algorithm>
#include <array>
#include <bight/core/detail/utf8.hpp>
#include <bight/http/url.hpp>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "http/text/converter.hpp"

namespace bight::http {
namespace {

bool is_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

class text_decoder::impl {
 public:
  explicit impl(std::string_view name) {
    if (name.empty() || name == "UTF-8") return;
    replacement_ = name == "replacement";
    if (replacement_) return;
    from_ = open_converter(name);
    to_ = open_converter("UTF-8");
    if (!to_) from_.reset();  // ICU may have been built without some converters
  }
  void decode(std::string_view bytes, std::string& out) {
    if (replacement_) {
      if (!bytes.empty() && !std::exchange(replaced_, true)) out.append(bight::detail::utf8_replacement);
    } else if (from_) {
      convert(bytes, false, out);
    } else {
      decode_utf8(bytes, out);
    }
  }
  void finish(std::string& out) {
    replaced_ = false;
    if (from_) {
      convert("", true, out);  // ICU refuses a null pointer
      ucnv_reset(from_.get());
      ucnv_reset(to_.get());
      first_ = true;
    } else if (!begun_.empty()) {
      out.append(bight::detail::utf8_replacement);
      begun_.clear();
    }
  }

 private:
  void convert(std::string_view bytes, bool last, std::string& out);
  void decode_utf8(std::string_view bytes, std::string& out);

  converter_ptr from_;
  converter_ptr to_;
  std::array<char16_t, 1024> pivot_{};
  char16_t* pivot_from_ = pivot_.data();
  char16_t* pivot_to_ = pivot_.data();
  std::string begun_;  // the first bytes of a character of UTF-8
  bool first_ = true;
  bool replacement_ = false;
  bool replaced_ = false;
};

// Lone surrogates of UTF-16 become U+FFFD in ICU's UTF-8 converter, as everywhere.
void text_decoder::impl::convert(std::string_view bytes, bool last, std::string& out) {
  std::array<char, 4096> piece{};
  const char* source = bytes.data();
  const char* const end = source + bytes.size();
  UErrorCode error = U_BUFFER_OVERFLOW_ERROR;
  while (error == U_BUFFER_OVERFLOW_ERROR) {
    error = U_ZERO_ERROR;
    char* target = piece.data();
    ucnv_convertEx(to_.get(), from_.get(), &target, piece.data() + piece.size(), &source, end, pivot_.data(),
                   &pivot_from_, &pivot_to_, pivot_.data() + pivot_.size(), first_, last, &error);
    first_ = false;
    out.append(piece.data(), target);
  }
}

void text_decoder::impl::decode_utf8(std::string_view bytes, std::string& out) {
  std::string joined;
  if (!begun_.empty()) {
    joined = std::exchange(begun_, {});
    joined.append(bytes);
    bytes = joined;
  }
  while (!bytes.empty()) {
    const auto good = bight::detail::utf8_prefix(bytes);
    out.append(bytes.substr(0, good));
    bytes.remove_prefix(good);
    if (bytes.empty()) return;
    const auto next = bight::detail::first_of_utf8(bytes);
    if (next.cut_off) {
      begun_ = bytes;
      return;
    }
    out.append(bight::detail::utf8_replacement);
    bytes.remove_prefix(next.length);
  }
}

text_decoder::text_decoder(std::string_view label) : impl_(std::make_unique<impl>(charset_of(label))) {}
text_decoder::text_decoder(text_decoder&&) noexcept = default;
text_decoder& text_decoder::operator=(text_decoder&&) noexcept = default;
text_decoder::~text_decoder() = default;
void text_decoder::decode(std::string_view bytes, std::string& out) { impl_->decode(bytes, out); }
void text_decoder::finish(std::string& out) { impl_->finish(out); }

namespace {

// What is not ASCII has no "&" and ";" of its own: they belong to the escapes of characters that the charset
// does not have.
void append_encoded(UConverter* to, std::string_view run, std::string& out) {
  // UTF-8 to UTF-16 never needs more units than bytes.
  std::u16string units(run.size(), u'\0');
  std::int32_t count = 0;
  UErrorCode error = U_ZERO_ERROR;
  const converter_ptr utf8 = open_converter("UTF-8");
  if (!utf8) return;
  count = ucnv_toUChars(utf8.get(), units.data(), static_cast<std::int32_t>(units.size()), run.data(),
                        static_cast<std::int32_t>(run.size()), &error);
  constexpr std::size_t longest = 12;  // of a unit: an escape, or a character between escape sequences
  std::string bytes(static_cast<std::size_t>(count) * longest + longest, '\0');
  error = U_ZERO_ERROR;
  const auto size =
      ucnv_fromUChars(to, bytes.data(), static_cast<std::int32_t>(bytes.size()), units.data(), count, &error);
  if (U_FAILURE(error)) return;
  bytes.resize(static_cast<std::size_t>(size));
  for (const char c : bytes) {
    if (c == '&' || c == '#' || c == ';')
      out.append(percent_encode({&c, 1}, percent_encode_set::component));
    else
      out.append(percent_encode({&c, 1}, percent_encode_set::special_query));
  }
}

}  // namespace

std::string encode_query(std::string_view reference, std::string_view label) {
  std::string out{reference};
  const auto hash = std::min(reference.find('#'), reference.size());
  const auto mark = reference.substr(0, hash).find('?');
  if (mark == reference.npos) return out;
  auto query = reference.substr(mark + 1, hash - mark - 1);
  if (is_ascii(query)) return out;
  auto name = charset_of(label);
  if (name.empty() || name == "UTF-8" || name == "replacement" || name.starts_with("UTF-16")) return out;
  // The labels of GBK decode as GB 18030, but encode without its forms of four bytes.
  if (name == "gb18030" && label.find("18030") == label.npos) name = "GBK";
  const auto to = open_converter(name);
  if (!to) return out;
  out.resize(mark + 1);
  const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  while (!query.empty()) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if_not(query, ascii) - query.begin());
    out.append(query.substr(0, plain));
    query.remove_prefix(plain);
    const auto run = static_cast<std::size_t>(std::ranges::find_if(query, ascii) - query.begin());
    if (run != 0) append_encoded(to.get(), query.substr(0, run), out);
    query.remove_prefix(run);
  }
  out.append(reference.substr(hash));
  return out;
}

}  // namespace bight::http
