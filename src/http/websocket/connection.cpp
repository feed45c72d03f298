#include "http/websocket/connection.hpp"

#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/spawn_options.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/websocket_error.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace bight::http::ws {

using boost::system::system_error;

namespace {

constexpr std::size_t smallest_buffer = 128;  // idle connections have no more
constexpr std::size_t largest_buffer = 4096;
constexpr std::size_t max_waiting_control = 16 * 1024;

// For what does not fit into the buffer of a connection. All connections of a thread read into it, so it
// stays in the processor's cache.
std::span<char> shared_buffer() {
  constexpr std::size_t size = 120 * 1024;
  thread_local const auto memory = std::make_unique_for_overwrite<char[]>(size);
  return {memory.get(), size};
}

std::unique_ptr<inflater> make_inflater(const connection_setup& setup) {
  if (!setup.deflate) return nullptr;
  const auto& d = *setup.deflate;
  const bool takeover =
      setup.self == side::server ? !d.client_no_context_takeover : !d.server_no_context_takeover;
  return std::make_unique<inflater>(takeover);
}

std::unique_ptr<deflater> make_deflater(const connection_setup& setup) {
  if (!setup.deflate || !setup.options.deflate) return nullptr;
  const auto& d = *setup.deflate;
  const bool server = setup.self == side::server;
  const int bits = server ? d.server_max_window_bits : d.client_max_window_bits;
  constexpr int smallest_of_zlib = 9;
  if (bits < smallest_of_zlib) return nullptr;  // such messages cannot be made, and plain ones are allowed
  const deflate_settings settings{
      .level = setup.options.deflate->level,
      .memory_level = setup.options.deflate->memory_level,
      .window_bits = bits,
      .takeover = server ? !d.server_no_context_takeover : !d.client_no_context_takeover};
  return std::make_unique<deflater>(settings);
}

}  // namespace

connection::connection(net::stream s, connection_setup setup)
    : loop_guest(bight::detail::require_loop()),
      stream_(std::move(s)),
      receiver_(setup.self,
                receive_limits{.max_message = setup.options.max_message,
                               .max_inflated = setup.options.max_inflated,
                               .max_fragments = setup.options.max_fragments},
                make_inflater(setup)),
      deflater_(make_deflater(setup)),
      buffer_(std::make_unique_for_overwrite<char[]>(smallest_buffer)),
      buffer_size_(smallest_buffer),
      subprotocol_(std::move(setup.subprotocol)),
      options_(setup.options),
      self_(setup.self),
      compresses_(setup.deflate.has_value()) {
  outbox_.drained().set();
}

connection::~connection() { disarm(); }

std::shared_ptr<connection> connection::start(net::stream s, connection_setup setup) {
  auto made = std::make_shared<connection>(std::move(s), std::move(setup));
  made->arm(wait_for::activity, made->options_.ping_interval);
  spawn(named("http::websocket: reader", run), made).detach();
  return made;
}

net::connection_info connection::info() const {
  return stream_.valid() ? stream_.connection() : net::connection_info{};
}

// --- receiving ---

void connection::require_sole_receiver() const {
  if (receiving_) throw std::logic_error("bight: two tasks at a time in websocket::receive");
}

bool connection::queue_full() const noexcept {
  const auto n = queued();
  return n != 0 && (n >= options_.max_queue || queue_bytes_ >= options_.max_queue_bytes);
}

std::optional<websocket_message> connection::next() {
  if (queue_begin_ != queue_.size()) {
    auto message = std::move(queue_[queue_begin_++]);
    queue_bytes_ -= message.data.size();
    constexpr std::size_t many = 32;
    if (queue_begin_ == queue_.size() || (queue_begin_ >= many && 2 * queue_begin_ >= queue_.size())) {
      queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(queue_begin_));
      queue_begin_ = 0;
    }
    if (paused_ && !queue_full()) room_.set();
    return message;
  }
  if (failure_ && !ended_) {
    // Now that the messages before it have been received, and perhaps answered.
    const auto& f = receiver_.failure();
    send_close(f.code, f.rule);
    failure_seen_.set();
  }
  if (ended_ && is_clean(end_code_)) return std::nullopt;
  throw_closed();
}

void connection::take_message() {
  auto data = receiver_.take_message();
  if (close_sent_ || ended_) return;
  using kind = websocket_message::kind;
  queue_bytes_ += data.size();
  queue_.emplace_back(std::move(data), receiver_.is_text() ? kind::text : kind::binary);
}

