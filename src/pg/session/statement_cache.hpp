// The statements that a connection has prepared.
#pragma once
#include <bight/pg/data_type.hpp>
#include <bight/pg/detail/row_layout.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bight::pg::detail {

/// A prepared statement.
struct statement {
  std::string name;  ///< Empty: the unnamed one, prepared for one call.
  std::vector<const data_type*> parameters;
  std::vector<std::uint16_t> parameter_formats;  ///< None, one for all, or one each.
  std::vector<std::uint16_t> result_formats;
  std::shared_ptr<const row_layout> layout;
  std::uint64_t used = 0;
};

/// The least recently used one is dropped when there are too many.
class statement_cache {
 public:
  explicit statement_cache(std::size_t max) : max_(max) {}

  /// The statement of `sql`, or null.
  std::shared_ptr<const statement> find(std::string_view sql) noexcept {
    const auto found = all_.find(sql);
    if (found == all_.end()) return nullptr;
    found->second->used = ++clock_;
    return found->second;
  }
  bool enabled() const noexcept { return max_ != 0; }
  std::size_t size() const noexcept { return all_.size(); }
  std::string new_name() { return "bight_" + std::to_string(++names_); }
  void insert(std::string_view sql, std::shared_ptr<statement> s);
  /// It has to be closed on the server, too.
  void erase(std::string_view sql);
  void clear();
  /// The server has dropped all of them.
  void forget() noexcept {
    all_.clear();
    dropped_.clear();
  }
  /// Statements that were dropped and the server still has: to be closed with the next call.
  std::vector<std::shared_ptr<statement>>& dropped() noexcept { return dropped_; }

 private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
  };
  std::unordered_map<std::string, std::shared_ptr<statement>, hash, std::equal_to<>> all_;
  std::vector<std::shared_ptr<statement>> dropped_;
  std::size_t max_;
  std::uint64_t clock_ = 0;
  std::uint64_t names_ = 0;
};

}  // namespace bight::pg::detail
