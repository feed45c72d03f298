#include <bight/core/signals.hpp>

#include <algorithm>
#include <bight/core/detail/loop_guest.hpp>
#include <bight/core/event.hpp>
#include <deque>
#include <optional>

#include "core/scheduler/loop_signals.hpp"

namespace bight {

class signals::impl final : private detail::loop_guest {
 public:
  explicit impl(std::initializer_list<int> numbers)
      : loop_guest(detail::require_loop()),
        set_(std::in_place, static_cast<detail::loop_impl&>(*home()), detail::signal_use::hold,
             [this](int n) { received(n); }) {
    set_->wait_for(numbers);
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl() = default;

  awaitable<int> next() {
    while (pending_.empty()) co_await some_.wait();
    const int number = pending_.front();
    pending_.pop_front();
    if (pending_.empty()) some_.clear();
    co_return number;
  }

 private:
  void received(int number) {
    if (std::find(pending_.begin(), pending_.end(), number) == pending_.end()) pending_.push_back(number);
    some_.set();
  }
  void loop_closing() noexcept override { set_.reset(); }

  std::optional<detail::loop_signals> set_;
  std::deque<int> pending_;
  event some_;
};

signals::signals(std::initializer_list<int> numbers) : impl_(new impl(numbers)) {}
signals::~signals() = default;
awaitable<int> signals::next() { return impl_->next(); }

}  // namespace bight