void connection::wake_receiver() noexcept {
  if (parked_receiver_) std::exchange(parked_receiver_, nullptr)->wake();
}

// Returns false when nothing further is to be read.
bool connection::handle(receiver::event what) {
  switch (what) {
    case receiver::event::message:
      take_message();
      wake_receiver();
      return true;
    case receiver::event::ping:
      if (!close_sent_) send_control(opcode::pong, receiver_.payload());
      return true;
    case receiver::event::pong:
      take_pong(receiver_.payload());
      return true;
    case receiver::event::close:
      take_close();
      return false;
    case receiver::event::error:
      failure_ = true;
      end_code_ = receiver_.failure().code;
      return false;
    default:
      return true;
  }
}

void connection::take_close() {
  const auto code = receiver_.close_code();
  const std::string reason{receiver_.close_reason()};
  // The answer repeats the code (RFC 6455 section 5.5.1).
  send_close(code, {});
  end(code, reason, {});
}

void connection::take_pong(std::string_view payload) {
  const auto now = clock::now();
  const auto is_it = [&](const waiting_ping* p) { return p->payload == payload; };
  const auto answered = std::find_if(pings_.begin(), pings_.end(), is_it);
  if (answered != pings_.end()) {
    const auto last = std::next(answered);
    latency_ = now - (*answered)->sent;
    // A peer may answer only the last of several pings (RFC 6455 section 5.5.3).
    for (auto p = pings_.begin(); p != last; ++p) {
      (*p)->took = now - (*p)->sent;
      (*p)->answered = true;
      (*p)->done.set();
    }
    pings_.erase(pings_.begin(), last);
  } else if (timer_ == wait_for::pong && payload == keep_alive_) {
    latency_ = now - ping_sent_;
    arm(wait_for::activity, options_.ping_interval);
  }
}

awaitable<void> connection::wait_for_room() {
  paused_ = true;
  room_.clear();
  co_await room_.wait();
  paused_ = false;
  active_ = true;  // what could not be read does not count against the peer
}

// Handles what has been received. It does not wait, since other connections use the shared buffer then: also
// an await that need not wait does, when the budget of its task is used up. A buffer holds thousands of
// pings, and each answer is a system call, so that other tasks must have their turns in between.
connection::progress connection::take_input() {
  constexpr int events_per_turn = 64;
  for (int events = 0; !input_.empty(); ++events) {
    if (queue_full() && !close_sent_) return progress::queue_is_full;
    if (events == events_per_turn) return progress::turn_is_over;
    const auto step = receiver_.feed(input_);
    input_ = input_.subspan(step.consumed);
    if (!handle(step.what)) return progress::ended;
  }
  return progress::done;
}

// Handles the rest, after `how`: all of it, or up to the end of the connection.
awaitable<bool> connection::take_rest(progress how) {
  while (how == progress::queue_is_full || how == progress::turn_is_over) {
    if (how == progress::queue_is_full)
      co_await wait_for_room();
    else
      co_await yield();
    how = take_input();
  }
  co_return how == progress::done;
}

// Other connections use the shared buffer while this one waits.
void connection::keep_input() {
  if (!std::exchange(input_is_shared_, false) || input_.empty()) return;
  buffer_size_ = std::max(input_.size(), smallest_buffer);
  auto own = std::make_unique_for_overwrite<char[]>(buffer_size_);
  std::memcpy(own.get(), input_.data(), input_.size());
  buffer_ = std::move(own);
  input_ = {buffer_.get(), input_.size()};
}

// The buffer grows with what comes, and shrinks again.
void connection::size_buffer() {
  constexpr std::uint8_t enough_small_reads = 16;
  auto wanted = buffer_size_;
  if (many_bytes_) {
    wanted = std::max(buffer_size_, std::min(4 * buffer_size_, largest_buffer));
  } else if (small_reads_ == enough_small_reads) {
    wanted = std::max(buffer_size_ / 4, smallest_buffer);
    small_reads_ = 0;
  }
  if (wanted == buffer_size_) return;
  buffer_ = std::make_unique_for_overwrite<char[]>(wanted);
  buffer_size_ = wanted;
}

// What has come behind a read that filled the buffer, if anything has. Precondition: all input has been
// handled.
std::optional<std::size_t> connection::read_much() {
  if (!many_bytes_) return std::nullopt;
  const auto room = shared_buffer();
  const auto n = stream_.try_read(std::as_writable_bytes(room));
  if (n) {
    input_ = room.first(*n);
    input_is_shared_ = true;
    many_bytes_ = input_.size() == room.size();
    active_ = true;
  }
  return n;
}

