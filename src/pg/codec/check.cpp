// What a type cannot be read into or written from.
#include <array>
#include <bight/pg/value_codec.hpp>
#include <boost/core/demangle.hpp>

namespace bight::pg::detail {
namespace {

// As it would be written in a program.
std::string readable_name(const std::type_info& type) {
  auto name = boost::core::demangle(type.name());
  const auto replace = [&name](std::string_view from, std::string_view to) {
    for (auto at = name.find(from); at != std::string::npos; at = name.find(from, at + to.size()))
      name.replace(at, from.size(), to);
  };
  replace("std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >", "std::string");
  replace("std::basic_string_view<char, std::char_traits<char> >", "std::string_view");
  // ", std::allocator<T >" in containers, whose T may have brackets of its own
  constexpr std::string_view allocator = ", std::allocator<";
  for (auto at = name.find(allocator); at != std::string::npos; at = name.find(allocator, at)) {
    auto end = at + allocator.size();
    for (int depth = 1; depth != 0 && end != name.size(); ++end)
      depth += name[end] == '<' ? 1 : name[end] == '>' ? -1 : 0;
    name.erase(at, end - at);
  }
  replace(" >", ">");
  replace("bight::", "");
  return name;
}

}  // namespace

std::string cannot_read(const data_type& from, format f, const std::type_info& to) {
  const bool unknown_binary = f == format::binary && from.base().format() == format::text;
  std::string text{from.name()};
  if (f == format::text) text += ", which is transferred as text,";
  text += " cannot be read as " + readable_name(to);
  return unknown_binary ? text + " in its binary format; cast it to text in the statement" : text;
}

std::string cannot_write(const std::type_info& from, const data_type& to) {
  return readable_name(from) + " cannot be written as " + std::string{to.name()};
}

void fail_null(codec_error& error) { error.fail("NULL, which only a std::optional holds"); }

void fail_text(const data_type& type, codec_error& error) {
  error.fail(std::string{type.name()} + " is transferred as text here; read it as std::string");
}

}  // namespace bight::pg::detail
