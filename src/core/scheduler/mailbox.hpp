// The queue of messages that threads send to a loop.
#pragma once
#include <atomic>
#include <bight/core/detail/mailbox.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <mutex>
#include <vector>

namespace bight::detail {

class loop_impl;

class mailbox {
 public:
  explicit mailbox(boost::asio::io_context& io, loop_impl& loop) noexcept : io_(&io), loop_(&loop) {}
  using messages = std::vector<std::shared_ptr<loop_message>>;
  /// Queues `m` unless the loop is gone.
  bool post(std::shared_ptr<loop_message>& m) noexcept;
  /// Swaps the queued messages with `emptied`.
  void collect(messages& emptied) noexcept;
  /// Refuses messages from now on. Returns the undelivered ones.
  messages close() noexcept;
  /// Loop thread only.
  loop_impl& loop() const noexcept { return *loop_; }

 private:
  std::mutex mutex_;
  messages waiting_;  // not empty: the loop has been notified
  bool closed_ = false;
  std::atomic<unsigned> notifying_ = 0;  // threads that use the two below without the lock
  boost::asio::io_context* const io_;
  loop_impl* const loop_;
};

}  // namespace bight::detail
