#include <bight/net/network.hpp>

#include <utility>

namespace bight::net {
namespace {

task_local<std::shared_ptr<network>>& ambient_network() {
  static task_local<std::shared_ptr<network>> value;
  return value;
}

}  // namespace

std::shared_ptr<network> current_network() {
  const auto* const value = ambient_network().find();
  return value ? *value : nullptr;
}

network_scope::network_scope(std::shared_ptr<network> n) : scope_(ambient_network().with(std::move(n))) {}

}  // namespace bight::net
