#include <bight/fs/backend.hpp>

#include "fs/detail/service.hpp"

namespace bight::fs {

void use_backend(backend wanted) { detail::service::here()->choose(wanted); }

backend backend_in_use() { return detail::service::here()->uring() ? backend::uring : backend::threads; }

}  // namespace bight::fs