// The room for a read. Precondition: all input has been handled.
std::span<std::byte> connection::before_read() {
  size_buffer();
  return std::as_writable_bytes(std::span{buffer_.get(), buffer_size_});
}

void connection::after_read(std::size_t n) noexcept {
  input_ = {buffer_.get(), n};
  input_is_shared_ = false;
  many_bytes_ = n == buffer_size_;
  small_reads_ = n < buffer_size_ / 8 ? static_cast<std::uint8_t>(small_reads_ + 1) : std::uint8_t{0};
  active_ = true;
}

awaitable<void> connection::read_frames() {
  while (true) {
    if (!read_much()) {
      const auto room = before_read();
      const auto n = co_await stream_.read_some(room);
      after_read(n);
    }
    if (input_.empty()) {
      if (!ended_)
        lose(close_sent_ ? "the peer closed the connection instead of answering the Close frame"
                         : "the peer closed the connection without a Close frame");
      co_return;
    }
    const auto how = take_input();
    if (how == progress::ended) break;
    if (how != progress::done) {
      keep_input();
      const bool more = co_await take_rest(how);
      if (!more) break;
    }
    if (many_bytes_) co_await yield();  // a peer may send faster than this reads
  }
  if (failure_) co_await refuse_peer();
  co_await end_transport();
}

// The peer has violated the protocol: it is told when the messages before that have been received, or at
// least could have been.
awaitable<void> connection::refuse_peer() {
  const auto seen = [this]() -> awaitable<void> { co_await failure_seen_.wait(); };
  wake_receiver();
  if (!close_sent_) co_await move_on_after(options_.close_timeout, seen);
  const auto& f = receiver_.failure();
  send_close(f.code, f.rule);
  end(f.code, {}, f.text());
}

// A server closes the connection, and a client waits for that (RFC 6455 section 7.1.1). What is still coming
// in is read for a while: a close would otherwise reset the connection, and the peer might lose our Close
// frame.
awaitable<void> connection::end_transport() {
  constexpr std::size_t enough = 1U << 20U;
  co_await outbox_.drained().wait();
  const bool first = self_ == side::server || failure_;
  if (first) co_await stream_.shutdown_write();
  arm(wait_for::close,
      first ? std::min<std::chrono::nanoseconds>(options_.close_timeout, std::chrono::seconds{2})
            : options_.close_timeout);
  std::size_t dropped = 0;
  while (dropped < enough) {
    const auto room = before_read();
    const auto n = co_await stream_.read_some(room);
    after_read(n);
    if (n == 0) break;
    dropped += n;
  }
  co_await stream_.close();
}

awaitable<void> connection::run(std::shared_ptr<connection> self) {
  std::exception_ptr error;
  try {
    co_await self->read_frames();
    self->lose("closed");
  } catch (const system_error& e) { self->lose(e.code().message()); } catch (const cancelled_error&) {
    self->lose("cancelled");
    error = std::current_exception();
  } catch (...) {
    self->lose("internal error");
    error = std::current_exception();
  }
  self->disarm();
  self->finished_.set();
  if (error) std::rethrow_exception(error);
}

// --- sending ---

void connection::throw_closed() const {
  if (failure_ && !ended_) throw websocket_closed(end_code_, {}, receiver_.failure().text());
  throw websocket_closed(ended_ ? end_code_ : code::abnormal, end_reason_,
                         ended_          ? std::string_view{end_detail_}
                         : write_failed_ ? std::string_view{"the connection is broken"}
                                         : std::string_view{"the connection is being closed"});
}

void connection::require_open() const {
  // What was received before a violation may still be answered.
  if (close_sent_ || ended_ || write_failed_) throw_closed();
}

// Returns whether all of it has been sent.
bool connection::transmit(opcode code, std::string_view payload) {
  frame_head head;
  head.code = code;
  if (self_ == side::client) {
    head.masked = true;
    head.key = random_mask();
    thread_local std::string frame;
    frame.clear();
    append_frame(frame, head, payload);
    constexpr std::size_t much = 256 * 1024;
    const bool all = outbox_.put(stream_, frame, {});
    if (frame.capacity() > much) frame = {};
    return all;
  }
  head.size = payload.size();
  std::array<char, max_frame_head> room;
  const auto n = write_head(room.data(), head);
  return outbox_.put(stream_, {room.data(), n}, payload);
}

