// The protocol after the start-up: which messages may come, for the requests that were sent.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pg/wire/backend.hpp"

namespace bight::pg::wire {

/// What a client has sent and the server answers, in order.
enum class request : std::uint8_t {
  parse,
  bind,
  describe_statement,
  describe_portal,
  execute,
  close,
  sync,
  simple,  ///< A Query message, with its ReadyForQuery.
};

enum class event_kind : std::uint8_t {
  need_more,  ///< Bytes; `size` is how many the message has, 0 if unknown.
  failed,     ///< The server violates the protocol: `protocol::failure` says how.
  too_large,  ///< A message over the limit, of `size` bytes.
  // Answers.
  parsed,
  bound,
  closed,
  parameter_types,
  columns,
  no_columns,
  row,
  complete,
  suspended,
  empty,
  error,
  ready,
  copy_in,
  copy_out,
  copy_data,
  copy_done,
  // At any time.
  notice,
  parameter,
  notification,
};

struct event {
  event_kind kind = event_kind::need_more;
  std::string_view body;  ///< Into the bytes that were given.
  std::size_t size = 0;   ///< Of the whole message, to be consumed.
};

/// Checks that each message answers a request. Does no I/O and keeps no bytes.
class protocol {
 public:
  explicit protocol(std::uint32_t max_message) : max_(max_message) {}

  /// Called for each request, in the order in which they are sent.
  void expect(request r);
  /// The first event of `in`; the caller consumes its `size`. Columns and rows are not validated here.
  event next(std::string_view in) noexcept;

  /// No answers are outstanding.
  bool idle() const noexcept { return first_ == expected_.size(); }
  /// How many answers are outstanding: the requests, a ReadyForQuery each for those that have one.
  std::size_t outstanding() const noexcept { return expected_.size() - first_; }
  /// The answer to a Query message is coming.
  bool simple() const noexcept { return !idle() && expected_[first_] == request::simple; }
  /// The server has something to do that a cancel request could stop.
  bool working() const noexcept { return !idle() && expected_[first_] != request::sync; }
  /// An error was reported, and requests up to the next sync are skipped.
  bool skipping() const noexcept { return skipping_; }
  /// 'I' idle, 'T' in a transaction, 'E' in a failed one.
  char transaction() const noexcept { return transaction_; }
  void transaction(char status) noexcept { transaction_ = status; }
  const char* failure() const noexcept { return failure_; }
  /// COPY FROM STDIN goes on: the server waits for data.
  bool copying_in() const noexcept { return stage_ == stage::copy_in; }
  bool copying_out() const noexcept { return stage_ == stage::copy_out; }

 private:
  enum class stage : std::uint8_t { begin, described, copy_in, copy_out, copied, failed };

  event fail(const char* why) noexcept;
  event answer(const frame& f) noexcept;
  event answer_error(const frame& f) noexcept;
  event answer_ready(const frame& f) noexcept;
  event answer_execute(const frame& f, bool simple) noexcept;
  event answer_copy(const frame& f) noexcept;
  event done(const frame& f, event_kind kind) noexcept;
  event stay(const frame& f, event_kind kind, stage s) noexcept;
  void pop() noexcept;

  std::vector<request> expected_;
  std::size_t first_ = 0;
  std::uint32_t max_;
  stage stage_ = stage::begin;
  bool skipping_ = false;
  char transaction_ = 'I';
  const char* failure_ = "";
};

}  // namespace bight::pg::wire
