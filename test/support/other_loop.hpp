// A loop on a thread of its own.
#pragma once
#include <bight/core/event.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <future>
#include <thread>
#include <utility>

namespace bight::test {

/// Runs until `stop`.
class other_loop {
 public:
  other_loop() {
    std::promise<loop_handle> up;
    auto started = up.get_future();
    thread_ = std::thread([this, up = std::move(up)]() mutable {
      const run_options options{.handle_signals = false};
      bight::run(options, [&]() -> awaitable<void> {
        event over;
        over_ = &over;
        up.set_value(loop::current().handle());
        co_await over.wait();
      });
    });
    handle_ = started.get();
  }
  other_loop(const other_loop&) = delete;
  other_loop& operator=(const other_loop&) = delete;
  ~other_loop() { stop(); }

  const loop_handle& handle() const { return handle_; }
  std::thread::id thread() const { return thread_.get_id(); }
  void stop() {
    if (!thread_.joinable()) return;
    handle_.call_soon_threadsafe([this] { over_->set(); });
    thread_.join();
  }

 private:
  std::thread thread_;
  loop_handle handle_;
  event* over_ = nullptr;
};

}  // namespace bight::test
