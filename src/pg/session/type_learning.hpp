// Types that are not built in are looked up in the server's catalogue.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/pg/data_type.hpp>
#include <vector>

#include "pg/session/session.hpp"

namespace bight::pg::detail {

/// Afterwards the connector's catalogue knows all of these types. Asks the server only if it has to.
/// Precondition: the session is in a call.
awaitable<void> learn_types(session& s, const std::vector<oid>& types);

}  // namespace bight::pg::detail
