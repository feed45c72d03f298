// A worker for the tests of process_pool, and programs that are none.
#include <bight/core/process_pool.hpp>

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>

namespace {

using bight::process_function;

int calls = 0;

const process_function echo{"echo", [](std::string payload) { return payload; }};
const process_function pid{"pid", [](const std::string&) { return std::to_string(::getpid()); }};
const process_function count{"count", [](const std::string&) { return std::to_string(++calls); }};
const process_function repeat{"repeat", [](const std::string& n) { return std::string(std::stoul(n), 'x'); }};
const process_function fail{"fail",
                            [](const std::string& text) -> std::string { throw std::runtime_error(text); }};
const process_function fail_oddly{"fail_oddly", [](const std::string&) -> std::string { throw 42; }};
const process_function crash{"crash", [](const std::string& signal) -> std::string {
                               ::signal(std::stoi(signal), SIG_DFL);
                               ::raise(std::stoi(signal));
                               return "still alive";
                             }};
const process_function leave{"leave",
                             [](const std::string& code) -> std::string { std::exit(std::stoi(code)); }};
const process_function hang_up{"hang_up", [](const std::string&) -> std::string {
                                 ::shutdown(3, SHUT_WR);
                                 ::pause();
                                 return {};
                               }};
const process_function print{"print", [](const std::string& text) {
                               std::cout << text << std::flush;
                               std::printf("%s", text.c_str());
                               return std::string{"printed"};
                             }};
const process_function environment{"environment", [](const std::string& name) {
                                     const char* const value = std::getenv(name.c_str());
                                     return std::string{value ? value : "not set"};
                                   }};
// Says with the file that it has begun, and ends when there is another one.
const process_function wait_for_file{"wait_for_file", [](const std::string& file) {
                                       if (auto* const f = std::fopen(file.c_str(), "w")) std::fclose(f);
                                       while (::access((file + ".end").c_str(), F_OK) != 0) ::usleep(500);
                                       return std::string{"finished"};
                                     }};
// Says likewise that it has begun, and never ends.
const process_function for_ever{"for_ever", [](const std::string& file) -> std::string {
                                  if (auto* const f = std::fopen(file.c_str(), "w")) std::fclose(f);
                                  while (true) ::pause();
                                }};

// Is killed while a worker of it computes.
bight::awaitable<void> die_during_a_call(std::string program, std::string file) {
  bight::process_pool pool{{}, bight::command(std::move(program))};
  bight::spawn([&] { return pool.call("for_ever", file); }).detach();
  while (::access(file.c_str(), F_OK) != 0) co_await bight::sleep(std::chrono::milliseconds{1});
  ::raise(SIGKILL);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "--quit") return 5;
  if (what == "--hang")
    while (true) ::pause();
  if (what == "--forget") {
    try {
      const bight::process_pool pool;
    } catch (const std::logic_error& e) {
      std::cerr << e.what() << '\n';
      return 6;
    }
    return 7;
  }
  bight::process_pool::serve_if_worker();
  if (what == "--die") bight::run(die_during_a_call, argv[0], argv[2]);
  return 8;
}
