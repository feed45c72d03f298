// A function that a loop calls in a later turn.
#pragma once
#include <bight/core/detail/local_values.hpp>
#include <bight/core/detail/loop_core.hpp>
#include <bight/core/detail/loop_guest.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

namespace bight::detail {

/// Owned by its loop until it is called or cancelled, and by its handles.
class callback : public scheduled, private timer_node, private loop_guest {
 public:
  /// Stores the task_local values of the running code.
  explicit callback(loop_core& loop) : loop_guest(loop), values_(background_values()) {}
  callback(const callback&) = delete;
  callback& operator=(const callback&) = delete;

  void call_soon();
  void call_at(clock::time_point when);
  /// Drops the function.
  void cancel() noexcept;
  bool cancelled() const noexcept { return state_ == state::cancelled; }
  clock::time_point when() const noexcept { return when_; }

  void add_reference() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }

 protected:
  virtual ~callback() = default;
  virtual void call() = 0;
  virtual void drop() noexcept = 0;

 private:
  enum class state : std::uint8_t { waiting, ready, called, cancelled };
  void run() noexcept final;
  void expired() noexcept final;
  void loop_closing() noexcept final;

  std::uint32_t references_ = 1;  // the loop's
  state state_ = state::waiting;
  clock::time_point when_{};
  shared_values values_;
};

template <class F>
class stored_callback final : public callback {
 public:
  template <class G>
  stored_callback(loop_core& loop, G&& g) : callback(loop), call_(std::forward<G>(g)) {}

 private:
  ~stored_callback() override = default;
  void call() override { std::invoke(*call_); }
  void drop() noexcept override { call_.reset(); }
  std::optional<F> call_;
};

}  // namespace bight::detail
