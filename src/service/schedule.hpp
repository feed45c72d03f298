// The times at which a job runs.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/service/cron_schedule.hpp>
#include <memory>
#include <optional>
#include <string>

#include "service/record.hpp"

namespace bight::detail {

/// Times are durations since the epoch of the clock that the schedule follows.
class schedule {
 public:
  virtual ~schedule() = default;
  /// Called when the job starts.
  virtual void begin() {}
  virtual clock::duration now() const = 0;
  /// Whether its clock only moves as time passes.
  virtual bool steady() const noexcept = 0;
  /// The first time after `after`; none if there is no more.
  virtual std::optional<clock::duration> next(clock::duration after) = 0;
  virtual bool once() const noexcept { return false; }
  /// For messages: "every 60 s".
  virtual std::string description() const = 0;
};

/// Errors: std::invalid_argument.
std::unique_ptr<schedule> every_interval(clock::duration interval);
std::unique_ptr<schedule> every_day(clock::duration time_of_day, time_zone zone);
std::unique_ptr<schedule> at_a_date(wall_clock::time_point when);
std::unique_ptr<schedule> at_times(cron_schedule times, std::string description);

}  // namespace bight::detail
