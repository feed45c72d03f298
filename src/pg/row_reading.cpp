#include <bight/pg/detail/row_reading.hpp>

#include <bight/pg/detail/row_layout.hpp>
#include <string>

#include "pg/fail.hpp"

namespace bight::pg::detail {

// For described_rows.hpp, which needs Boost.Describe.
[[noreturn]] void throw_no_column(const row_layout& layout, std::string_view member);

namespace {

std::string in_quotes(std::string_view name) { return '"' + std::string{name} + '"'; }

std::string names_of(const row_layout& layout) {
  constexpr std::size_t most = 20;
  std::string text;
  for (std::size_t i = 0; i != layout.columns.size() && i != most; ++i)
    text += (i == 0 ? "" : ", ") + layout.columns[i].name;
  if (layout.columns.size() > most) text += ", ...";
  return text;
}

}  // namespace

void throw_unexpected_null(const column& c) {
  fail(errc::unexpected_null, "column " + in_quotes(c.name) + " is NULL; read it into a std::optional");
}

void throw_wrong_value(const column& c, const codec_error& why) {
  fail(errc::wrong_column,
       "column " + in_quotes(c.name) + " (" + std::string{c.type->name()} + "): " + why.to_string());
}

void throw_wrong_type(const column& c, const std::string& why, std::string_view wanted) {
  auto text = "column " + in_quotes(c.name);
  if (!wanted.empty()) text.append(", ").append(wanted);
  fail(errc::wrong_column, text + ": " + why);
}

void throw_wrong_count(const row_layout& layout, std::size_t wanted) {
  fail(errc::wrong_column, "the result has " + std::to_string(layout.columns.size()) + " columns (" +
                               names_of(layout) + "), not " + std::to_string(wanted));
}

void require_column(const row_layout& layout, std::size_t i) {
  if (i >= layout.columns.size())
    fail(errc::wrong_column, "there is no column " + std::to_string(i) + ", the result has " +
                                 std::to_string(layout.columns.size()) + " (from 0)");
}

std::size_t require_column(const row_layout& layout, std::string_view name) {
  const auto i = layout.find(name);
  if (i == layout.columns.size())
    fail(errc::wrong_column, "there is no column " + in_quotes(name) + ", only " + names_of(layout));
  return i;
}

void throw_no_column(const row_layout& layout, std::string_view member) {
  fail(errc::wrong_column,
       "there is no column for the member " + std::string{member} + ", only " + names_of(layout));
}

}  // namespace bight::pg::detail
