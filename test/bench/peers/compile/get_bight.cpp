// GET of one URL, http or https.
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <iostream>

bight::awaitable<void> program(std::string url) {
  bight::http::client client;
  auto response = co_await client.get(url);
  std::cout << co_await response.text();
}
int main(int, char** argv) { return bight::run_main(program, argv[1]); }
