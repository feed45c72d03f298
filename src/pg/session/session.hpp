// A connection to a server: the stream, the protocol, and what the server has said about itself.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/event.hpp>
#include <bight/core/task.hpp>
#include <bight/net/stream.hpp>
#include <bight/pg/data_type.hpp>
#include <bight/pg/error.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pg/session/receive_buffer.hpp"
#include "pg/session/statement_cache.hpp"
#include "pg/wire/frontend.hpp"
#include "pg/wire/handshake.hpp"
#include "pg/wire/protocol.hpp"

namespace bight::pg::detail {

class connector;

/// The address that was connected to, for cancel requests.
struct route {
  std::string host;
  net::endpoint address;
  bool tls = false;
};

/// Takes the answers to what a call has sent.
class reply {
 public:
  /// Returns true once the call is complete. `e` is not one that may come at any time.
  virtual bool take(const wire::event& e) = 0;

 protected:
  ~reply() = default;
};

/// One call at a time. A call that is left before its answers have come makes the session drain: a task asks
/// the server to cancel, and reads what is still to come. Until then the next call waits; if it fails, the
/// session is broken. Kept alive by the connection, its calls, and the draining task.
class session final : public std::enable_shared_from_this<session> {
 public:
  session(net::stream s, std::shared_ptr<connector> from, route where, wire::handshake& start,
          std::string_view received);
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session();

  /// The right to use the session. Leaving it before all answers have come drains.
  class call {
   public:
    /// Errors: errc::busy, errc::connection_closed.
    explicit call(std::shared_ptr<session> s);
    call(call&&) noexcept = default;
    call& operator=(call&&) = delete;
    ~call() {
      if (session_) session_->leave();
    }

   private:
    std::shared_ptr<session> session_;
  };

  bool busy() const noexcept { return state_ == state::busy; }
  bool draining() const noexcept { return state_ == state::draining; }
  bool broken() const noexcept { return state_ == state::broken; }
  /// A call has to wait: for the end of the one before, or of a request to cancel that, which must not cancel
  /// the next one.
  bool unsettled() const noexcept { return draining() || (state_ == state::ready && cancels_ != 0); }
  /// Waits for that.
  awaitable<void> drained();
  /// Nothing unasked for has come, and the server has not closed, as far as the kernel knows. If the session
  /// is not broken either, it has to be asked.
  bool looks_alive();

  /// What is appended is sent by the next `exchange`; `expect` what it is answered with.
  std::string& out() noexcept { return out_; }
  wire::protocol& protocol() noexcept { return protocol_; }
  /// Sends what was appended and reads until `r` is complete. Errors: those of the stream and the protocol,
  /// after which the session is broken.
  awaitable<void> exchange(reply& r);
  /// Same in parts: sends without waiting; parses what has been received, true if `r` is complete; receives.
  void send() noexcept;
  bool parse(reply& r);
  awaitable<void> fill();
  /// Waits until everything has been written that was sent.
  awaitable<void> written();
  bool writing() const noexcept { return writer_running_; }
  /// Something can be received without waiting.
  bool readable() noexcept { return stream_.readable(); }
  /// Requests were sent without a sync, which has to follow. If the call is left before that, what they have
  /// done is kept, or undone with the transaction that they are part of.
  enum class pending_sync : std::uint8_t { none, keep, undo };
  void unsynced(pending_sync what) noexcept { unsynced_ = what; }
  /// Appends a request that fails: the server skips what follows, up to the sync, and takes back what it has
  /// done since the last one.
  void append_failure();
  /// Ends a COPY FROM STDIN that has just begun, and sends that. What it is answered with is expected
  /// already.
  void fail_copy(std::string_view reason);
  /// How deep transactions and savepoints are nested.
  unsigned level() const noexcept { return level_; }
  void level(unsigned n) noexcept { level_ = n; }
  /// Which one of the session's transactions it is: what belongs to an earlier one is over.
  std::uint64_t transaction_number() const noexcept { return transaction_number_; }
  void next_transaction() noexcept { ++transaction_number_; }
  /// The transaction or savepoint of that level has no owner any more: it is rolled back before the next
  /// call.
  void roll_back(unsigned level) noexcept;
  /// Ends a call.
  void leave() noexcept;

