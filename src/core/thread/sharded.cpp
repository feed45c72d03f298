#include <bight/core/sharded.hpp>

#include <algorithm>
#include <atomic>
#include <bight/core/cancel.hpp>
#include <bight/core/detail/local_values.hpp>
#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/loop.hpp>
#include <latch>
#include <optional>
#include <string>
#include <thread>

#include "core/scheduler/loop_signals.hpp"
#include "core/thread/background_thread.hpp"

namespace bight {
namespace detail {

/// The state of a run_sharded or sharded.
class shard_set : public std::enable_shared_from_this<shard_set> {
 public:
  /// `dump_all`: the first shard also logs its tasks on SIGUSR1, since it has no signal handling of a runner.
  shard_set(std::size_t count, const shard_starter& start, bool dump_all = false)
      : start_(start),
        places_(count),
        all_up_(static_cast<std::ptrdiff_t>(count)),
        left_(count),
        dump_all_(dump_all) {}

  /// Runs shard `i` on its thread, from creation to destruction of its loop.
  void run(const run_options& options, std::size_t i) noexcept;
  /// Called for a shard whose thread could not be started.
  void give_up(std::size_t i, std::exception_ptr error) noexcept;
  loop_handle peer(std::size_t i) const { return places_.at(i).handle; }
  /// Blocks until all loops exist, or one could not be started.
  void wait_until_up() const { all_up_.wait(); }
  /// Cancels all programs. Precondition: all are up.
  void cancel_all() noexcept {
    post_to_all([](place& p) { p.cancel(); });
  }
  void throw_errors() const;
  std::exception_ptr interrupt() const { return interrupt_; }
  std::exception_ptr cancellation() const;

 private:
  // Written only by the thread of the shard; `handle` before all are up, the errors before all have ended.
  struct place {
    loop_handle handle;
    any_task program;
    event over;
    bool cancel_requested = false;
    bool counted = false;
    std::exception_ptr error;
    std::exception_ptr cancellation;

    void cancel() noexcept {
      cancel_requested = true;
      if (program.valid()) program.cancel();
    }
  };
  awaitable<void> main(std::size_t i);
  /// Records the end of a program; the last one ends all loops. Only the first call per shard counts.
  void ended(place& mine, std::exception_ptr error, bool cancelled) noexcept;
  template <class F>
  void post_to_all(F f) noexcept {
    for (std::size_t i = 0; i != places_.size(); ++i)
      if (places_[i].handle.valid()) places_[i].handle.call_soon_threadsafe([this, i, f] { f(places_[i]); });
  }

