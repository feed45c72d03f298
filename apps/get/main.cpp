// bight-get: downloads URLs.
#include <bight/core.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>

#include "../error_text.hpp"
#include "../log_to_stderr.hpp"
#include "getter.hpp"
#include "settings.hpp"

int main(int argc, char** argv) {
  get::settings s;
  if (const auto status = get::read_command_line(argc, argv, s)) return *status;
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error
  log_to_stderr("bight-get");
  try {
    return bight::run(get::get_all, std::cref(s));
  } catch (const bight::interrupt_error& e) { return 128 + e.signal(); } catch (const std::exception& e) {
    std::fprintf(stderr, "bight-get: %s\n", error_text(e).c_str());
    return 1;
  }
}
