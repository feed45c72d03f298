// The service: delivers letters, one after the other.
#pragma once
#include <bight/core.hpp>
#include <bight/service.hpp>
#include <chrono>
#include <cstddef>
#include <string>

class mailbox {
 public:
  mailbox(std::size_t max_letters, std::chrono::milliseconds delivery_time);

  /// Returns false if it is full, or the program is stopping.
  bool post(std::string letter);
  std::size_t waiting() const noexcept { return letters_.size(); }
  std::size_t delivered() const noexcept { return delivered_; }

  // What a service_host calls.
  bight::awaitable<void> run();
  void stop() { letters_.shutdown(); }  // run returns when the queue is empty
  std::string health() const { return letters_.full() ? "the mailbox is full" : ""; }
  std::string unfinished() const { return std::to_string(letters_.size()) + " letters"; }

 private:
  bight::awaitable<void> deliver(std::string letter);

  bight::queue<std::string> letters_;
  std::chrono::milliseconds delivery_time_;
  std::size_t delivered_ = 0;
};
