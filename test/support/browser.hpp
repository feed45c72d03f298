// A browser without a window.
#pragma once
#include <bight/core/event.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/router.hpp>
#include <bight/http/server_request.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/child_process.hpp"
#include "support/peers.hpp"
#include "support/program.hpp"

namespace bight::test {

/// Chromium, headless, with a profile of its own. It opens a page and stays until it is destroyed; what the
/// page finds out it sends to the server that the test runs.
class browser {
 public:
  static std::string missing() { return missing_program("chromium"); }
  /// `more`: further arguments of Chromium.
  explicit browser(std::string_view url, const std::vector<std::string>& more = {})
      : process_(command(url, folder_.path(), more)) {}

  /// Where it serves the DevTools protocol, once it does.
  std::string devtools_url() { return "ws://" + process_.wait_for_line("DevTools listening on ws://"); }

 private:
  static std::vector<std::string> command(std::string_view url, const std::string& folder,
                                          const std::vector<std::string>& more) {
    std::vector<std::string> all{"chromium",
                                 "--headless",
                                 "--no-sandbox",
                                 "--disable-gpu",
                                 "--no-first-run",
                                 "--disable-dev-shm-usage",
                                 "--no-proxy-server",
                                 "--disable-extensions",
                                 "--disable-background-networking",
                                 "--remote-debugging-port=0",
                                 "--user-data-dir=" + folder};
    all.insert(all.end(), more.begin(), more.end());
    all.emplace_back(url);
    return all;
  }

  scratch_folder folder_;
  child_process process_;
};

/// What a page found out: the body that it posts to /done. Copies share it.
class browser_answer {
 public:
  /// Adds /done.
  void add_to(http::router& routes) const {
    routes.post("/done", [s = state_](http::server_request& request) -> awaitable<void> {
      s->text = co_await request.text();
      s->done.set();
    });
  }
  /// Waits for it.
  awaitable<std::string> text() const {
    const auto s = state_;
    co_await wait_for(s->done.wait(), std::chrono::seconds{50});
    co_return s->text;
  }

 private:
  struct state {
    event done;
    std::string text;
  };
  std::shared_ptr<state> state_ = std::make_shared<state>();
};

}  // namespace bight::test
