// Reads directory entries on a thread in batches, and returns them one by one.
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

  /// Returns true if the result is known: an entry, or the end. Throws the error that follows the last entry.
  bool take(std::optional<directory_entry>& entry) {
    busy_.require_idle(name_);
    if (next_ != found_.size()) {
      const auto& found = found_[next_];
      last_directory_ = found.kind == file_kind::directory ? found.depth : 0;
      entry.emplace(std::move(found_[next_++]));
      given_ = true;
      return true;
    }
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    if (!scan_.ended()) return false;
    given_ = false;
    return true;
  }

  /// Skips the contents of the directory that was returned last. `Scan` has `leave(depth)`, which returns
  /// whether the last error, if any, is in the directory that it leaves.
  void skip() {
    busy_.require_idle(name_);
    if (!given_) throw std::logic_error("bight: " + std::string{name_} + "::skip: there is no current entry");
    if (last_directory_ == 0) return;
    while (next_ != found_.size() && found_[next_].depth > last_directory_) ++next_;
    if (next_ == found_.size() && scan_.leave(last_directory_)) error_ = nullptr;
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
  bool given_ = false;           // an entry
  unsigned last_directory_ = 0;  // its depth; 0: it is no directory
  busy_flag busy_;
};

/// Errors: std::invalid_argument for a depth of 0 or above 1000. `name`: whose it is; `option`: its name.
inline void require_depth(const char* name, const char* option, unsigned depth) {
  constexpr unsigned deepest = 1000;
  if (depth == 0 || depth > deepest)
    throw std::invalid_argument("bight: " + std::string{name} + ": " + option + " is " +
                                std::to_string(depth) + "; it must be from 1 to 1000");
}

}  // namespace bight::fs::detail
