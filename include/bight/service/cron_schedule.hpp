// cron_schedule: the times of a cron expression.
#pragma once
#include <bight/core/clock.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bight {

enum class time_zone : std::uint8_t {
  utc,
  local,  ///< That of the process: TZ, or the zone of the system.
};

/// The times that match a cron expression of five fields: minute, hour, day of the month, month, day of the
/// week.
///
///     const bight::cron_schedule mornings{"30 6 * * MON-FRI", bight::time_zone::local};
///     auto next = mornings.next(bight::wall_clock::now());
///
/// A field is `*`, a number, a range `2-5`, a list `1,15`, or with a step: `*/10`, `8-18/2`. Months and days
/// have names, JAN and MON; Sunday is 0 and 7. If both days are restricted, either suffices, as in cron(8).
/// @hourly, @daily, @weekly, @monthly and @yearly stand for the usual expressions.
///
/// When clocks are set forward, what would be due in the skipped hour is due once, at its end. When they are
/// set back, what is due in the repeated hour is due once, the first time. As in Vixie's cron, both hold for
/// jobs at fixed hours. An expression for every hour (an hour field that means all 24) follows the time that
/// passes instead: `0 * * * *` is due in each hour that passes, twice in a repeated one and not in a skipped
/// one. Here `*/2` in the hour field is a list of fixed hours, unlike in Vixie's cron.
class cron_schedule {
 public:
  /// Errors: std::invalid_argument, which names the field, for malformed expressions and dates that do not
  /// exist.
  explicit cron_schedule(std::string_view expression, time_zone zone = time_zone::utc);

  /// The first time after `after`, in whole minutes.
  wall_clock::time_point next(wall_clock::time_point after) const;
  /// As passed to the constructor.
  const std::string& expression() const noexcept { return expression_; }

 private:
  struct fields {
    std::uint64_t minutes = 0;
    std::uint32_t hours = 0;
    std::uint32_t days = 0;
    std::uint32_t months = 0;
    std::uint32_t weekdays = 0;
    bool any_day = false;  // the field begins with '*'
    bool any_weekday = false;
  };
  void parse(std::string_view text);
  bool matches_day(std::int64_t day) const noexcept;
  bool matches_time(std::int64_t minute_of_day) const noexcept;
  std::optional<std::int64_t> find(std::int64_t after) const;
  std::optional<std::int64_t> find_in_every_hour(std::int64_t after) const;
  std::optional<std::int64_t> find_on_day(std::int64_t day, std::int64_t after) const;

  std::string expression_;
  fields fields_;
  time_zone zone_;
};

}  // namespace bight
