// What connect keeps in a resolver.
#pragma once
#include <bight/net/resolver.hpp>
#include <optional>
#include <string_view>

namespace bight::net {

/// The address family by which a host was reached last, true for IPv6. Forgotten after 10 minutes.
struct resolver_access {
  static std::optional<bool> winner(const resolver& r, std::string_view host);
  static void remember_winner(const resolver& r, std::string_view host, bool v6);
};

}  // namespace bight::net
