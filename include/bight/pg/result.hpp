// result: the rows that a query returned.
#pragma once
#include <bight/pg/detail/result_data.hpp>
#include <bight/pg/row.hpp>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bight::pg {

/// The rows of a query, in memory. Copies share them; a `row` keeps them alive.
///
///     auto users = co_await db.fetch("select id, name from users");
///     for (const auto& user : users) print(user.get<int>("id"), user.get<std::string_view>("name"));
class result {
 public:
  class iterator {
   public:
    using value_type = row;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using reference = const row&;

    iterator() = default;
    const row& operator*() const noexcept { return row_; }
    const row* operator->() const noexcept { return &row_; }
    iterator& operator++() noexcept {
      ++at_;
      show();
      return *this;
    }
    iterator operator++(int) {
      auto old = *this;
      ++*this;
      return old;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.at_ == b.at_; }

   private:
    friend class result;
    iterator(const std::shared_ptr<const detail::result_data>& data, std::size_t at) noexcept
        : data_(data.get()), at_(at) {
      if (!data_ || at_ == data_->rows.size()) return;
      row_ = row{data, *data_->layout, nullptr};
      show();
    }
    void show() noexcept {
      if (at_ != data_->rows.size()) row_.body_ = data_->rows[at_];
    }

    const detail::result_data* data_ = nullptr;
    std::size_t at_ = 0;
    row row_;
  };

  result() = default;
  explicit result(std::shared_ptr<const detail::result_data> data) noexcept : data_(std::move(data)) {}

  std::size_t size() const noexcept { return data_ ? data_->rows.size() : 0; }
  bool empty() const noexcept { return size() == 0; }
  /// Precondition: i < size().
  row operator[](std::size_t i) const noexcept { return {data_, *data_->layout, data_->rows[i]}; }
  row front() const noexcept { return (*this)[0]; }
  row back() const noexcept { return (*this)[size() - 1]; }
  iterator begin() const noexcept { return {data_, 0}; }
  iterator end() const noexcept { return {data_, size()}; }

  /// None if the statement returns no rows.
  const std::vector<column>& columns() const noexcept;
  /// What the server calls the end of the statement, such as "SELECT 5".
  const std::string& tag() const noexcept;
  /// The rows that were inserted, updated, deleted or selected.
  std::uint64_t affected_rows() const noexcept { return data_ ? data_->done.rows : 0; }
  /// All rows as Ts: see row_view::as.
  template <class T>
  std::vector<T> as() const {
    std::vector<T> all;
    if (empty()) return all;
    const detail::row_plan<T> plan{*data_->layout};
    all.reserve(size());
    for (const auto* const body : data_->rows) all.push_back(plan.read(*data_->layout, body));
    return all;
  }

 private:
  std::shared_ptr<const detail::result_data> data_;
};

}  // namespace bight::pg
