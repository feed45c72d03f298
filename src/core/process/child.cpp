#include "core/process/child.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <bight/core/log.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <chrono>
#include <thread>

#include "core/scheduler/loop_impl.hpp"

namespace bight::detail {
namespace {

std::atomic<child_watch> chosen_watch = child_watch::automatic;

unique_fd open_pidfd(pid_t pid) noexcept {
  if (chosen_watch.load() == child_watch::thread) return {};
  return unique_fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U))};  // close-on-exec by itself
}

exit_status status_of(const siginfo_t& info) noexcept {
  return info.si_code == CLD_EXITED ? exit_status::with_code(info.si_status)
                                    : exit_status::by_signal(info.si_status);
}

int wait_for_child(pid_t pid, siginfo_t& info, int flags) noexcept {
  int result = 0;
  do {
    info = {};
    result = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | flags);
  } while (result != 0 && errno == EINTR);
  return result;
}

// A killed process ends soon, but the kernel may first have to free much memory.
bool reap_soon(pid_t pid, siginfo_t& info) noexcept {
  constexpr int timeout_ms = 10;
  if (wait_for_child(pid, info, WNOHANG) != 0 || info.si_pid != 0) return true;
  const unique_fd fd = open_pidfd(pid);
  for (int i = 0; i != timeout_ms; ++i) {
    pollfd p{fd.get(), POLLIN, 0};
    ::poll(&p, 1, fd ? timeout_ms : 1);
    if (wait_for_child(pid, info, WNOHANG) != 0 || info.si_pid != 0) return true;
    if (fd) break;
  }
  return false;
}

void reap_in_background(pid_t pid) noexcept {
  const auto work = [pid] {
    siginfo_t ignored;
    wait_for_child(pid, ignored, 0);
  };
  try {
    std::thread{work}.detach();
  } catch (...) { work(); }  // no thread could be started: block
}

}  // namespace

void set_child_watch(child_watch how) noexcept { chosen_watch = how; }

class child::exit_notice final : public loop_message {
 public:
  explicit exit_notice(child& c) noexcept : about(&c) {}
  void delivered() noexcept override {
    if (!about) return;
    const boost::intrusive_ptr<child> keep{about};
    about->check_ended();
  }
  child* about;  // loop thread only
};

class child::waiter final : public basic_awaiter<child::waiter, queued_awaiter> {
 public:
  explicit waiter(child& c) noexcept : child_(&c) {}
  ~waiter() {
    if (parked()) leave();
  }
  const char* waiting_for() const noexcept override { return "subprocess::wait"; }

 private:
  friend class basic_awaiter<waiter, queued_awaiter>;
  friend class child;
  bool ready() override { return child_->status_.has_value(); }
  void park() override {
    child_->waiters_.push_back(*this);
    begin_external(loop());
  }
  bool unpark() noexcept override {
    leave();
    return true;
  }
  void leave() noexcept {
    child_->waiters_.remove(*this);
    end_external(loop());
  }
  exit_status result() noexcept { return *child_->status_; }
  child* child_;
};

boost::intrusive_ptr<child> child::adopt(pid_t pid, std::string name, bool leads_group) {
  boost::intrusive_ptr<child> made{new child(pid, std::move(name), leads_group)};
  made->watch();
  return made;
}

child::~child() { end(); }

awaitable<exit_status> child::wait(boost::intrusive_ptr<child> c) {
  waiter w{*c};
  co_return co_await w;
}

void child::loop_closing() noexcept { end(); }

void child::watch() {
  if (!watch_descriptor()) watch_with_thread();
}

bool child::watch_descriptor() {
  auto fd = open_pidfd(pid_);
  if (!fd) return false;
  watched_.emplace(on_this_loop(std::move(fd)));
  watched_->async_wait(stream_descriptor::wait_read,
                       [about = io_state_keeper{*this}, this](const boost::system::error_code& ec) {
                         if (ec || !home()) return;
                         const bridge_entry entry{*home()};
                         check_ended();
                       });
  return true;
}

void child::watch_with_thread() {
  notice_ = std::make_shared<exit_notice>(*this);
  std::thread{[notice = notice_, mail = mailbox_of(*home()), pid = pid_] {
    siginfo_t ignored;
    wait_for_child(pid, ignored, WNOWAIT);
    detail::send(*mail, notice);
  }}.detach();
}

void child::stop_watching() noexcept {
  if (notice_) notice_->about = nullptr;
  notice_.reset();
  watched_.reset();
}

// Returns true if it has ended.
bool child::poll_status(int flags) noexcept {
  siginfo_t info;
  if (wait_for_child(pid_, info, flags) != 0) {
    log(log_level::warning,
        fmt::format("bight: '{}', process {}, was reaped by other code; its status is unknown", name_, pid_));
    reaped_ = true;
    set_status(exit_status::with_code(255));
    return true;
  }
  if (info.si_pid == 0) return false;
  reaped_ = (flags & WNOWAIT) == 0;
  set_status(status_of(info));
  return true;
}

void child::check_ended() noexcept {
  if (status_ || reaped_) return;
  if (poll_status(leads_group_ ? WNOHANG | WNOWAIT : WNOHANG)) stop_watching();
}

void child::set_status(exit_status how) noexcept {
  if (status_) return;
  status_ = how;
  while (auto* const first = waiters_.front()) {
    static_cast<waiter*>(first)->leave();
    waiter_list::wake(*first);
  }
}

bool child::send(int signal) {
  if (!leads_group_) check_ended();  // an end that the loop has not seen yet
  if (reaped_ || (status_ && !leads_group_)) return false;
  if (::kill(leads_group_ ? -pid_ : pid_, signal) == 0) return true;
  if (errno == ESRCH) return false;
  throw boost::system::system_error(boost::system::error_code{errno, boost::system::system_category()},
                                    fmt::format("bight: send signal {} to '{}'", signal, name_));
}

void child::end() noexcept {
  if (reaped_) return;
  stop_watching();
  if (!status_) ::kill(leads_group_ ? -pid_ : pid_, SIGKILL);
  reaped_ = true;
  siginfo_t info;
  if (!reap_soon(pid_, info)) {
    reap_in_background(pid_);
    info = {};
  }
  set_status(info.si_pid != 0 ? status_of(info) : exit_status::by_signal(SIGKILL));
}

}  // namespace bight::detail
