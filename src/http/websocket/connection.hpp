// The engine of a websocket: the reading task, the order of sends, timers and the closing handshake.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/detail/loop_guest.hpp>
#include <bight/core/event.hpp>
#include <bight/core/lock.hpp>
#include <bight/http/websocket.hpp>
#include <bight/net/stream.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/websocket/close_code.hpp"
#include "http/websocket/extension.hpp"
#include "http/websocket/outbox.hpp"
#include "http/websocket/receiver.hpp"
#include "http/websocket/shared_message.hpp"

namespace bight::http::ws {

/// What the handshake determines.
struct connection_setup {
  connection_setup() {}
  side self = side::server;
  websocket_options options;
  std::optional<deflate_agreement> deflate;
  std::string subprotocol;
};

class connection final : public std::enable_shared_from_this<connection>,
                         private bight::detail::timer_node,
                         private bight::detail::loop_guest {
 public:
  connection(net::stream s, connection_setup setup);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection();

  /// A connection of the running loop, whose reading task has been spawned.
  static std::shared_ptr<connection> start(net::stream s, connection_setup setup);

  // Receiving, for receive_awaiter.
  void require_sole_receiver() const;
  /// Whether there is a message, or the end.
  bool has_next() const noexcept { return queue_begin_ != queue_.size() || ended_ || failure_; }
  void begin_receiving(websocket::receive_awaiter& r) noexcept {
    parked_receiver_ = &r;
    receiving_ = true;
  }
  void end_receiving() noexcept {
    parked_receiver_ = nullptr;
    receiving_ = false;
  }
  std::optional<websocket_message> next();

  static awaitable<void> send(std::shared_ptr<connection> self, opcode code, std::string_view payload);
  /// Sends a message that other connections send, too, unless a message before it is still being sent.
  /// Returns whether it did. What the system does not take at once is kept and sent later. Errors:
  /// websocket_closed.
  bool try_send(const shared_message& message);
  /// Same, but waits for its turn, and until the system has taken all. `message` must stay valid. If it is
  /// cancelled, `begun` says whether the message will be sent.
  static awaitable<void> send_shared(std::shared_ptr<connection> self, const shared_message& message,
                                     bool& begun);
  static awaitable<std::chrono::nanoseconds> ping(std::shared_ptr<connection> self, std::string payload);
  static awaitable<void> close(std::shared_ptr<connection> self, std::uint16_t code, std::string reason);
  /// Sends a Close frame unless one was sent, and returns at once.
  void start_close(std::uint16_t code, std::string_view reason) noexcept;
  void abort() noexcept { lose("aborted"); }
  /// Waits until the connection has been closed and no task of it runs.
  static awaitable<void> wait_for_end(std::shared_ptr<connection> self);

  bool is_open() const noexcept { return !close_sent_ && !ended_ && !failure_; }
  bool can_send() const noexcept { return is_open() && !write_failed_; }
  bool ended() const noexcept { return ended_; }
  std::uint16_t close_code() const noexcept { return end_code_; }
  std::string_view close_reason() const noexcept { return end_reason_; }
  std::string_view subprotocol() const noexcept { return subprotocol_; }
  bool compresses() const noexcept { return compresses_; }
  std::optional<std::chrono::nanoseconds> latency() const noexcept { return latency_; }
  std::size_t queued() const noexcept { return queue_.size() - queue_begin_; }
  net::connection_info info() const;

 private:
  enum class wait_for : std::uint8_t { nothing, activity, pong, close };
  enum class progress : std::uint8_t { done, queue_is_full, turn_is_over, ended };
  struct waiting_ping {
    std::string payload;
    clock::time_point sent;
    clock::duration took{};
    event done;
    bool answered = false;
  };

  // The reading task.
  static awaitable<void> run(std::shared_ptr<connection> self);
  awaitable<void> read_frames();
  progress take_input();
  awaitable<bool> take_rest(progress how);
  bool handle(receiver::event what);
  void keep_input();
  std::optional<std::size_t> read_much();
  std::span<std::byte> before_read();
  void after_read(std::size_t n) noexcept;
  void size_buffer();
  awaitable<void> wait_for_room();
  awaitable<void> refuse_peer();
  awaitable<void> end_transport();
  void take_message();
  void take_pong(std::string_view payload);
  void take_close();
  bool queue_full() const noexcept;

  // Sending.
  [[noreturn]] void throw_closed() const;
  void require_open() const;
  bool transmit(opcode code, std::string_view payload);
  bool transmit_data(opcode code, std::string_view payload);
  bool transmit_shared(const shared_message& message);
  void send_control(opcode code, std::string_view payload) noexcept;
  void send_close(std::uint16_t code, std::string_view reason) noexcept;
  void write_has_failed() noexcept;
  void start_flushing();
  static awaitable<void> flush(std::shared_ptr<connection> self);

  // The end.
  void end(std::uint16_t code, std::string_view reason, std::string_view detail) noexcept;
  void lose(std::string_view detail) noexcept;
  void wake_receiver() noexcept;

  // Timers.
  void arm(wait_for what, std::chrono::nanoseconds after) noexcept;
  void disarm() noexcept;
  void expired() noexcept override;
  void loop_closing() noexcept override;
  void keep_alive() noexcept;

  net::stream stream_;
  receiver receiver_;
  std::unique_ptr<deflater> deflater_;
  std::vector<websocket_message> queue_;
  std::size_t queue_begin_ = 0;
  std::size_t queue_bytes_ = 0;
  websocket::receive_awaiter* parked_receiver_ = nullptr;
  event room_;  // in the queue, or no need for it
  std::unique_ptr<char[]> buffer_;
  std::size_t buffer_size_;
  std::span<char> input_;  // still to be handled
  outbox outbox_;
  lock turn_;  // of the task whose message is being sent
  std::list<waiting_ping*> pings_;
  std::uint64_t ping_number_ = 0;
  std::string keep_alive_;  // the payload of its ping
  event failure_seen_;      // receive() has come to the violation
  event finished_;
  std::string end_reason_;
  std::string end_detail_;
  std::string subprotocol_;
  std::optional<std::chrono::nanoseconds> latency_;
  clock::time_point ping_sent_{};
  websocket_options options_;
  std::uint16_t end_code_ = 0;
  side self_;
  wait_for timer_ = wait_for::nothing;
  bool compresses_ = false;
  bool failure_ = false;  // the peer has violated the protocol
  bool close_sent_ = false;
  bool ended_ = false;       // no further messages, and why is known
  bool active_ = false;      // something was received since the timer was set
  bool paused_ = false;      // the queue is full
  bool many_bytes_ = false;  // the last read filled the buffer
  bool input_is_shared_ = false;
  bool receiving_ = false;  // a task waits in receive(), or has been woken
  bool write_failed_ = false;
  bool flush_begun_ = false;
  std::uint8_t small_reads_ = 0;       // one after another
  std::uint32_t waiting_control_ = 0;  // bytes of control frames in the outbox, about
};

}  // namespace bight::http::ws
