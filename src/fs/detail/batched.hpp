// What a thread finds piece by piece, given one by one.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/thread_pool.hpp>
#include <bight/fs/walk.hpp>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "fs/detail/busy.hpp"
#include "fs/detail/service.hpp"

namespace bight::fs::detail {

/// `Scan` has `read(std::vector<directory_entry>& to, std::size_t count)`, which throws what is wrong after
/// what it appended and can be called again, and `ended()`.
template <class Scan>
class batched {
 public:
  /// `name`: for errors of use.
  template <class... Args>
  explicit batched(const char* name, Args&&... args) : name_(name), scan_(std::forward<Args>(args)...) {}

  /// True if the answer is known: an entry, or the end. Throws what was found after the last entry.
  bool take(std::optional<directory_entry>& entry) {
    busy_.require_idle(name_);
    if (next_ != found_.size()) {
      entry.emplace(std::move(found_[next_++]));
      return true;
    }
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    return scan_.ended();
  }

  static awaitable<std::optional<directory_entry>> read_on(std::shared_ptr<batched> self) {
    std::optional<directory_entry> entry;
    while (!self->take(entry)) {
      const busy_while at_work{self->busy_};
      self->found_.clear();
      self->next_ = 0;
      const auto job = [&] { self->read_batch(); };
      co_await run_in_executor(threads(), job);
    }
    co_return entry;
  }

 private:
  void read_batch() noexcept {
    constexpr std::size_t batch = 256;
    try {
      scan_.read(found_, batch);
    } catch (...) { error_ = std::current_exception(); }
  }

  const char* name_;
  Scan scan_;
  std::vector<directory_entry> found_;
  std::size_t next_ = 0;
  std::exception_ptr error_;
  busy_flag busy_;
};

/// Errors: std::invalid_argument for a max_depth of 0 or above 1000. `name`: whose it is.
inline void require_depth(const char* name, unsigned max_depth) {
  constexpr unsigned deepest = 1000;
  if (max_depth == 0 || max_depth > deepest)
    throw std::invalid_argument("bight: " + std::string{name} + ": max_depth is " +
                                std::to_string(max_depth) + "; it may be 1 to 1000");
}

}  // namespace bight::fs::detail
