// row_view, row, field: a row of a result.
#pragma once
#include <bight/pg/detail/row_layout.hpp>
#include <bight/pg/detail/row_reading.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace bight::pg {

/// A value of a row. Valid as long as its row.
class field_view {
 public:
  field_view(const pg::column& c, std::optional<std::string_view> bytes) noexcept
      : column_(&c), bytes_(bytes) {}

  bool is_null() const noexcept { return !bytes_; }
  const pg::column& column() const noexcept { return *column_; }
  /// As it was transferred, in the format of the column; nullopt for NULL.
  std::optional<std::string_view> bytes() const noexcept { return bytes_; }
  /// The value as a T: any type with a `codec`, or an optional of one, which may be NULL. Errors:
  /// errc::wrong_column if the column has another type or the value does not fit, errc::unexpected_null; both
  /// name the column.
  template <class T>
  T as() const {
    return detail::read_field<T>(*column_, bytes_);
  }

 private:
  const pg::column* column_;
  std::optional<std::string_view> bytes_;
};

/// A row in memory that belongs to something else: a result, or a stream until its next row. Does not
/// allocate.
///
///     auto name = row.get<std::string_view>("name");
///     auto id = row[0].as<int>();
///     auto [a, b] = row.as<std::tuple<int, std::string>>();
class row_view {
 public:
  row_view() = default;
  row_view(const detail::row_layout& layout, const char* body) noexcept : layout_(&layout), body_(body) {}

  /// The number of columns.
  std::size_t size() const noexcept { return layout_->columns.size(); }
  const std::vector<column>& columns() const noexcept { return layout_->columns; }
  /// Complexity: linear in `i`. Errors: errc::wrong_column if there is no such column.
  field_view operator[](std::size_t i) const {
    detail::require_column(*layout_, i);
    detail::field_cursor fields{body_};
    for (; i != 0; --i) fields.next();
    return {layout_->columns[fields.index()], fields.next()};
  }
  /// The first column of that name. Errors: errc::wrong_column, with the names that there are.
  field_view operator[](std::string_view name) const {
    return (*this)[detail::require_column(*layout_, name)];
  }

  template <class T>
  T get(std::size_t i) const {
    return (*this)[i].template as<T>();
  }
  template <class T>
  T get(std::string_view name) const {
    return (*this)[name].template as<T>();
  }
  /// The whole row as a std::tuple or std::pair of its columns, a described struct by the names of its
  /// members
  /// (<bight/pg/described.hpp>), or, if there is one column, any type with a `codec`. Errors:
  /// errc::wrong_column, naming column, type and member; errc::unexpected_null.
  template <class T>
  T as() const {
    const detail::row_plan<T> plan{*layout_};
    return plan.read(*layout_, body_);
  }

 protected:
  const detail::row_layout* layout_ = nullptr;
  const char* body_ = nullptr;
};

/// A row that keeps the memory it is in.
class row final : public row_view {
 public:
  row() = default;
  row(std::shared_ptr<const void> owner, const detail::row_layout& layout, const char* body) noexcept
      : row_view(layout, body), owner_(std::move(owner)) {}

 private:
  friend class result;
  std::shared_ptr<const void> owner_;
};

}  // namespace bight::pg
