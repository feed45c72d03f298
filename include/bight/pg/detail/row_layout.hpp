// The columns of a result, shared by its rows.
#pragma once
#include <bight/pg/data_type.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bight::pg {

/// A column of a result.
class column {
 public:
  column() {}

  std::string name;
  const data_type* type = nullptr;
  pg::format format = pg::format::binary;  ///< How its values are transferred.
  oid table = 0;                           ///< The table that it comes from; 0: none.
  int number = 0;                          ///< In that table, from 1; 0: none.
};

namespace detail {

struct row_layout {
  std::vector<column> columns;
  std::shared_ptr<const void> keeps;  ///< What the types belong to.

  /// The first column of that name; `columns.size()` if there is none.
  std::size_t find(std::string_view name) const noexcept {
    std::size_t i = 0;
    while (i != columns.size() && columns[i].name != name) ++i;
    return i;
  }
};

}  // namespace detail
}  // namespace bight::pg
