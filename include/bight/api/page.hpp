// page: a part of a long list.
#pragma once
#include <bight/api/parameter.hpp>
#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bight::api {

/// A part of a list, and where the next part begins. The operation takes that as its last parameter, and
/// client::all asks for one page after the other.
///
///     inline constexpr auto list_notes = api::get<api::page<note, int>>(
///         "/notes", api::page_size(50, 100), api::query<std::optional<int>>("after"));
///
///     routes.add(list_notes, [&](int size, std::optional<int> after) {
///       api::page<note, int> part;
///       part.items = store.list(after.value_or(0), size);
///       if (part.items.size() == size) part.next = part.items.back().id;
///       return part;
///     });
///
/// A cursor names a place in the list, such as the last id: lists change while they are read, and the number
/// of items to skip would then skip or repeat some.
template <class T, class Cursor = std::string>
struct page {
  using item_type = T;
  using cursor_type = Cursor;

  std::vector<T> items;
  std::optional<Cursor> next;  ///< nullopt: this is the last page.

  BOOST_DESCRIBE_CLASS(page, (), (items, next), (), ())
};

/// The parameter "limit" of the query: how many items a page has, from 1 to `most`.
constexpr auto page_size(int normal, int most) {
  return query<int>("limit", normal).min(1).max(most).description("items of a page");
}

}  // namespace bight::api
