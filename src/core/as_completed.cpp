#include <bight/core/as_completed.hpp>

#include <bight/core/queue.hpp>

namespace bight::detail {

class completion_order::impl {
 public:
  struct listener final : end_listener {
    void task_ended(joinable_task&) noexcept override {
      all->ended.try_put(static_cast<std::size_t>(this - all->listeners.get()));
    }
    impl* all = nullptr;
  };

  explicit impl(std::size_t count) : listeners(std::make_unique<listener[]>(count)) {}

  queue<std::size_t> ended;
  std::unique_ptr<listener[]> listeners;
};

completion_order::completion_order(std::size_t count) : impl_(new impl(count)) {}
completion_order::~completion_order() = default;

void completion_order::follow(std::size_t number, joinable_task& t) {
  if (t.finished()) {
    impl_->ended.try_put(number);
    return;
  }
  auto& mine = impl_->listeners[number];
  mine.all = &*impl_;
  mine.listen(t);
}

awaitable<std::size_t> completion_order::next() {
  const auto number = co_await impl_->ended.get();
  co_return *number;
}

}  // namespace bight::detail
