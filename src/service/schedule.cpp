#include "service/schedule.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace bight::detail {
namespace {

using namespace std::chrono_literals;

class interval_schedule final : public schedule {
 public:
  explicit interval_schedule(clock::duration interval) : interval_(interval) {
    if (interval <= 0ns) throw std::invalid_argument("bight: every: the interval " + seconds_text(interval));
  }
  void begin() override { begin_ = now(); }
  clock::duration now() const override { return clock::now().time_since_epoch(); }
  bool steady() const noexcept override { return true; }
  std::optional<clock::duration> next(clock::duration after) override {
    const auto passed = std::max(after - begin_, clock::duration{}) / interval_;
    if (interval_ > (clock::duration::max() - begin_) / (passed + 1)) return std::nullopt;
    return begin_ + (passed + 1) * interval_;
  }
  std::string description() const override { return "every " + seconds_text(interval_); }

 private:
  clock::duration interval_;
  clock::duration begin_{};
};

class wall_schedule : public schedule {
 public:
  clock::duration now() const final { return wall_clock::now().time_since_epoch(); }
  bool steady() const noexcept final { return false; }
};

class cron_times final : public wall_schedule {
 public:
  cron_times(cron_schedule times, std::string description)
      : times_(std::move(times)), description_(std::move(description)) {}
  std::optional<clock::duration> next(clock::duration after) override {
    const auto from = std::chrono::floor<wall_clock::duration>(after);
    return times_.next(wall_clock::time_point{from}).time_since_epoch();
  }
  std::string description() const override { return description_; }

 private:
  cron_schedule times_;
  std::string description_;
};

class date_schedule final : public wall_schedule {
 public:
  explicit date_schedule(wall_clock::time_point when) : when_(when.time_since_epoch()) {}
  void begin() override { given_ = false; }
  std::optional<clock::duration> next(clock::duration) override {
    if (std::exchange(given_, true)) return std::nullopt;
    return when_;
  }
  bool once() const noexcept override { return true; }
  std::string description() const override { return "at " + seconds_text(when_) + " after 1970"; }

 private:
  clock::duration when_;
  bool given_ = false;
};

}  // namespace

std::unique_ptr<schedule> every_interval(clock::duration interval) {
  return std::make_unique<interval_schedule>(interval);
}

std::unique_ptr<schedule> every_day(clock::duration time_of_day, time_zone zone) {
  if (time_of_day < 0h || time_of_day >= 24h || time_of_day % 1min != 0ns)
    throw std::invalid_argument("bight: at: " + seconds_text(time_of_day) + " is not a minute of a day");
  const auto minute = std::to_string(time_of_day / 1min % 60);
  const auto hour = std::to_string(time_of_day / 1h);
  const auto shown = hour + (minute.size() == 1 ? ":0" : ":") + minute;
  return at_times(cron_schedule{minute + ' ' + hour + " * * *", zone}, "at " + shown);
}

std::unique_ptr<schedule> at_a_date(wall_clock::time_point when) {
  return std::make_unique<date_schedule>(when);
}

std::unique_ptr<schedule> at_times(cron_schedule times, std::string description) {
  return std::make_unique<cron_times>(std::move(times), std::move(description));
}

}  // namespace bight::detail
