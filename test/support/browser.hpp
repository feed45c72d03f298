// A browser without a window.
#pragma once
#include <string>
#include <string_view>

#include "support/child_process.hpp"
#include "support/peers.hpp"
#include "support/program.hpp"

namespace bight::test {

/// Chromium, headless, with a profile of its own. It opens a page and stays until it is destroyed; what the
/// page finds out it sends to the server that the test runs.
class browser {
 public:
  static std::string missing() { return missing_program("chromium"); }
  explicit browser(std::string_view url)
      : process_({"chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                  "--no-first-run", "--disable-extensions", "--disable-background-networking",
                  "--no-proxy-server", "--remote-debugging-port=0", "--user-data-dir=" + folder_.path(),
                  std::string{url}}) {}

  /// Where it serves the DevTools protocol, once it does.
  std::string devtools_url() { return "ws://" + process_.wait_for_line("DevTools listening on ws://"); }

 private:
  scratch_folder folder_;
  child_process process_;
};

}  // namespace bight::test
