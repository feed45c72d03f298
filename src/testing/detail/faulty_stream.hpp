// A stream that goes wrong by script, by a failing step, or when it is told to.
#pragma once
#include <bight/core/event.hpp>
#include <bight/net/stream.hpp>
#include <bight/testing/faults.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <optional>

#include "testing/detail/fault_track.hpp"

namespace bight::testing::detail {

/// What such a stream, its operations in flight and its network share.
class faulty_state {
 public:
  faulty_state(std::unique_ptr<net::stream_backend> inner, faults script)
      : inner_(std::move(inner)), reading(std::move(script.reading)), writing(std::move(script.writing)) {}
  faulty_state(const faulty_state&) = delete;
  faulty_state& operator=(const faulty_state&) = delete;

  /// Throws what an operation that begins now ends with.
  void require_open(const char* what) const;
  void require_writable() const;
  /// The same for one that has waited.
  void require_still_open(const char* what) const;
  /// Counts a step of fail_at_every_step; fails and throws if it is this one's turn.
  void take_step(const char* what);
  /// The connection is lost: whoever waits and all that begins from now on ends with `error`; the peer sees a
  /// reset.
  void fail(const boost::system::error_code& error) noexcept;
  [[noreturn]] void fail_and_throw(const char* what);
  void close_abruptly() noexcept;
  void destroy() noexcept;
  awaitable<void> close_well();

  bool closed() const noexcept { return closed_; }
  bool failed() const noexcept { return error_.has_value(); }
  bool open() const noexcept { return !closed_ && !error_; }
  /// Precondition: not closed.
  net::stream_backend& inner() const noexcept { return *inner_; }
  /// Waits until `until`, or until the stream is closed or lost.
  awaitable<void> pause(clock::time_point until);

 private:
  std::unique_ptr<net::stream_backend> inner_;  // empty once the stream is destroyed

 public:
  fault_track reading;
  fault_track writing;
  bool broken = false;        ///< A write was interrupted half-way.
  bool finished = false;      ///< Nothing more will be written.
  bool told_the_end = false;  ///< ... and the peer knows.

 private:
  bool closed_ = false;
  std::optional<boost::system::error_code> error_;
  event ended_;  // closed or lost
};

using faulty_ptr = std::shared_ptr<faulty_state>;

/// The stream of a state.
net::stream make_stream(faulty_ptr state);

}  // namespace bight::testing::detail
