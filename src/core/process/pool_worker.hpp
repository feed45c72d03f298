// A worker process and the socket to it, as seen by the pool.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/command.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/io/descriptor.hpp"
#include "core/process/child.hpp"
#include "core/process/worker_protocol.hpp"

namespace bight::detail {

/// A worker process. Killed and reaped by the destructor. Must outlive its operations.
class pool_worker {
 public:
  /// Starts the process.
  explicit pool_worker(const command& program);
  pool_worker(const pool_worker&) = delete;
  pool_worker& operator=(const pool_worker&) = delete;
  ~pool_worker();

  /// Waits for the greeting of the worker. Returns false if it has exited or is not a worker.
  awaitable<bool> greeting();
  /// Errors: those of process_pool::call.
  awaitable<std::string> call(std::string name, std::string payload, std::uint64_t max_answer);
  /// Returns false if it is known to have exited.
  bool usable() noexcept;

  /// Closes the channel, so that the worker exits.
  void close_channel() noexcept { channel_->close(); }
  void kill() noexcept;
  bool has_ended() const noexcept { return child_->status().has_value(); }
  awaitable<exit_status> wait() { return child::wait(child_); }
  const std::string& program() const noexcept { return child_->name(); }

  std::uint64_t calls = 0;

 private:
  struct started;
  explicit pool_worker(started s);
  awaitable<void> send(const std::string& name, std::string payload, std::uint64_t max_answer);
  awaitable<bool> receive(std::span<std::byte> buffer);
  awaitable<std::optional<answer_header>> exchange(const std::string& name, std::string payload,
                                                   std::uint64_t max_answer, std::string& bytes);

  descriptor_ptr channel_;
  child_ptr child_;
};

}  // namespace bight::detail
