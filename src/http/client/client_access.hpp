// The engine of a client, for what is built on clients.
#pragma once
#include <bight/http/client.hpp>

#include "http/client/core.hpp"

namespace bight::http {

struct client_access {
  static const client_options& options(const client& c) noexcept { return c.core_->options(); }
};

}  // namespace bight::http
