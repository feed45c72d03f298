// Types that are not built in are looked up in the server's catalogue.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/pg/data_type.hpp>
#include <vector>

#include "pg/session/session.hpp"

namespace bight::pg::detail {

/// Afterwards the catalogue knows all of these types. Asks the server only if it has to, with the
/// statement that has no name. Returns: whether it asked. Precondition: the session is in a call.
awaitable<bool> learn_types(session& s, type_catalog& catalog, const std::vector<oid>& types);

}  // namespace bight::pg::detail