  const shard_starter& start_;
  const shared_values values_ = current_values();  // of who calls run_sharded
  std::vector<place> places_;
  std::latch all_up_;
  std::atomic<bool> failed_to_start_ = false;
  std::atomic<std::size_t> left_;
  std::exception_ptr interrupt_;
  const bool dump_all_;
};

void shard_set::run(const run_options& options, std::size_t i) noexcept {
  auto& mine = places_[i];
  auto values = values_;
  const values_scope scope{values};
  bool up = false;
  try {
    auto own = options;
    own.handle_signals = options.handle_signals && i == 0;
    runner r{own};
    std::optional<dump_on_signal> dumps;  // the runner of the first has its own
    if (dump_all_ || (options.handle_signals && i != 0)) dumps.emplace(asio_access::impl(r.loop()));
    mine.handle = r.loop().handle();
    up = true;
    all_up_.arrive_and_wait();
    if (failed_to_start_) return;
    struct at_end {
      any_task& program;
      ~at_end() { program = {}; }
    } const forget{mine.program};  // on this thread, and before the loop goes
    auto body = r.loop().spawn([self = shared_from_this(), i] { return self->main(i); });
    r.drive(body);
    try {
      r.check_interrupt(body);
    } catch (...) { interrupt_ = std::current_exception(); }
  } catch (...) {
    if (up)
      ended(mine, std::current_exception(), false);
    else
      give_up(i, std::current_exception());
  }
}

void shard_set::give_up(std::size_t i, std::exception_ptr error) noexcept {
  places_[i].error = std::move(error);
  failed_to_start_ = true;
  all_up_.count_down();
}

// Waits for the program and then for the other programs; a cancellation (a signal) cancels all.
awaitable<void> shard_set::main(std::size_t i) {
  auto& mine = places_[i];
  std::exception_ptr cancelled;
  mine.program = start_(loop::current(), shard{shared_from_this(), i, places_.size()});
  if (mine.cancel_requested) mine.program.cancel();
  while (!mine.over.is_set()) {
    try {
      if (!mine.program.done()) co_await mine.program.wait();
      ended(mine, mine.program.exception(), mine.program.cancelled());
      co_await mine.over.wait();
    } catch (const cancelled_error&) {
      cancelled = std::current_exception();
      cancel_all();
    }
  }
  if (cancelled && mine.program.cancelled()) std::rethrow_exception(cancelled);
}

void shard_set::ended(place& mine, std::exception_ptr error, bool cancelled) noexcept {
  if (std::exchange(mine.counted, true)) return;
  // Not a second time: that would cancel the cleanup of those that were cancelled with this one.
  if (error)
    post_to_all([](place& p) {
      if (!p.cancel_requested) p.cancel();
    });
  (cancelled ? mine.cancellation : mine.error) = std::move(error);
  if (left_.fetch_sub(1) == 1) post_to_all([](place& p) { p.over.set(); });
}

void shard_set::throw_errors() const {
  std::vector<std::exception_ptr> errors;
  std::vector<std::string> origins;
  for (std::size_t i = 0; i != places_.size(); ++i) {
    if (!places_[i].error) continue;
    errors.push_back(places_[i].error);
    origins.push_back("in shard " + std::to_string(i));
  }
  if (!errors.empty()) throw exception_group("run_sharded", std::move(errors), std::move(origins));
}

std::exception_ptr shard_set::cancellation() const {
  for (const auto& p : places_)
    if (p.cancellation) return p.cancellation;
  return nullptr;
}

std::size_t shard_count(std::size_t count) noexcept {
  return count != 0 ? count : std::max(1U, std::thread::hardware_concurrency());
}

void run_shards(const run_options& options, std::size_t count, const shard_starter& start) {
  if (this_loop)
    throw boost::system::system_error(make_error_code(errc::loop_running),
                                      "bight: run_sharded inside a running loop");
  count = shard_count(count);
  const auto shards = std::make_shared<shard_set>(count, start);
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i != count; ++i) {
    try {
      threads.push_back(start_background_thread(("bight-shard-" + std::to_string(i)).c_str(),
                                                [shards, i, &options] { shards->run(options, i); }));
    } catch (...) { shards->give_up(i, std::current_exception()); }
  }
  shards->run(options, 0);
  for (auto& t : threads) t.join();
  if (const auto interrupt = shards->interrupt()) std::rethrow_exception(interrupt);
  shards->throw_errors();
  if (const auto cancelled = shards->cancellation()) std::rethrow_exception(cancelled);
}

namespace {

/// The threads of a `sharded`. If it is destroyed before they have ended, because the loop ends, it cancels
/// the programs and waits.
class shard_threads {
 public:
  shard_threads(std::size_t count, const shard_starter& start)
      : shards_(std::make_shared<shard_set>(count, start, true)), ending_(std::make_shared<ending>(count)) {
    const auto home = loop::current().handle();
    for (std::size_t i = 0; i != count; ++i) {
      try {
        threads_.push_back(start_background_thread(("bight-shard-" + std::to_string(i)).c_str(),
                                                   [shards = shards_, ending = ending_, home, i] {
                                                     constexpr run_options options{.handle_signals = false};
                                                     shards->run(options, i);
                                                     ending->one_has_ended(home);
                                                   }));
      } catch (...) {
        shards_->give_up(i, std::current_exception());
        ending_->one_has_ended(home);
      }
    }
    shards_->wait_until_up();
  }
  shard_threads(const shard_threads&) = delete;
  shard_threads& operator=(const shard_threads&) = delete;
  ~shard_threads() {
    if (!over()) cancel();
    for (auto& t : threads_) t.join();
  }

  bool over() const noexcept { return ending_->over.is_set(); }
  /// Waits until all have ended.
  awaitable<void> wait() const { co_await ending_->over.wait(); }
  void cancel() noexcept { shards_->cancel_all(); }
  void throw_errors() const {
    shards_->throw_errors();
    if (const auto cancelled = shards_->cancellation()) std::rethrow_exception(cancelled);
  }

 private:
  struct ending : std::enable_shared_from_this<ending> {
    explicit ending(std::size_t count) : left(count) {}
    void one_has_ended(const loop_handle& home) {
      if (left.fetch_sub(1) == 1)
        home.call_soon_threadsafe([self = shared_from_this()] { self->over.set(); });
    }
    std::atomic<std::size_t> left;
    event over;  // of the home loop
  };

  std::shared_ptr<shard_set> shards_;
  std::shared_ptr<ending> ending_;
  std::vector<std::thread> threads_;
};

}  // namespace

awaitable<void> run_shards_beside(std::size_t count, const shard_starter& start) {
  shard_threads threads{count, start};
  std::exception_ptr cancelled;
  while (!threads.over()) {
    try {
      co_await threads.wait();
    } catch (const cancelled_error&) {
      cancelled = std::current_exception();
      threads.cancel();
    }
  }
  threads.throw_errors();
  if (cancelled) std::rethrow_exception(cancelled);
}

}  // namespace detail

loop_handle shard::peer(std::size_t i) const { return shards_->peer(i); }

}  // namespace bight
