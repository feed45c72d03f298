#include "core/scheduler/loop_signals.hpp"

#include <signal.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <bight/core/introspect.hpp>
#include <bight/core/log.hpp>
#include <cstddef>
#include <mutex>

namespace bight::detail {
namespace {

using action = struct sigaction;

action action_of(int signal) noexcept {
  action a{};
  ::sigaction(signal, nullptr, &a);
  return a;
}
bool same_handler(const action& a, const action& b) noexcept {
  return (a.sa_flags & SA_SIGINFO) == (b.sa_flags & SA_SIGINFO) && a.sa_handler == b.sa_handler;
}
bool is_default(const action& a) noexcept { return a.sa_handler == SIG_DFL; }
bool is_known(int signal) noexcept { return signal >= 0 && signal < NSIG; }

// The data of the signal handler, which may run in any thread and step.
struct watched_signal {
  std::atomic<void (*)(int)> asio = nullptr;
  std::atomic<unsigned> holders = 0;     // objects that keep `run` from it
  std::atomic<unsigned> interrupts = 0;  // runs that end at it
};
constinit std::array<watched_signal, NSIG> watched_signals;
constinit std::atomic<unsigned> ending_runs = 0;      // that end at a signal
constinit std::atomic<unsigned> interrupts_seen = 0;  // that have come since the first of them began
static_assert(std::atomic<void (*)(int)>::is_always_lock_free && std::atomic<unsigned>::is_always_lock_free);

// The second interrupt ends the process from here, since the loop may be blocked.
extern "C" void bight_signal_handler(int number) {
  const auto& w = watched_signals[static_cast<std::size_t>(number)];
  if (w.interrupts != 0 && w.holders == 0 && interrupts_seen.fetch_add(1) != 0) ::_exit(128 + number);
  if (auto* const asio = w.asio.load()) asio(number);
}

// The actions of signals before Asio handled them. Asio itself restores only the default action.
class dispositions {
 public:
  /// Returns false if it is not taken over.
  bool take(boost::asio::signal_set& set, int signal, signal_use use) {
    const std::lock_guard lock{mutex_};
    if (!is_known(signal)) {
      set.add(signal);  // says what is wrong with it
      return true;
    }
    auto& e = entries_[static_cast<std::size_t>(signal)];
    auto& w = watched_signals[static_cast<std::size_t>(signal)];
    const auto now = action_of(signal);
    const bool ours = e.users != 0 && same_handler(now, e.installed);
    if (use != signal_use::hold && !ours && !is_default(now)) return false;
    if (e.users == 0) e.before = now;
    set.add(signal);
    if (e.users++ == 0) install(e, w, signal);
    if (use == signal_use::hold) ++w.holders;
    if (use == signal_use::interrupt) {
      if (ending_runs++ == 0) interrupts_seen = 0;
      ++w.interrupts;
    }
    return true;
  }
  void give_back(boost::asio::signal_set& set, int signal, signal_use use) noexcept {
    const std::lock_guard lock{mutex_};
    auto& e = entries_[static_cast<std::size_t>(signal)];
    auto& w = watched_signals[static_cast<std::size_t>(signal)];
    if (use == signal_use::hold) --w.holders;
    if (use == signal_use::interrupt) {
      --w.interrupts;
      --ending_runs;
    }
    sigset_t held;
    sigset_t mask;
    ::sigemptyset(&held);
    ::sigaddset(&held, signal);
    // A signal that arrives while the default action is set temporarily stays pending until the action is
    // restored.
    ::pthread_sigmask(SIG_BLOCK, &held, &mask);
    const auto now = action_of(signal);
    boost::system::error_code ignored;
    set.remove(signal, ignored);
    --e.users;
    if (!same_handler(now, e.installed))
      ::sigaction(signal, &now, nullptr);  // somebody has taken it over since
    else if (e.users == 0)
      ::sigaction(signal, is_default(action_of(signal)) ? &e.before : &e.asio, nullptr);
    ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  }

 private:
  struct entry {
    std::size_t users = 0;
    action before{};
    action asio{};
    action installed{};
  };
  // Installs our handler, which calls Asio's.
  static void install(entry& e, watched_signal& w, int signal) noexcept {
    e.asio = action_of(signal);
    w.asio = e.asio.sa_handler;
    e.installed = e.asio;
    e.installed.sa_handler = &bight_signal_handler;
    ::sigaction(signal, &e.installed, nullptr);
  }
  std::mutex mutex_;
  std::array<entry, NSIG> entries_;
};

// Never destroyed: static objects may use it.
dispositions& all_dispositions() {
  static auto* const all = new dispositions;
  return *all;
}

}  // namespace

loop_signals::~loop_signals() {
  if (waiting_) executor().on_work_started();
  for (const int s : taken_) all_dispositions().give_back(set_, s, use_);
}

void loop_signals::wait_for(std::initializer_list<int> signals) {
  taken_.reserve(signals.size());
  for (const int s : signals) {
    if (std::find(taken_.begin(), taken_.end(), s) != taken_.end()) continue;
    if (all_dispositions().take(set_, s, use_)) taken_.push_back(s);
  }
  if (!taken_.empty()) wait();
}

void loop_signals::received(int signal) {
  if (use_ == signal_use::hold || watched_signals[static_cast<std::size_t>(signal)].holders == 0)
    call_(signal);
}

dump_on_signal::dump_on_signal(loop_impl& loop)
    : set_(loop, signal_use::dump, [](int) { log(log_level::warning, "bight: tasks:\n" + dump_tasks()); }) {
  set_.wait_for({SIGUSR1});
}

}  // namespace bight::detail
