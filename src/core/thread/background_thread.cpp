#include "core/thread/background_thread.hpp"

#include <pthread.h>
#include <signal.h>
#include <string>
#include <utility>

namespace bight::detail {

std::thread start_background_thread(const char* name, std::function<void()> body) {
  constexpr std::size_t longest_name = 15;  // pthread_setname_np(3)
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  struct restore {
    const sigset_t& mask;
    ~restore() { ::pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
  } const at_end{before};
  std::thread t{std::move(body)};
  ::pthread_setname_np(t.native_handle(), std::string{name}.substr(0, longest_name).c_str());
  return t;
}

}  // namespace bight::detail
