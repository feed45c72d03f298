// One connection of bight-ws.
#pragma once
#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <bight/http.hpp>
#include <chrono>
#include <cstdint>

#include "settings.hpp"

namespace ws {

/// Round trips of pings.
class ping_statistics {
 public:
  void sent() noexcept { ++sent_; }
  void received(std::chrono::nanoseconds round_trip) noexcept;
  /// Prints "3 pings, 3 answered, round trip 0.2/0.3/0.4 ms (min/mean/max)" to stderr.
  void print() const;

 private:
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  std::chrono::nanoseconds least_{};
  std::chrono::nanoseconds most_{};
  std::chrono::nanoseconds sum_{};
};

class session {
 public:
  explicit session(const settings& s)
      : settings_(&s), client_(s.client), out_(bight::fs::standard_output()) {}

  /// Connects, and talks until one side ends. Returns the exit status. Errors: those of the connection.
  bight::awaitable<int> run();

 private:
  enum class end { closed_by_peer, input_ended, enough_messages, interrupted };

  bight::awaitable<void> connect();
  bight::awaitable<end> talk();
  bight::awaitable<end> receive_all();
  bight::awaitable<end> send_lines();
  bight::awaitable<end> wait_for_signal();
  bight::awaitable<end> ping_regularly();
  static bight::awaitable<end> until_ended(bight::awaitable<end> work);
  bight::awaitable<void> until_silent();

  const settings* settings_;
  http::client client_;
  http::websocket socket_;
  bight::fs::output_stream out_;
  bight::clock::time_point last_message_{};
  ping_statistics pings_;
  int signal_ = 0;
};

}  // namespace ws
