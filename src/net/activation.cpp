#include <bight/net/activation.hpp>

#include <bight/core/activation.hpp>

namespace bight::net {

std::vector<listener> activated_listeners(std::string_view name) {
  std::vector<listener> found;
  for (auto& passed : take_activated_descriptors(name)) {
    found.push_back(listener::from_descriptor(passed.get()));
    static_cast<void>(passed.release());
  }
  return found;
}

}  // namespace bight::net
