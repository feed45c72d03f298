#include "core/scheduler/loop_impl.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <bight/core/detail/loop_guest.hpp>
#include <bight/core/error.hpp>
#include <bight/core/log.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <vector>

#include "core/scheduler/introspect.hpp"
#include "core/scheduler/step_watchdog.hpp"

namespace bight::detail {

loop_impl::loop_impl(loop_options options, boost::asio::io_context* io)
    : options_(options),
      own_io_(io ? nullptr : std::make_unique<boost::asio::io_context>(1)),
      io_(io ? io : own_io_.get()),
      timer_(std::in_place, *io_),
      mailbox_(std::make_shared<mailbox>(*io_, *this)) {
  const char* const wanted = std::getenv("BIGHT_DEBUG");
  debug = options_.debug || (wanted && *wanted == '1');
  if (options_.yield_at_every_await) budget_per_turn = 0;
  random_.seed(options_.shuffle_seed);
  if (options_.clock == clock_mode::virtual_) {
    virtual_now = &virtual_time_;
    virtual_beginning = wall_clock::now();
  }
}

loop_impl::~loop_impl() { close(); }

void loop_impl::close() noexcept {
  if (!timer_) return;
  if (debug && !children_.empty()) report_unfinished();
  const auto undelivered = mailbox_->close();
  loop_core* const previous = std::exchange(this_loop, this);
  // The entries of the ready list belong to frames that are destroyed next, as do those that destructors
  // wake.
  closing = true;
  drain_posted = false;
  take_ready();
  while (auto* t = children_.back()) t->abandon();
  while (auto* const g = guests) {
    g->leave();
    g->loop_closing();
  }
  this_loop = previous;
  hold_work(false);
  timer_.reset();
  watcher_.reset();
  own_io_.reset();
  io_ = nullptr;
}

void loop_impl::report_unfinished() const noexcept {
  try {
    log(log_level::warning, "bight: a loop was destroyed with unfinished tasks:" + describe_tasks(*this));
  } catch (...) { log(log_level::warning, "bight: a loop was destroyed with unfinished tasks"); }
}

void loop_core::post_drain() noexcept { static_cast<loop_impl*>(this)->post_drain_now(); }

void loop_impl::post_drain_now() noexcept {
  if (closing) {
    take_ready();
    return;
  }
  drain_posted = true;
  boost::asio::post(*io_, [this] { drain(); });
}

void loop_impl::drain() {
  if (!timer_) return;  // closed, on a context that lives on
  const loop_entry entry{*this};
  const auto started = std::chrono::steady_clock::now();
  constexpr int items_per_look = 128;  // reading the clock costs as much as two short steps
  int items = 0;
  for (int turn = 0; turn != options_.max_turns_per_poll && ready_head; ++turn) {
    if (options_.shuffle_seed != 0) [[unlikely]] {
      run_shuffled();
      continue;
    }
    for (scheduled* item = take_ready(); item;) {
      scheduled* const following = after(*item);
      item->run();
      item = following;
      ++items;
    }
    if (items >= items_per_look) {
      items = 0;
      if (std::chrono::steady_clock::now() - started >= options_.max_time_per_poll) break;
    }
  }
  drain_posted = false;
  if (ready_head) post_drain_now();
}

void loop_impl::run_shuffled() {
  std::vector<scheduled*> items;
  for (auto* item = take_ready(); item; item = after(*item)) items.push_back(item);
  std::shuffle(items.begin(), items.end(), random_);
  for (auto* const item : items) {
    if (!options_.yield_at_every_await) budget_per_turn = static_cast<int>(random_() % 4);
    item->run();
  }
}

step_watchdog* loop_impl::watcher() noexcept {
  if (!watcher_) {
    try {
      watcher_ = std::make_unique<step_watchdog>(options_.slow_step_threshold);
    } catch (const std::exception&) {}  // no thread, or no memory
  }
  return watcher_.get();
}

// Only a cycle that is found twice is reported: the first time, a wait may have been about to end.
void loop_impl::look_for_cycles() noexcept {
  constexpr auto interval = std::chrono::seconds{1};
  const auto now = clock::now();
  if (now < next_look_) return;
  next_look_ = now + interval;
  try {
    auto found = describe_cycle(*this);
    if (found != cycle_) {
      cycle_ = std::move(found);
      cycle_reported_ = false;
    } else if (!cycle_.empty() && !std::exchange(cycle_reported_, true)) {
      log(log_level::warning, "bight: tasks wait for each other" + cycle_);
    }
  } catch (const std::exception&) {}  // no memory: the next look may have some
}

void loop_impl::before_block() {
  if (debug && timer_) [[unlikely]]
    look_for_cycles();
  stop_if_finished();
  if (virtual_now || !timer_) return;
  hold_work(!timers.empty());
  if (timers.empty() || timers.earliest() >= armed_for_) return;
  armed_for_ = timers.earliest();
  timer_->expires_at(std::chrono::steady_clock::time_point{armed_for_.time_since_epoch()});
  // Asio counts its wait as work. That would hide a deadlock until a timer has fired that nobody waits for
  // any more, so the count is taken back while the wait lasts: see hold_work.
  const auto executor = io_->get_executor();
  timer_->async_wait([this, executor](const boost::system::error_code& ec) {
    executor.on_work_started();
    if (!ec) timer_fired();
  });
  executor.on_work_finished();
}

// Deadlines keep the context running, also `forever`: such a task waits for a signal.
void loop_impl::hold_work(bool hold) noexcept {
  if (std::exchange(holds_work_, hold) == hold) return;
  if (hold)
    io_->get_executor().on_work_started();
  else
    io_->get_executor().on_work_finished();
}

void loop_impl::timer_fired() {
  const loop_entry entry{*this};
  armed_for_ = clock::time_point::max();
  fire_due(clock::now());
}

bool loop_impl::fire_due(clock::time_point now) noexcept {
  bool any = false;
  while (auto* node = timers.pop_due(now)) {
    node->expired();
    any = true;
  }
  return any;
}

void loop_impl::stop_if_finished() noexcept {
  if (running_ && finished()) io_->stop();
}

void loop_impl::refuse_second_thread() {
  constexpr auto text = "bight: a second thread runs the io_context of a loop";
  log(log_level::error, text);
  second_thread_ = true;
  io_->stop();
  throw boost::system::system_error(make_error_code(errc::loop_running), text);
}

void loop_impl::check_second_thread() const {
  if (second_thread_)
    throw boost::system::system_error(make_error_code(errc::loop_running),
                                      "bight: a second thread has run the io_context of this loop");
}

void loop_impl::child_started(task_base& child) noexcept {
  if (attached() && children_.empty()) io_->get_executor().on_work_started();
  children_.push_back(child);
}

void loop_impl::child_finished(task_base& child) noexcept {
  children_.remove(child);
  if (static_cast<joinable_task&>(child).ending) --ending_;
  if (attached() && children_.empty() && io_) io_->get_executor().on_work_finished();
}

// Cancelled tasks may start others for cleanup, which are cancelled when all of these have ended.
void loop_impl::cancel_all(cancel_reason reason) noexcept {
  for (auto* t = children_.front(); t; t = t->next_sibling) {
    if (std::exchange(static_cast<joinable_task*>(t)->ending, true)) continue;
    ++ending_;
    t->request_cancel(nullptr, reason, {});
  }
}

bool is_wrong_thread(const loop_core& loop, const char* what) noexcept {
  if (!loop.debug || loop.closing || !static_cast<const loop_impl&>(loop).is_foreign_here()) return false;
  try {
    log(log_level::error, fmt::format("bight: {} from a thread other than its loop's; use "
                                      "loop.call_soon_threadsafe there",
                                      what));
  } catch (...) { log(log_level::error, "bight: a loop is used from another thread than its own"); }
  return true;
}

void require_own_thread(const loop_core& loop, const char* what) {
  if (!is_wrong_thread(loop, what)) return;
  throw boost::system::system_error(make_error_code(errc::wrong_loop),
                                    std::string{"bight: "} + what + " from another thread");
}

template <class Run>
void loop_impl::run_as_current(task_base* t, Run run) {
  if (this_loop)
    throw boost::system::system_error(make_error_code(errc::loop_running),
                                      "bight: run inside a running loop");
  if (!claim_thread())
    throw boost::system::system_error(make_error_code(errc::loop_running),
                                      "bight: a second thread runs this loop");
  check_second_thread();
  struct restore {
    loop_impl& l;
    ~restore() {
      l.running_ = false;
      l.awaited_ = nullptr;
      this_loop = nullptr;
    }
  } const at_end{*this};
  awaited_ = t;
  this_loop = this;
  running_ = true;
  run();
}

void loop_impl::run_until(task_base* t) {
  run_as_current(t, [this] { virtual_now ? run_virtual() : run_real(); });
}

void loop_impl::shut_down(std::chrono::nanoseconds limit) {
  while (!children_.empty()) {
    cancel_all(cancel_reason::shutdown);
    run_as_current(nullptr, [this, &limit] { virtual_now ? run_virtual() : run_down(limit); });
  }
}

void loop_impl::run_real() {
  if (finished()) return;
  io_->restart();
  io_->run();
  check_second_thread();
  // Out of work without having been stopped: nothing is left that could wake a task.
  if (!finished()) throw deadlock_error(describe_tasks(*this));
}

void loop_impl::run_down(std::chrono::nanoseconds& limit) {
  constexpr std::chrono::nanoseconds interval = std::chrono::seconds{10};
  while (!finished()) {
    const auto step = std::min(interval, limit);
    io_->restart();
    io_->run_for(step);
    if (finished()) return;
    check_second_thread();
    if (io_->stopped()) throw deadlock_error(describe_tasks(*this));
    log(log_level::warning, "bight: run is waiting for cancelled tasks:" + describe_tasks(*this));
    limit -= step;
    if (limit <= std::chrono::nanoseconds::zero()) std::_Exit(EXIT_FAILURE);
  }
}

task_owner& root_owner(loop_core& loop) noexcept { return static_cast<loop_impl&>(loop); }

loop_core& require_loop() {
  if (!this_loop)
    throw boost::system::system_error(make_error_code(errc::wrong_loop),
                                      "bight: no loop is running on this thread");
  return *this_loop;
}

}  // namespace bight::detail
