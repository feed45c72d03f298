// host_descriptors NAME: what a host hands out under that name, twice, as two starts of a service take it.
#include <fcntl.h>

#include <bight/core.hpp>
#include <bight/service.hpp>
#include <iostream>

namespace {

bight::awaitable<void> take(const char* name) {
  bight::service_host host;
  for (int i = 0; i != 2; ++i) {
    const auto passed = host.descriptors(name);
    std::cout << passed.size();
    for (const auto& d : passed)
      std::cout << ' ' << d.name() << ' ' << (::fcntl(d.get(), F_GETFD) == FD_CLOEXEC ? "open" : "wrong");
    std::cout << '\n';
  }
  co_return;
}

}  // namespace

int main(int argc, char** argv) { return bight::run_main(take, argc > 1 ? argv[1] : ""); }
