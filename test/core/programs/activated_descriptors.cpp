// activated_descriptors [NAME]: prints the descriptors that were passed, and what is left of them afterwards.
#include <fcntl.h>

#include <bight/core.hpp>
#include <exception>
#include <iostream>

int main(int argc, char** argv) {
  try {
    auto passed = bight::take_activated_descriptors(argc > 1 ? argv[1] : "");
    for (auto& d : passed)
      std::cout << d.get() << ' ' << d.name()
                << ((::fcntl(d.get(), F_GETFD) & FD_CLOEXEC) ? "" : " inherited") << '\n';
    passed.clear();
    std::cout << "left: " << bight::take_activated_descriptors().size() << '\n';
    std::cout << (::fcntl(3, F_GETFD) == -1 ? "closed" : "open") << '\n';
  } catch (const std::exception& e) {
    std::cout << e.what() << '\n';
    return 1;
  }
}
