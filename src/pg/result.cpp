#include <bight/pg/result.hpp>

#include <algorithm>
#include <bight/pg/error.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>

namespace bight::pg {

const std::vector<column>& result::columns() const noexcept {
  static const std::vector<column> none;
  return data_ ? data_->layout->columns : none;
}

const std::string& result::tag() const noexcept {
  static const std::string none;
  return data_ ? data_->done.tag : none;
}

}  // namespace bight::pg

namespace bight::pg::detail {

void result_collector::begin(const std::shared_ptr<const row_layout>& layout) { data_->layout = layout; }

void result_collector::row(std::string_view body) {
  if (body.size() > left_) new_block(body.size());
  std::memcpy(free_, body.data(), body.size());
  data_->rows.push_back(free_);
  free_ += body.size();
  left_ -= body.size();
}

// The first block is small, since most results are; the limit is checked for whole blocks, and counts
// pointers.
void result_collector::new_block(std::size_t least) {
  constexpr std::size_t first = 512;
  constexpr std::size_t largest = 256U * 1024;
  auto& blocks = data_->blocks;
  const auto size = std::max(least, std::min(largest, first << std::min<std::size_t>(2 * blocks.size(), 20)));
  bytes_ += size;
  if (bytes_ - size + least + data_->rows.size() * sizeof(char*) > max_)
    throw boost::system::system_error(make_error_code(errc::result_too_large),
                                      "pg: max_result_bytes is " + std::to_string(max_));
  blocks.push_back(std::make_unique_for_overwrite<char[]>(size));
  free_ = blocks.back().get();
  left_ = size;
}

}  // namespace bight::pg::detail
