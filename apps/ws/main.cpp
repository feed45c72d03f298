// bight-ws: a WebSocket in the terminal.
#include <bight/core.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>

#include "../error_text.hpp"
#include "../log_to_stderr.hpp"
#include "session.hpp"
#include "settings.hpp"

namespace {

bight::awaitable<int> talk(const ws::settings& s) {
  ws::session one{s};
  co_return co_await one.run();
}

}  // namespace

int main(int argc, char** argv) {
  ws::settings s;
  if (const auto status = ws::read_command_line(argc, argv, s)) return *status;
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error
  log_to_stderr("bight-ws");
  try {
    return bight::run(talk, std::cref(s));
  } catch (const bight::interrupt_error& e) { return 128 + e.signal(); } catch (const std::exception& e) {
    std::fprintf(stderr, "bight-ws: %s\n", error_text(e).c_str());
    return 1;
  }
}
