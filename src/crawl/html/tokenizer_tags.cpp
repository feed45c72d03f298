// The states of tags and attributes: 13.2.5.6 to .8 and .32 to .40.
#include "crawl/html/tokenizer.hpp"

namespace bight::crawl::html {

const char* tokenizer::step_tag(const char* p) {
  switch (state_) {
    case state::tag_open:
      return tag_open(p);
    case state::end_tag_open:
      return end_tag_open(p);
    case state::tag_name:
      return tag_name(p);
    case state::self_closing:
      return self_closing(p);
    case state::before_attr_name:
      return before_attr_name(p);
    case state::attr_name:
      return attr_name(p);
    case state::after_attr_name:
      return after_attr_name(p);
    case state::before_value:
      return before_value(p);
    case state::value_double:
    case state::value_single:
    case state::value_unquoted:
      return value(p);
    default:
      break;
  }
  // after_value
  if (is_space(*p)) return go(state::before_attr_name, p + 1);
  if (*p == '/') return go(state::self_closing, p + 1);
  if (*p != '>') return go(state::before_attr_name, p);
  emit_tag();
  return p + 1;
}

const char* tokenizer::tag_open(const char* p) {
  if (*p == '!') {
    name_size_ = 0;
    return go(state::markup_declaration, p + 1);
  }
  if (*p == '/') return go(state::end_tag_open, p + 1);
  if (*p == '?') return go(state::bogus_comment, p);
  if (!is_alpha(*p)) return go(state::data, p);
  begin_tag(tag::unknown, false);
  name_size_ = 0;
  return go(state::tag_name, p);
}

const char* tokenizer::end_tag_open(const char* p) {
  if (*p == '>') return go(state::data, p + 1);
  if (!is_alpha(*p)) return go(state::bogus_comment, p);
  begin_tag(tag::unknown, true);
  name_size_ = 0;
  return go(state::tag_name, p);
}

const char* tokenizer::tag_name(const char* p) {
  while (p != end_ && !is_space(*p) && *p != '/' && *p != '>') add_name_byte(*p++);
  if (p == end_) return p;
  begin_tag(read_tag_name(), end_tag_);
  return go(state::after_value, p);  // which treats these three bytes alike
}

const char* tokenizer::self_closing(const char* p) {
  if (*p != '>') return go(state::before_attr_name, p);
  self_closing_ = true;
  emit_tag();
  return p + 1;
}

const char* tokenizer::before_attr_name(const char* p) {
  if (is_space(*p)) return p + 1;
  if (*p == '/' || *p == '>') return go(state::after_attr_name, p);
  if (end_ - p >= 2 * scan_window && *p != '=') {
    const auto length = attr_name_length(p);
    const char* const next = length == 0 ? p : fast_attribute(p, length);
    if (next != p) return fast_attributes(next);
  }
  name_size_ = 0;
  state_ = state::attr_name;
  if (*p != '=') return p;
  add_name_byte('=');  // unexpected-equals-sign-before-attribute-name: it starts the name
  return p + 1;
}

const char* tokenizer::attr_name(const char* p) {
  while (p != end_ && !is_space(*p) && *p != '/' && *p != '>' && *p != '=') add_name_byte(*p++);
  if (p == end_) return p;
  end_attr_name();
  return *p == '=' ? go(state::before_value, p + 1) : go(state::after_attr_name, p);
}

const char* tokenizer::after_attr_name(const char* p) {
  switch (*p) {
    case ' ':
    case '\t':
    case '\n':
    case '\f':
    case '\r':
      return p + 1;
    case '/':
      return go(state::self_closing, p + 1);
    case '=':
      return go(state::before_value, p + 1);
    case '>':
      emit_tag();
      return p + 1;
    default:
      name_size_ = 0;
      return go(state::attr_name, p);
  }
}

const char* tokenizer::before_value(const char* p) {
  if (is_space(*p)) return p + 1;
  if (*p == '>') {
    emit_tag();
    return p + 1;
  }
  const bool quoted = *p == '"' || *p == '\'';
  state_ = *p == '"' ? state::value_double : quoted ? state::value_single : state::value_unquoted;
  if (quoted) ++p;
  value_ = p;
  value_spilled_ = 0;
  return p;
}

const char* tokenizer::value(const char* p) {
  if (state_ != state::value_unquoted) {
    p = find_byte(p, end_, state_ == state::value_double ? '"' : '\'');
    if (p == end_) return p;
    end_value(p);
    return go(state::after_value, p + 1);
  }
  while (p != end_ && !is_space(*p) && *p != '>') ++p;
  if (p == end_) return p;
  end_value(p);
  return go(state::after_value, p);  // which treats a space and '>' alike
}

void tokenizer::add_name_byte(char c) noexcept {
  // No known name holds a control character: such a name counts as too long.
  if (static_cast<unsigned char>(c) < 0x20) name_size_ = name_.size();
  if (name_size_ < name_.size()) name_[name_size_++] = c;
}

tag tokenizer::read_tag_name() noexcept {
  return name_size_ <= max_name_bytes ? find_tag(name_.data(), name_size_) : tag::unknown;
}

void tokenizer::end_attr_name() noexcept {
  attr_ = name_size_ <= max_name_bytes ? find_attr(name_.data(), name_size_) : attr::none;
  if ((bit(attr_) & wanted_ & ~present_) == 0) attr_ = attr::none;
  if (attr_ != attr::none) keep(attr_, {begin_, 0, 0});  // empty unless a value follows
}

void tokenizer::end_value(const char* end) {
  if (attr_ == attr::none) return;
  if (value_spilled_ == 0) return keep(attr_, {value_, 0, static_cast<std::size_t>(end - value_)});
  if (spill_value(end)) keep(attr_, {nullptr, value_offset_, value_spilled_});
}

/// Copies the value so far, up to `end`. Returns false if it got too long and was dropped.
bool tokenizer::spill_value(const char* end) {
  const auto size = static_cast<std::size_t>(end - value_);
  const auto total = value_spilled_ + size;
  if (value_spilled_ == 0) value_offset_ = scratch_.size();
  if (total > filter_.max_attribute_bytes || kept_ + total > filter_.max_tag_bytes) {
    drop(attr_);
    attr_ = attr::none;
    scratch_.resize(value_offset_);
    return false;
  }
  scratch_.append(value_, size);
  value_spilled_ = total;
  return true;
}

/// Makes what refers to the current input outlive it.
void tokenizer::spill() {
  for (std::size_t i = 0; present_ >> i != 0; ++i) {
    auto& where = slots_[i];
    if ((present_ >> i & 1u) == 0 || where.data == nullptr) continue;
    where.offset = scratch_.size();
    scratch_.append(where.data, where.size);
    where.data = nullptr;
  }
  if (in_value() && attr_ != attr::none) spill_value(end_);
}

}  // namespace bight::crawl::html
