// Programs that are interrupted: they say what they do, line by line.
#include <signal.h>

#include <bight/core.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;

void say(const std::string& line) { std::cout << line << std::endl; }

bight::awaitable<void> waits() {
  say("ready");
  co_await bight::sleep(1h);
}

bight::awaitable<void> blocks() {
  say("ready");
  std::this_thread::sleep_for(1h);
  std::this_thread::sleep_for(1h);  // the first signal has ended the first
  co_return;
}

bight::awaitable<void> cleans_up_for_ever() {
  say("ready");
  try {
    co_await bight::sleep(1h);
  } catch (const bight::cancelled_error&) { say("cancelled"); }
  co_await bight::sleep(1h);
}

// Every signal is its own, the second one too.
bight::awaitable<void> holds() {
  bight::signals stop{SIGINT, SIGTERM};
  say("ready");
  for (int i = 0; i != 3; ++i) {
    const int number = co_await stop.next();
    co_await bight::sleep(10ms);
    say("got " + std::to_string(number));
  }
  say("drained");
}

// `run` has them again when the object is gone.
bight::awaitable<void> held() {
  auto stop = std::make_unique<bight::signals>(std::initializer_list<int>{SIGINT});
  say("ready");
  co_await stop->next();
  stop.reset();
  say("let go");
  co_await bight::sleep(1h);
}

}  // namespace

int main(int, char** argv) {
  const std::string what = argv[1];
  constexpr bight::run_options options{.shutdown_timeout = 10s};
  if (what == "waits") return bight::run_main(options, waits);
  if (what == "blocks") return bight::run_main(options, blocks);
  if (what == "cleans up") return bight::run_main(options, cleans_up_for_ever);
  if (what == "holds") return bight::run_main(options, holds);
  if (what == "held") return bight::run_main(options, held);
  return 2;
}
