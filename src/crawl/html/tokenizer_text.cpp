// The states of comments, declarations, CDATA sections, raw text and scripts: 13.2.5.9 to .31 and .41 to .71.
#include "crawl/html/tokenizer.hpp"

namespace bight::crawl::html {
namespace {
constexpr std::string_view cdata_mark = "[CDATA[";
}

const char* tokenizer::step_markup(const char* p) {
  switch (state_) {
    case state::markup_declaration:
      return markup_declaration(p);
    case state::markup_dash:
      return *p == '-' ? go(state::comment_start, p + 1) : go(state::bogus_comment, p);
    case state::bogus_comment:
      p = find_byte(p, end_, '>');
      return p == end_ ? p : go(state::data, p + 1);
    case state::cdata_open:
      if (*p != cdata_mark[name_size_]) return go(state::bogus_comment, p);
      return go(++name_size_ == cdata_mark.size() ? state::cdata : state::cdata_open, p + 1);
    case state::cdata:
      p = find_byte(p, end_, ']');
      return p == end_ ? p : go(state::cdata_bracket, p + 1);
    case state::cdata_bracket:
      return *p == ']' ? go(state::cdata_end, p + 1) : go(state::cdata, p);
    case state::cdata_end:
      if (*p == ']') return p + 1;
      return *p == '>' ? go(state::data, p + 1) : go(state::cdata, p);
    default:
      return step_comment(p);
  }
}

/// A DOCTYPE ends at the first '>', in quotes too (abrupt-doctype-...-identifier), and so is no different
/// from a bogus comment for one who does not want its parts.
const char* tokenizer::markup_declaration(const char* p) {
  if (*p == '-') return go(state::markup_dash, p + 1);
  if (*p == '[' && foreign_.foreign()) {
    name_size_ = 0;
    return go(state::cdata_open, p);
  }
  return go(state::bogus_comment, p);
}

/// The standard's comment-less-than-sign states find nested comments, a mere parse error; the end of the
/// comment comes out the same without them.
const char* tokenizer::step_comment(const char* p) {
  switch (state_) {
    case state::comment_start:
      if (*p == '-') return go(state::comment_start_dash, p + 1);
      return *p == '>' ? go(state::data, p + 1) : go(state::comment, p);
    case state::comment_start_dash:
      if (*p == '-') return go(state::comment_end, p + 1);
      return *p == '>' ? go(state::data, p + 1) : go(state::comment, p);
    case state::comment:
      p = find_byte(p, end_, '-');
      return p == end_ ? p : go(state::comment_dash, p + 1);
    case state::comment_dash:
      return *p == '-' ? go(state::comment_end, p + 1) : go(state::comment, p);
    case state::comment_end:
      if (*p == '-') return p + 1;
      if (*p == '!') return go(state::comment_bang, p + 1);
      return *p == '>' ? go(state::data, p + 1) : go(state::comment, p);
    default:  // comment_bang
      if (*p == '-') return go(state::comment_dash, p + 1);
      return *p == '>' ? go(state::data, p + 1) : go(state::comment, p);
  }
}

/// RCDATA and RAWTEXT, and the end tags of script data: one set of states, for character references are left
/// to the reader.
const char* tokenizer::step_raw(const char* p) {
  switch (state_) {
    case state::raw_text: {
      const char* const less = find_byte(p, end_, '<');
      text(p, less);
      return less == end_ ? less : go(state::raw_less, less + 1);
    }
    case state::raw_less:
      if (*p == '/') return go(state::raw_end_open, p + 1);
      text("<");
      return go(state::raw_text, p);
    case state::raw_end_open:
      if (is_alpha(*p)) {
        name_size_ = 0;
        return go(state::raw_end_name, p);
      }
      text("</");
      return go(raw_state_, p);
    default:
      return raw_end_name(p);
  }
}

/// Only the name of the open element ends it ("appropriate end tag token").
const char* tokenizer::raw_end_name(const char* p) {
  if (name_size_ == raw_name_.size()) {
    if (is_space(*p) || *p == '/' || *p == '>') {
      begin_tag(tag::unknown, true);
      return go(state::after_value, p);  // which treats these three bytes alike
    }
  } else if (to_lower(*p) == raw_name_[name_size_]) {
    name_[name_size_++] = *p;
    return p + 1;
  }
  text("</");
  text({name_.data(), name_size_});
  return go(raw_state_, p);
}

const char* tokenizer::step_script(const char* p) {
  switch (state_) {
    case state::script:
      p = find_byte(p, end_, '<');
      raw_state_ = state::script;
      return p == end_ ? p : go(state::script_less, p + 1);
    case state::script_less:
      if (*p == '/') return go(state::raw_end_open, p + 1);
      return *p == '!' ? go(state::escape_start, p + 1) : go(state::script, p);
    case state::escape_start:
      return *p == '-' ? go(state::escape_start_dash, p + 1) : go(state::script, p);
    case state::escape_start_dash:
      return *p == '-' ? go(state::escaped_dash_dash, p + 1) : go(state::script, p);
    case state::escaped:
      p = find_either(p, end_, '-', '<');
      if (p == end_) return p;
      return go(*p == '-' ? state::escaped_dash : state::escaped_less, p + 1);
    case state::escaped_dash:
    case state::escaped_dash_dash:
      if (*p == '-') return go(state::escaped_dash_dash, p + 1);
      if (*p == '<') return go(state::escaped_less, p + 1);
      if (*p == '>' && state_ == state::escaped_dash_dash) return go(state::script, p + 1);
      return go(state::escaped, p + 1);
    case state::escaped_less:
      raw_state_ = state::escaped;
      name_size_ = 0;
      if (*p == '/') return go(state::raw_end_open, p + 1);
      return go(is_alpha(*p) ? state::double_escape_start : state::escaped, p);
    default:
      return escape_name(p, state::double_escaped, state::escaped, state::escaped);
  }
}

const char* tokenizer::step_double_escaped(const char* p) {
  switch (state_) {
    case state::double_escaped:
      p = find_either(p, end_, '-', '<');
      if (p == end_) return p;
      return go(*p == '-' ? state::double_dash : state::double_less, p + 1);
    case state::double_dash:
    case state::double_dash_dash:
      if (*p == '-') return go(state::double_dash_dash, p + 1);
      if (*p == '<') return go(state::double_less, p + 1);
      if (*p == '>' && state_ == state::double_dash_dash) return go(state::script, p + 1);
      return go(state::double_escaped, p + 1);
    case state::double_less:
      if (*p != '/') return go(state::double_escaped, p);
      name_size_ = 0;
      return go(state::double_escape_end, p + 1);
    default:
      return escape_name(p, state::escaped, state::double_escaped, state::double_escaped);
  }
}

/// Collects letters; at what ends a tag name, "script" leads to one state and any other name to another.
const char* tokenizer::escape_name(const char* p, state if_script, state otherwise, state back) {
  if (is_alpha(*p)) {
    add_name_byte(*p);
    return p + 1;
  }
  if (!is_space(*p) && *p != '/' && *p != '>') return go(back, p);
  const bool script = equals_lower({name_.data(), name_size_}, "script");
  return go(script ? if_script : otherwise, p + 1);
}

void tokenizer::text(std::string_view piece) {
  if (text_wanted_ && !piece.empty()) handler_.on_text(piece);
}

}  // namespace bight::crawl::html