  /// Asks the server to cancel what it does for this session.
  awaitable<void> request_cancel();
  /// Same, for a call that goes on meanwhile, within options::cancel_timeout. The next call waits for its
  /// end.
  awaitable<void> cancel_call();
  /// Ends the session.
  awaitable<void> close();
  void break_off() noexcept;
  /// Throws what a server said before it closed the connection, or connection_lost.
  [[noreturn]] void throw_lost(const std::string& why);

  statement_cache& statements() noexcept { return statements_; }
  /// Drops them if the connector's schema version says so.
  void drop_outdated_statements();
  std::string new_portal() { return "bight_" + std::to_string(++portals_); }
  /// It is closed at the server with the next call; without memory for that, by the end of the transaction.
  void forget_portal(std::string name) noexcept;
  std::vector<std::string>& forgotten_portals() noexcept { return forgotten_portals_; }
  connector& from() const noexcept { return *from_; }
  const std::shared_ptr<connector>& shared_connector() const noexcept { return from_; }
  const route& where() const noexcept { return where_; }
  const net::stream& stream() const noexcept { return stream_; }
  std::uint32_t pid() const noexcept { return pid_; }
  const std::string* parameter(std::string_view name) const noexcept;
  /// Called for notifications; empty: they are dropped.
  std::function<void(std::uint32_t pid, std::string_view channel, std::string_view payload)> on_notification;
  std::function<void(const notice&)> on_notice;

 private:
  enum class state : std::uint8_t { ready, busy, draining, broken };

  static awaitable<void> drain(std::shared_ptr<session> self);
  static awaitable<void> write_rest(std::shared_ptr<session> self);
  awaitable<void> drain_now();
  awaitable<void> finish_outstanding();
  awaitable<void> roll_back_now();
  void start_draining() noexcept;
  bool parse_pending(reply& r);
  bool parse_rows(reply& r);
  [[noreturn]] void refuse(const wire::event& e);
  void take_notice(std::string_view body);
  void take_parameter(std::string_view body);
  void take_notification(std::string_view body);
  void note_fatal(std::string_view body);

  net::stream stream_;
  std::shared_ptr<connector> from_;
  route where_;
  wire::protocol protocol_;
  receive_buffer in_;
  std::size_t message_ = 0;  // the size of the one that has begun
  std::string out_;
  std::string sending_;
  task<void> writer_;
  task<void> drainer_;
  event cancelled_;       // no request of cancel_call is on its way
  unsigned cancels_ = 0;  // those that are
  state state_ = state::ready;
  bool writer_running_ = false;
  pending_sync unsynced_ = pending_sync::none;
  unsigned level_ = 0;
  std::uint64_t transaction_number_ = 0;
  unsigned roll_back_ = 0;  // the level; 0: none
  std::optional<error> fatal_;
  std::uint32_t pid_;
  std::string key_;
  std::map<std::string, std::string, std::less<>> parameters_;
  statement_cache statements_;
  std::uint64_t schema_version_ = 0;  // of the connector, when statements_ was last looked at
  std::uint64_t portals_ = 0;
  std::vector<std::string> forgotten_portals_;
};

using session_ptr = std::shared_ptr<session>;

/// The name of the savepoint of a level, and what ends that level.
std::string savepoint_name(unsigned level);
std::string rollback_text(unsigned level);

/// The fields of an ErrorResponse or a NoticeResponse. Throws errc::protocol_violation if it is malformed.
error::fields fields_of(std::string_view body, std::string_view query_name = {});

}  // namespace bight::pg::detail
