#include "core/scheduler/step_timer.hpp"

#include <fmt/format.h>
#include <time.h>
#include <array>
#include <bight/core/detail/promise.hpp>
#include <bight/core/detail/task_core.hpp>
#include <bight/core/log.hpp>
#include <optional>

#include "core/scheduler/introspect.hpp"
#include "core/scheduler/loop_impl.hpp"
#include "core/scheduler/step_watchdog.hpp"

namespace bight::detail {
namespace {

std::chrono::nanoseconds processor_time() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

std::chrono::nanoseconds slow_step_of(loop_core& loop) noexcept {
  return static_cast<loop_impl&>(loop).options().slow_step_threshold;
}

double in_ms(std::chrono::nanoseconds d) { return std::chrono::duration<double, std::milli>{d}.count(); }

// A step of a task, from the await at which it was resumed to the next one.
class step_record final : public watched_step {
 public:
  step_record(const task_base& t, loop_impl& loop)
      : name_(name_of(t)), limit_(loop.options().slow_step_threshold), watcher_(loop.watcher()) {
    if (t.leaf()) {
      for (const auto* p = t.leaf(); p && depth_ != longest; p = p->parent()) from_[depth_++] = p->site();
    }
    if (watcher_) watcher_->begin(*this);
  }
  step_record(const step_record&) = delete;
  step_record& operator=(const step_record&) = delete;
  ~step_record() { end(); }

  std::string describe(std::chrono::nanoseconds so_far) const override {
    return fmt::format("bight: a step of {} has blocked the loop for {:.1f} ms so far", name_,
                       in_ms(so_far)) +
           where_from();
  }
  /// The step has ended.
  void end() noexcept {
    if (watcher_) std::exchange(watcher_, nullptr)->end(*this);
  }

  /// `t`: null if the task may have been destroyed.
  void report(task_base* t) const {
    auto text = timer_.longer_than(limit_);
    if (text.empty()) return;
    text = fmt::format("bight: a step of {} took {}", name_, text) + where_from();
    if (t && t->finished())
      text += "\n  to its end";
    else if (t)
      describe_awaits(text, t->leaf(), "to", 2);
    log(log_level::warning, text);
  }

 private:
  std::string where_from() const {
    std::string text;
    if (depth_ == 0) text += "\n  from its start";
    for (std::size_t i = 0; i != depth_; ++i)
      text += fmt::format("\n  {} {}", i == 0 ? "from" : "in", place_of(from_[i]));
    return text;
  }

  static constexpr std::size_t longest = 16;
  std::string name_;
  std::chrono::nanoseconds limit_;
  step_watchdog* watcher_;  // null if no thread could be started
  std::array<std::source_location, longest> from_;
  std::size_t depth_ = 0;
  step_timer timer_;
};

}  // namespace

step_timer::step_timer() noexcept : wall_(std::chrono::steady_clock::now()), processor_(processor_time()) {}

std::string step_timer::longer_than(std::chrono::nanoseconds limit) const {
  const auto wall = std::chrono::steady_clock::now() - wall_;
  if (wall <= limit) return {};
  const auto processor = processor_time() - processor_;
  auto text = fmt::format("{:.1f} ms, {:.1f} ms of CPU time", in_ms(wall), in_ms(processor));
  if (processor < wall / 2) text += ": it blocked, or the machine was busy";
  return text;
}

void loop_core::resume_watched(std::coroutine_handle<> frame, task_base& task) noexcept {
  auto* const alive = task.joinable();
  if (alive) alive->add_reference();
  std::optional<step_record> record;
  try {
    record.emplace(task, static_cast<loop_impl&>(*this));
  } catch (...) {  // no memory: the step is not watched
  }
  resume_now(frame, task);
  try {
    if (record) {
      record->end();
      record->report(alive);
    }
  } catch (...) { log(log_level::warning, "bight: a slow step"); }
  if (alive) alive->release();
}

void report_slow_call(loop_core& loop, const char* what, const step_timer& since) {
  const auto took = since.longer_than(slow_step_of(loop));
  if (!took.empty()) log(log_level::warning, fmt::format("bight: {} took {}", what, took));
}

}  // namespace bight::detail
