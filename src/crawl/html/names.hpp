// The tag and attribute names that link extraction has to know, and their lookup.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace bight::crawl::html {

/// Tags with a meaning of their own here; all others are `unknown`.
enum class tag : std::uint8_t {
  unknown,
  a,
  area,
  audio,
  base,
  blockquote,
  body,
  button,
  del,
  embed,
  form,
  frame,
  iframe,
  image,
  img,
  input,
  ins,
  link,
  meta,
  noembed,
  noframes,
  object,
  plaintext,
  q,
  script,
  source,
  style,
  table,
  td,
  textarea,
  th,
  title,
  track,
  video,
  xmp,
  // Foreign content: its roots, its places for HTML, and its links.
  svg,
  math,
  desc,
  feimage,
  foreignobject,
  mathml_text,
  use,
  // HTML tags without links that end foreign content (13.2.6.5): p and br also do as end tags.
  breakout,
  breakout_p,
};
inline constexpr std::size_t tag_count = 44;

/// Attributes with a meaning of their own here.
enum class attr : std::uint8_t {
  none,
  action,
  background,
  charset,
  cite,
  content,
  data,
  formaction,
  href,
  http_equiv,
  id,
  imagesrcset,
  name,
  poster,
  rel,
  src,
  srcset,
  style,
  type,
  xlink_href,
};
inline constexpr std::size_t attr_count = 20;

/// A set of attr values, one bit each.
using attr_set = std::uint32_t;
constexpr attr_set bit(attr name) noexcept { return attr_set{1} << static_cast<unsigned>(name); }
template <typename... Attr>
constexpr attr_set attrs(Attr... names) noexcept {
  return (attr_set{0} | ... | bit(names));
}

/// Bytes of the longest name in either list; a longer name is unknown.
inline constexpr std::size_t max_name_bytes = 15;

namespace detail {

/// A name of up to 8 lower-case bytes as a number, first byte lowest.
constexpr std::uint64_t pack(std::string_view name) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i != name.size(); ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(name[i])} << (8 * i);
  }
  return word;
}

/// A collision-free table of short names, built by the compiler: one multiplication and one comparison per
/// lookup.
template <typename Id, std::size_t Names>
class name_table {
 public:
  struct entry {
    std::string_view name;
    Id id;
  };
  consteval explicit name_table(const std::array<entry, Names>& entries) {
    for (magic_ = 0x9E3779B97F4A7C15u; !fill(entries);) {
      magic_ = magic_ * 6364136223846793005u + 1442695040888963407u;
      magic_ |= 1u;
    }
  }
  constexpr Id find(std::uint64_t word) const noexcept {
    const std::size_t index = index_[slot(word)];
    return words_[index] == word ? ids_[index] : Id{};
  }

 private:
  static constexpr int bits = 10;
  constexpr std::size_t slot(std::uint64_t word) const noexcept {
    return static_cast<std::size_t>((word * magic_) >> (64 - bits));
  }
  consteval bool fill(const std::array<entry, Names>& entries) {
    index_ = {};
    for (std::size_t i = 0; i != Names; ++i) {
      words_[i + 1] = pack(entries[i].name);
      ids_[i + 1] = entries[i].id;
      auto& index = index_[slot(words_[i + 1])];
      if (index != 0) return false;
      index = static_cast<std::uint8_t>(i + 1);
    }
    return true;
  }

  std::uint64_t magic_ = 0;
  std::array<std::uint8_t, std::size_t{1} << bits> index_{};  // 0 leads to the empty word, which no name is
  std::array<std::uint64_t, Names + 1> words_{};
  std::array<Id, Names + 1> ids_{};
};

extern const name_table<tag, 80> short_tags;
extern const name_table<attr, 14> short_attrs;
tag find_long_tag(std::string_view lower) noexcept;
attr find_long_attr(std::string_view lower) noexcept;

/// The name's first 8 bytes or less, lower case. Precondition: 8 readable bytes at `name`, 1 <= length <= 8.
/// Setting bit 5 of bytes that are not letters cannot make a known name: their letters, digits and '-' come
/// from letters, digits, '-' or from bytes below 0x20, of which no caller passes any.
inline std::uint64_t load_word(const char* name, std::size_t length) noexcept {
  std::uint64_t word = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&word, name, sizeof word);
    word &= ~std::uint64_t{0} >> (64 - 8 * length);
    return word | (0x2020202020202020u >> (64 - 8 * length));
  } else {
    for (std::size_t i = 0; i != length; ++i) {
      word |= (std::uint64_t{static_cast<unsigned char>(name[i])} | 0x20u) << (8 * i);
    }
    return word;
  }
}

/// Copies a name of 9 to 15 bytes in lower case. Precondition: 16 readable bytes at `name`.
inline std::array<char, 16> lower_16(const char* name) noexcept {
  std::array<char, 16> lower;
  for (std::size_t i = 0; i != lower.size(); ++i) lower[i] = static_cast<char>(name[i] | 0x20);
  return lower;
}

}  // namespace detail

/// Preconditions: 16 readable bytes at `name`, length >= 1, no byte of the name below 0x20.
inline tag find_tag(const char* name, std::size_t length) noexcept {
  if (length <= 8) return detail::short_tags.find(detail::load_word(name, length));
  if (length > max_name_bytes) return tag::unknown;
  return detail::find_long_tag({detail::lower_16(name).data(), length});
}

/// Preconditions: as find_tag.
inline attr find_attr(const char* name, std::size_t length) noexcept {
  if (length <= 8) return detail::short_attrs.find(detail::load_word(name, length));
  if (length < 10 || length > 11) return attr::none;
  return detail::find_long_attr({detail::lower_16(name).data(), length});
}

}  // namespace bight::crawl::html
