// The tokenizer of the WHATWG HTML standard (13.2.5), for one who wants a few attributes of a few tags.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include "crawl/html/foreign.hpp"
#include "crawl/html/names.hpp"
#include "crawl/html/scan.hpp"

namespace bight::crawl::html {

class tokenizer;

/// A start tag and those of its attributes that were asked for.
/// Lifetime: the call that passes it.
class start_tag {
 public:
  tag name() const noexcept;
  /// Is it an element of SVG or MathML?
  bool foreign() const noexcept { return foreign_; }
  /// Byte offset of its '<' in the input.
  std::uint64_t offset() const noexcept;
  bool has(attr name) const noexcept;
  /// Returns the value as written, character references and all; empty if the attribute is absent.
  std::string_view raw(attr name) const noexcept;

 private:
  friend class tokenizer;
  start_tag(const tokenizer& source, bool foreign) noexcept : source_(&source), foreign_(foreign) {}
  const tokenizer* source_;
  bool foreign_;
};

/// Who is told. The text is that of the title or style element whose start tag came last, as written, in
/// pieces.
class token_handler {
 public:
  virtual void on_start_tag(const start_tag& token) = 0;
  virtual void on_text(std::string_view piece) = 0;
  virtual void on_text_end() = 0;

 protected:
  ~token_handler() = default;
};

/// Which tokens a tokenizer passes on: start tags with a wanted attribute, and title and style if wanted.
struct token_filter {
  std::array<attr_set, tag_count> attributes{};
  bool title = false;
  bool style = false;
  bool xml = false;  ///< A tag that ends with "/>" has no text after it.
  std::size_t max_attribute_bytes =
      64 * 1024;                           ///< A longer value is dropped: as if the attribute were absent.
  std::size_t max_tag_bytes = 256 * 1024;  ///< Attributes that make a tag's values exceed this together, too.
};

/// A state machine over bytes. Its states are the standard's, without those that differ only in parse errors
/// or in text that nobody asked for. Beside them there is a fast path for tags that lie whole in one piece of
/// input.
class tokenizer {
 public:
  tokenizer(token_handler& handler, const token_filter& filter);
  void feed(std::string_view bytes);
  void finish();
  void reset();
  std::uint64_t dropped_attributes() const noexcept { return dropped_; }

 private:
  friend class start_tag;

  enum class state : std::uint8_t {
    data,
    plaintext,
    tag_open,
    end_tag_open,
    tag_name,
    self_closing,
    before_attr_name,
    attr_name,
    after_attr_name,
    before_value,
    value_double,
    value_single,
    value_unquoted,
    after_value,
    markup_declaration,
    markup_dash,
    bogus_comment,
    comment_start,
    comment_start_dash,
    comment,
    comment_dash,
    comment_end,
    comment_bang,
    cdata_open,
    cdata,
    cdata_bracket,
    cdata_end,
    raw_text,
    raw_less,
    raw_end_open,
    raw_end_name,
    script,
    script_less,
    escape_start,
    escape_start_dash,
    escaped,
    escaped_dash,
    escaped_dash_dash,
    escaped_less,
    double_escape_start,
    double_escaped,
    double_dash,
    double_dash_dash,
    double_less,
    double_escape_end,
  };
  /// A kept attribute value: in the current input, or copied to scratch_ (then data is null).
  struct slot {
    const char* data = nullptr;
    std::size_t offset = 0;
    std::size_t size = 0;
  };

  // Each takes the next unread byte's place, which is not the end, and returns the next one; it either
  // advances or changes the state.
  const char* step(const char* p);
  const char* step_tag(const char* p);
  const char* step_markup(const char* p);
  const char* step_comment(const char* p);
  const char* step_raw(const char* p);
  const char* step_script(const char* p);
  const char* step_double_escaped(const char* p);

  const char* data(const char* p);
  const char* data_tail(const char* p);
  void index(const char* p) noexcept;
  const char* fast_start_tag(const char* p);
  const char* fast_attributes(const char* p);
  const char* fast_attribute(const char* p, std::size_t name_length);
  const char* tag_open(const char* p);
  const char* end_tag_open(const char* p);
  const char* tag_name(const char* p);
  const char* attr_name(const char* p);
  const char* after_attr_name(const char* p);
  const char* before_value(const char* p);
  const char* value(const char* p);
  const char* self_closing(const char* p);
  const char* before_attr_name(const char* p);
  const char* markup_declaration(const char* p);
  const char* raw_end_open(const char* p);
  const char* raw_end_name(const char* p);
  const char* escape_name(const char* p, state if_script, state otherwise, state back);
  const char* go(state next, const char* p) noexcept {
    state_ = next;
    return p;
  }

  void begin_tag(tag name, bool end_tag) noexcept;
  void add_name_byte(char c) noexcept;
  tag read_tag_name() noexcept;
  void end_attr_name() noexcept;
  void end_value(const char* end);
  void keep(attr name, slot where) noexcept;
  void drop(attr name) noexcept;
  void spill();
  bool spill_value(const char* end);
  bool in_value() const noexcept {
    return state_ == state::value_double || state_ == state::value_single || state_ == state::value_unquoted;
  }
  void emit_tag();
  void emit_start_tag();
  void emit_end_tag();
  void begin_raw(std::string_view name, state text, bool wanted) noexcept;
  void text(std::string_view piece);
  void text(const char* from, const char* to) { text({from, static_cast<std::size_t>(to - from)}); }

  token_handler& handler_;
  token_filter filter_;
  foreign_content foreign_;

  // The input at hand.
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  std::uint64_t consumed_ = 0;  // before begin_
  state state_ = state::data;

  // Where the next '<' are: those of [indexed_, indexed_end_), as offsets from indexed_. To know them
  // beforehand lets the processor start on a tag while it still works on the one before.
  static constexpr std::ptrdiff_t index_block_bytes = 64;
  static constexpr std::ptrdiff_t index_bytes = 32 * index_block_bytes;
  const char* indexed_ = nullptr;
  const char* indexed_end_ = nullptr;
  std::size_t mark_ = 0;  // the next one
  std::size_t mark_count_ = 0;
  std::array<std::uint16_t, index_bytes + index_block_bytes> marks_;

  // The tag at hand.
  tag tag_ = tag::unknown;
  bool end_tag_ = false;
  bool self_closing_ = false;
  attr_set wanted_ = 0;
  attr_set present_ = 0;
  std::size_t kept_ = 0;
  std::uint64_t tag_offset_ = 0;
  std::array<slot, attr_count> slots_{};
  std::string scratch_;

  // The name, attribute value or lookahead at hand.
  std::array<char, 16> name_{};
  std::size_t name_size_ = 0;  // may be one past what name_ can hold: too long
  attr attr_ = attr::none;
  const char* value_ = nullptr;
  std::size_t value_offset_ = 0;
  std::size_t value_spilled_ = 0;

  // The text element at hand.
  std::string_view raw_name_;
  state raw_state_ = state::raw_text;
  bool text_wanted_ = false;
  bool in_text_ = false;

  std::uint64_t dropped_ = 0;
};

inline tag start_tag::name() const noexcept { return source_->tag_; }
inline std::uint64_t start_tag::offset() const noexcept { return source_->tag_offset_; }
inline bool start_tag::has(attr name) const noexcept { return (source_->present_ & bit(name)) != 0; }
inline std::string_view start_tag::raw(attr name) const noexcept {
  if (!has(name)) return {};
  const auto& where = source_->slots_[static_cast<std::size_t>(name)];
  return {where.data != nullptr ? where.data : source_->scratch_.data() + where.offset, where.size};
}

}  // namespace bight::crawl::html
