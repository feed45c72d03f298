// What the handlers of a connection left to be done after their responses.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/task.hpp>
#include <bight/core/unique_function.hpp>
#include <vector>

namespace bight::http::detail {

class background_work {
 public:
  void start(unique_function<awaitable<void>()> work);
  bool empty() const noexcept { return tasks_.empty(); }
  /// Waits for all; cancels them first, or when this is cancelled. It has to be called unless empty().
  awaitable<void> finish(bool cancel);

 private:
  std::vector<task<void>> tasks_;
};

}  // namespace bight::http::detail
