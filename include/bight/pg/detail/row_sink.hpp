// row_sink: takes the rows of one statement as they arrive.
#pragma once
#include <bight/pg/detail/row_layout.hpp>
#include <memory>
#include <string_view>

namespace bight::pg::detail {

/// What it throws fails the call, after the rest of the answer has been read.
class row_sink {
 public:
  /// Before the first row, also if there is none.
  virtual void begin(const std::shared_ptr<const row_layout>& layout) = 0;
  /// The body of a DataRow, which is well-formed and valid during the call.
  virtual void row(std::string_view body) = 0;

 protected:
  row_sink() = default;
  ~row_sink() = default;
};

}  // namespace bight::pg::detail