bool connection::transmit_data(opcode code, std::string_view payload) {
  if (!deflater_ || payload.size() < options_.deflate->min_size) return transmit(code, payload);
  frame_head head;
  head.code = code;
  head.compressed = true;
  head.masked = self_ == side::client;
  if (head.masked) head.key = random_mask();
  thread_local std::string compressed;
  compressed.clear();
  deflater_->deflate(payload, compressed);
  std::string frame;
  append_frame(frame, head, compressed);
  return outbox_.put(stream_, frame, {});
}

awaitable<void> connection::send(std::shared_ptr<connection> self, opcode code, std::string_view payload) {
  auto& c = *self;
  if (code == opcode::text && bight::detail::utf8_prefix(payload) != payload.size())
    throw std::invalid_argument("bight: websocket::send: text is not UTF-8");
  auto turn = c.turn_.try_acquire();
  if (!turn) turn = co_await c.turn_.acquire();
  while (!c.outbox_.empty()) co_await c.outbox_.drained().wait();
  c.require_open();
  bool sent = false;
  try {
    sent = c.transmit_data(code, payload);
  } catch (const system_error&) { c.write_has_failed(); }
  if (!sent && !c.write_failed_) {
    c.start_flushing();
    while (!c.outbox_.empty()) co_await c.outbox_.drained().wait();
  }
  if (c.write_failed_) c.throw_closed();
}

// Clients mask each message with another key, and a context that is taken over depends on all messages
// before.
bool connection::transmit_shared(const shared_message& message) {
  const bool compress = deflater_ && message.payload().size() >= options_.deflate->min_size;
  if (self_ == side::client || (compress && deflater_->settings().takeover))
    return transmit_data(message.code(), message.payload());
  return outbox_.put(stream_, compress ? message.frame(deflater_->settings()) : message.frame(), {});
}

bool connection::try_send(const shared_message& message) {
  const auto turn = turn_.try_acquire();
  if (!turn || !outbox_.empty()) return false;
  require_open();
  bool sent = false;
  try {
    sent = transmit_shared(message);
  } catch (const system_error&) { write_has_failed(); }
  if (write_failed_) throw_closed();
  if (!sent) start_flushing();
  return true;
}

awaitable<void> connection::send_shared(std::shared_ptr<connection> self, const shared_message& message,
                                        bool& begun) {
  auto& c = *self;
  auto turn = c.turn_.try_acquire();
  if (!turn) turn = co_await c.turn_.acquire();
  while (!c.outbox_.empty()) co_await c.outbox_.drained().wait();
  c.require_open();
  bool sent = false;
  try {
    begun = true;
    sent = c.transmit_shared(message);
  } catch (const system_error&) { c.write_has_failed(); }
  if (!sent && !c.write_failed_) {
    c.start_flushing();
    while (!c.outbox_.empty()) co_await c.outbox_.drained().wait();
  }
  if (c.write_failed_) c.throw_closed();
}

// Pongs, pings and Close frames overtake messages that have not begun, and never wait: the task that reads
// must not wait for a peer that does not.
void connection::send_control(opcode code, std::string_view payload) noexcept {
  if (write_failed_) return;
  if (outbox_.empty())
    waiting_control_ = 0;
  else if (code != opcode::close && waiting_control_ > max_waiting_control)
    return;
  waiting_control_ += static_cast<std::uint32_t>(payload.size() + max_frame_head);
  try {
    if (!transmit(code, payload)) start_flushing();
  } catch (const std::exception&) { write_has_failed(); }
}

// The peer may have said why it goes: reading continues to the end, for a while.
void connection::write_has_failed() noexcept {
  write_failed_ = true;
  if (!ended_ && timer_ != wait_for::close) arm(wait_for::close, options_.close_timeout);
}

void connection::send_close(std::uint16_t code, std::string_view reason) noexcept {
  if (std::exchange(close_sent_, true)) return;
  std::array<char, max_control_payload> payload;
  std::size_t size = 0;
  if (code != code::no_status) {
    payload[0] = static_cast<char>(code >> 8U);
    payload[1] = static_cast<char>(code & 0xffU);
    size = 2 + reason.copy(payload.data() + 2, payload.size() - 2);
  }
  send_control(opcode::close, {payload.data(), size});
  if (timer_ != wait_for::close) arm(wait_for::close, options_.close_timeout);
  if (paused_) room_.set();  // to find the peer's answer
}

void connection::start_flushing() {
  if (std::exchange(flush_begun_, true)) return;
  spawn(eager(named("http::websocket: writer", flush)), shared_from_this()).detach();
}

