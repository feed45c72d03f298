// Who may see how an upgraded connection goes on.
#pragma once
#include <bight/http/server_response.hpp>

namespace bight::http {

struct upgrade_access {
  static upgrade_handler& handler(server_response& r) noexcept { return r.upgrade_; }
};

}  // namespace bight::http
