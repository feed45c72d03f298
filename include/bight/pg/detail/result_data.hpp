// Where the rows of a result are, and what collects them.
#pragma once
#include <bight/pg/detail/row_layout.hpp>
#include <bight/pg/detail/row_sink.hpp>
#include <bight/pg/query.hpp>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace bight::pg::detail {

struct result_data {
  std::shared_ptr<const row_layout> layout = std::make_shared<const row_layout>();
  std::vector<std::unique_ptr<char[]>> blocks;
  std::vector<const char*> rows;  ///< Bodies of DataRow messages, which are well-formed.
  completion done;
};

/// Copies rows into blocks.
class result_collector final : public row_sink {
 public:
  explicit result_collector(std::size_t max_bytes) noexcept : max_(max_bytes) {}
  void begin(const std::shared_ptr<const row_layout>& layout) override;
  void row(std::string_view body) override;
  std::shared_ptr<result_data> take() noexcept { return std::move(data_); }
  std::shared_ptr<result_data>& data() noexcept { return data_; }

 private:
  void new_block(std::size_t least);

  std::shared_ptr<result_data> data_ = std::make_shared<result_data>();
  std::size_t max_;
  std::size_t bytes_ = 0;
  char* free_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace bight::pg::detail