awaitable<void> connection::flush(std::shared_ptr<connection> self) {
  struct at_end {
    connection& c;
    bool sent = false;
    ~at_end() {
      c.flush_begun_ = false;
      if (!sent) c.write_has_failed();
      c.outbox_.end_flush();
    }
  };
  at_end guard{*self};
  try {
    co_await self->outbox_.flush(self->stream_);
    guard.sent = true;
  } catch (const system_error&) {}  // the guard takes note
}

awaitable<std::chrono::nanoseconds> connection::ping(std::shared_ptr<connection> self, std::string payload) {
  auto& c = *self;
  if (payload.size() > max_control_payload)
    throw std::invalid_argument("bight: websocket::ping: more than 125 bytes");
  c.require_open();
  if (payload.empty()) payload = std::to_string(++c.ping_number_);
  waiting_ping mine;
  mine.payload = std::move(payload);
  mine.sent = clock::now();
  c.pings_.push_back(&mine);
  struct at_end {
    connection& c;
    waiting_ping& p;
    ~at_end() { c.pings_.remove(&p); }
  } const forget{c, mine};
  c.send_control(opcode::ping, mine.payload);
  co_await mine.done.wait();
  if (!mine.answered) c.throw_closed();
  co_return mine.took;
}

void connection::start_close(std::uint16_t code, std::string_view reason) noexcept {
  if (!ended_) send_close(code, reason);
}

awaitable<void> connection::close(std::shared_ptr<connection> self, std::uint16_t code, std::string reason) {
  auto& c = *self;
  if (!is_sendable(code))
    throw std::invalid_argument("bight: websocket::close: code " + std::to_string(code));
  constexpr std::size_t max_reason = max_control_payload - 2;
  if (reason.size() > max_reason || bight::detail::utf8_prefix(reason) != reason.size())
    throw std::invalid_argument("bight: websocket::close: reason is not UTF-8, or longer than 123 bytes");
  if (c.is_open()) {
    // Messages that were to be sent before are sent before, if the peer takes them in time.
    c.arm(wait_for::close, c.options_.close_timeout);
    struct at_end {
      connection& c;
      std::uint16_t code;
      const std::string& reason;
      ~at_end() { c.start_close(code, reason); }
    } const also_if_cancelled{c, code, reason};
    auto turn = co_await c.turn_.acquire();
  }
  co_await c.finished_.wait();
}

awaitable<void> connection::wait_for_end(std::shared_ptr<connection> self) {
  co_await self->finished_.wait();
}

// --- the end ---

void connection::end(std::uint16_t code, std::string_view reason, std::string_view detail) noexcept {
  if (std::exchange(ended_, true)) return;
  end_code_ = code;
  try {
    end_reason_ = reason;
    end_detail_ = detail;
  } catch (const std::bad_alloc&) {}  // the code alone, then
  for (auto* const p : std::exchange(pings_, {})) p->done.set();
  failure_seen_.set();
  wake_receiver();
}

// Ends the connection without a handshake.
void connection::lose(std::string_view detail) noexcept {
  end(code::abnormal, {}, detail);
  room_.set();
  if (stream_.valid()) stream_.abort();
}

// --- timers ---

void connection::arm(wait_for what, std::chrono::nanoseconds after) noexcept {
  disarm();
  if (!home() || after == forever) return;
  try {
    home()->timers.add(*this, bight::detail::deadline_after(clock::now(), after));
    timer_ = what;
    active_ = false;
  } catch (const std::bad_alloc&) {}  // no timer, then
}

void connection::disarm() noexcept {
  if (home() && timer_node::armed()) home()->timers.remove(*this);
  timer_ = wait_for::nothing;
}

void connection::loop_closing() noexcept {
  disarm();
  stream_ = {};
}

void connection::expired() noexcept {
  const auto what = std::exchange(timer_, wait_for::nothing);
  if (what == wait_for::close)
    return lose(close_sent_ ? "no answer to the Close frame in time" : "the connection is broken");
  if (ended_ || close_sent_) return;
  const bool alive = std::exchange(active_, false);
  if (what == wait_for::pong && !alive) {
    if (paused_) return arm(wait_for::pong, options_.pong_timeout);
    return lose("no answer to a ping in time");
  }
  if (alive || paused_) return arm(wait_for::activity, options_.ping_interval);
  keep_alive();
}

void connection::keep_alive() noexcept {
  try {
    keep_alive_ = std::to_string(++ping_number_);
    send_control(opcode::ping, keep_alive_);
  } catch (const std::bad_alloc&) {}
  ping_sent_ = clock::now();
  arm(wait_for::pong, options_.pong_timeout);
}

}  // namespace bight::http::ws
