// Task names and done callbacks.
#pragma once
#include <bight/core/detail/callback.hpp>
#include <bight/core/detail/task_core.hpp>
#include <bight/core/detail/task_extras.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace bight::detail {

std::string name_of(const task_base& t);
void set_name(task_base& t, std::string&& name);

/// Calls `F` without arguments in a later turn.
template <class F>
class done_callback final : public callback, private end_listener {
 public:
  done_callback(joinable_task& of, F&& f) : callback(of.loop()), call_(std::move(f)) {}
  void arm(joinable_task& of) {
    if (of.finished())
      call_soon();
    else
      listen(of);
  }

 private:
  ~done_callback() override = default;
  void task_ended(joinable_task&) noexcept override { call_soon(); }
  void call() override { std::invoke(*call_); }
  void drop() noexcept override {
    stop_listening();
    call_.reset();
  }
  std::optional<F> call_;
};

template <class F>
void add_done_callback(joinable_task& t, F f) {
  (new done_callback<F>(t, std::move(f)))->arm(t);
}

}  // namespace bight::detail
