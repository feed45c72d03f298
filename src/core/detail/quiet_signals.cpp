#include "core/detail/quiet_signals.hpp"

#include <signal.h>
#include <algorithm>
#include <array>
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

// What the process did at its signals before Asio took them over, for as long as it has them. Asio itself
// leaves the default action behind.
class dispositions {
 public:
  /// `unhandled`: only if the default action was taken. Returns false if it is not taken over.
  bool take(boost::asio::signal_set& set, int signal, bool unhandled) {
    const std::lock_guard lock{mutex_};
    if (signal < 0 || static_cast<std::size_t>(signal) >= entries_.size()) {
      set.add(signal);  // says what is wrong with it
      return true;
    }
    auto& e = entries_[static_cast<std::size_t>(signal)];
    const auto now = action_of(signal);
    const bool ours = e.users != 0 && same_handler(now, e.installed);
    if (unhandled && !ours && !is_default(now)) return false;
    if (e.users == 0) e.before = now;
    set.add(signal);
    if (e.users++ == 0) e.installed = action_of(signal);
    return true;
  }
  void give_back(boost::asio::signal_set& set, int signal) noexcept {
    const std::lock_guard lock{mutex_};
    auto& e = entries_[static_cast<std::size_t>(signal)];
    sigset_t held;
    sigset_t mask;
    ::sigemptyset(&held);
    ::sigaddset(&held, signal);
    // A signal that comes while the default action is there for a moment waits for what is restored.
    ::pthread_sigmask(SIG_BLOCK, &held, &mask);
    const auto now = action_of(signal);
    boost::system::error_code ignored;
    set.remove(signal, ignored);
    --e.users;
    if (!same_handler(now, e.installed))
      ::sigaction(signal, &now, nullptr);  // somebody has taken it over since
    else if (e.users == 0 && is_default(action_of(signal)))
      ::sigaction(signal, &e.before, nullptr);
    ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  }

 private:
  struct entry {
    std::size_t users = 0;
    action before{};
    action installed{};
  };
  std::mutex mutex_;
  std::array<entry, NSIG> entries_;
};

// Never destroyed: a static object may have signals.
dispositions& all_dispositions() {
  static auto* const all = new dispositions;
  return *all;
}

}  // namespace

quiet_signals::~quiet_signals() {
  if (waiting_) executor().on_work_started();
  for (const int s : taken_) all_dispositions().give_back(set_, s);
}

void quiet_signals::wait_for(std::initializer_list<int> signals) {
  taken_.reserve(signals.size());
  for (const int s : signals) {
    if (std::find(taken_.begin(), taken_.end(), s) != taken_.end()) continue;
    all_dispositions().take(set_, s, false);
    taken_.push_back(s);
  }
  wait();
}

void quiet_signals::wait_for_unhandled(std::initializer_list<int> signals) {
  taken_.reserve(signals.size());
  for (const int s : signals)
    if (all_dispositions().take(set_, s, true)) taken_.push_back(s);
  if (!taken_.empty()) wait();
}

dumps_on_signal::dumps_on_signal(loop_impl& loop)
    : set_(loop, [](int) { log(log_level::warning, "bight: tasks:\n" + dump_tasks()); }) {
  set_.wait_for_unhandled({SIGUSR1});
}

}  // namespace bight::detail
