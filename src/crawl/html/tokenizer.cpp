#include "crawl/html/tokenizer.hpp"

namespace bight::crawl::html {
namespace {

/// Room that the fast path wants before it looks at a tag or attribute, so that it can look at 16 bytes of a
/// name and at what follows it.
constexpr std::ptrdiff_t fast_window = 2 * scan_window;

/// Tags after which more happens than returning to the data state.
constexpr auto special_tags = [] {
  std::array<bool, tag_count> special{};
  for (const tag name : {tag::iframe, tag::noembed, tag::noframes, tag::plaintext, tag::script, tag::style,
                         tag::textarea, tag::title, tag::xmp, tag::svg, tag::math}) {
    special[static_cast<std::size_t>(name)] = true;
  }
  return special;
}();

}  // namespace

tokenizer::tokenizer(token_handler& handler, const token_filter& filter)
    : handler_(handler), filter_(filter) {}

void tokenizer::reset() {
  foreign_.reset();
  consumed_ = 0;
  state_ = state::data;
  present_ = 0;
  scratch_.clear();
  in_text_ = false;
  dropped_ = 0;
}

void tokenizer::feed(std::string_view bytes) {
  begin_ = bytes.data();
  end_ = begin_ + bytes.size();
  indexed_end_ = begin_;
  mark_count_ = mark_ = 0;
  if (in_value()) value_ = begin_;
  for (const char* p = begin_; p != end_;) p = step(p);
  spill();
  consumed_ += bytes.size();
}

void tokenizer::finish() {
  // A tag or comment that the end of the page cuts off is not a token (eof-in-tag, eof-in-comment).
  if (in_text_ && text_wanted_) {
    if (state_ == state::raw_less) text("<");
    if (state_ == state::raw_end_open || state_ == state::raw_end_name) text("</");
    if (state_ == state::raw_end_name) text({name_.data(), name_size_});
    handler_.on_text_end();
  }
  in_text_ = false;
  present_ = 0;
  state_ = state::data;
}

const char* tokenizer::step(const char* p) {
  if (state_ == state::data) return data(p);
  if (state_ == state::plaintext) return end_;
  if (state_ <= state::after_value) return step_tag(p);
  if (state_ <= state::cdata_end) return step_markup(p);
  if (state_ <= state::raw_end_name) return step_raw(p);
  if (state_ <= state::double_escape_start) return step_script(p);
  return step_double_escaped(p);
}

const char* tokenizer::data(const char* p) {
  while (end_ - p >= index_block_bytes) {
    if (p >= indexed_end_) index(p);
    while (mark_ != mark_count_) {
      const char* const less = indexed_ + marks_[mark_];
      if (less < p) {  // inside a tag or text that is done with
        ++mark_;
        continue;
      }
      if (end_ - less < fast_window) return data_tail(less);
      ++mark_;
      if (is_alpha(less[1])) {
        p = fast_start_tag(less);
        if (state_ != state::data) return p;
        continue;
      }
      const auto length = tag_name_length(less + 2);
      const bool end_tag = less[1] == '/' && is_alpha(less[2]) && length != 16 && less[2 + length] == '>';
      if (!end_tag || foreign_.active()) return data_tail(less);
      p = less + length + 3;
    }
    if (p < indexed_end_) p = indexed_end_;
  }
  return data_tail(p);
}

/// Goes on by the states.
const char* tokenizer::data_tail(const char* p) {
  p = find_byte(p, end_, '<');
  if (p == end_) return p;
  tag_offset_ = consumed_ + static_cast<std::uint64_t>(p - begin_);
  return go(state::tag_open, p + 1);
}

void tokenizer::index(const char* p) noexcept {
  indexed_ = p;
  mark_ = mark_count_ = 0;
  const char* const end = end_ - p > index_bytes ? p + index_bytes : end_;
  for (; end - p >= index_block_bytes; p += index_block_bytes) {
    mark_count_ += index_block(p, '<', static_cast<std::uint16_t>(p - indexed_), marks_.data() + mark_count_);
  }
  indexed_end_ = p;
}

const char* tokenizer::fast_start_tag(const char* p) {
  tag_offset_ = consumed_ + static_cast<std::uint64_t>(p - begin_);
  const char* const name = p + 1;
  const auto length = tag_name_length(name);
  if (length == 16 || (name[length] != '>' && name[length] != '/' && !is_space(name[length]))) {
    return go(state::tag_open, name);
  }
  begin_tag(find_tag(name, length), false);
  return fast_attributes(name + length);
}

/// Goes on from the byte after a tag name or attribute as long as attributes have their usual form; leaves
/// anything else to the states, at a byte that the state it sets may see.
const char* tokenizer::fast_attributes(const char* p) {
  while (end_ - p >= fast_window) {
    if (is_space(*p)) {
      do ++p;
      while (p != end_ && is_space(*p));
      state_ = state::before_attr_name;
      if (end_ - p < fast_window) return p;
      if (const auto length = attr_name_length(p); length != 0) {
        const char* const next = fast_attribute(p, length);
        if (next == p) return p;
        p = next;
        continue;
      }
    }
    const bool slash = p[0] == '/' && p[1] == '>';
    if (*p != '>' && !slash) break;
    self_closing_ = slash;
    emit_tag();
    return p + (slash ? 2 : 1);
  }
  return go(state::after_value, p);
}

/// Reads `name=value`; returns the byte after it, or `p` if the attribute looks otherwise or goes on in the
/// next piece.
const char* tokenizer::fast_attribute(const char* p, std::size_t name_length) {
  if (name_length == 16 || p[name_length] != '=') return p;
  const char* begin = p + name_length + 1;
  const char quote = *begin;
  const char* end;
  const char* next;
  if (quote == '"' || quote == '\'') {
    end = find_byte(++begin, end_, quote);
    next = end + 1;
  } else {
    if (is_space(quote) || quote == '>') return p;
    for (end = begin; end != end_ && !is_space(*end) && *end != '>';) ++end;
    next = end;
  }
  if (end == end_) return p;
  if (wanted_ != 0) {
    const attr name = find_attr(p, name_length);
    if ((bit(name) & wanted_ & ~present_) != 0) keep(name, {begin, 0, static_cast<std::size_t>(end - begin)});
  }
  return next;
}

void tokenizer::begin_tag(tag name, bool end_tag) noexcept {
  tag_ = name;
  end_tag_ = end_tag;
  self_closing_ = false;
  wanted_ = end_tag ? 0 : filter_.attributes[static_cast<std::size_t>(name)];
  present_ = 0;
  kept_ = 0;
  scratch_.clear();
}

void tokenizer::keep(attr name, slot where) noexcept {
  if (where.size > filter_.max_attribute_bytes || kept_ + where.size > filter_.max_tag_bytes)
    return drop(name);
  slots_[static_cast<std::size_t>(name)] = where;
  present_ |= bit(name);
  kept_ += where.size;
}

void tokenizer::drop(attr name) noexcept {
  present_ &= ~bit(name);
  ++dropped_;
}

void tokenizer::emit_tag() {
  state_ = state::data;
  if (end_tag_) return emit_end_tag();
  if (present_ == 0 && !special_tags[static_cast<std::size_t>(tag_)] && !foreign_.active()) return;
  emit_start_tag();
  present_ = 0;
}

void tokenizer::emit_start_tag() {
  const bool root = tag_ == tag::svg || tag_ == tag::math;
  const bool foreign = (root || foreign_.active()) && foreign_.start(tag_, self_closing_);
  const bool empty = foreign || (self_closing_ && filter_.xml);
  const bool text =
      !empty && ((tag_ == tag::title && filter_.title) || (tag_ == tag::style && filter_.style));
  if (present_ != 0 || text) handler_.on_start_tag({*this, foreign});
  if (empty) return;
  switch (tag_) {
    case tag::title:
      return begin_raw("title", state::raw_text, text);
    case tag::style:
      return begin_raw("style", state::raw_text, text);
    case tag::textarea:
      return begin_raw("textarea", state::raw_text, false);
    case tag::iframe:
      return begin_raw("iframe", state::raw_text, false);
    case tag::noembed:
      return begin_raw("noembed", state::raw_text, false);
    case tag::noframes:
      return begin_raw("noframes", state::raw_text, false);
    case tag::xmp:
      return begin_raw("xmp", state::raw_text, false);
    case tag::script:
      return begin_raw("script", state::script, false);
    case tag::plaintext:
      state_ = state::plaintext;
      return;
    default:
      return;
  }
}

void tokenizer::emit_end_tag() {
  if (in_text_ && text_wanted_) handler_.on_text_end();
  in_text_ = false;
  if (foreign_.active()) foreign_.end(tag_);
}

void tokenizer::begin_raw(std::string_view name, state text, bool wanted) noexcept {
  raw_name_ = name;
  raw_state_ = text;
  text_wanted_ = wanted;
  in_text_ = true;
  state_ = text;
}

}  // namespace bight::crawl::html
