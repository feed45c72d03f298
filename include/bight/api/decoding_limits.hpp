// decoding_limits: how much of a request is read.
#pragma once
#include <cstddef>

namespace bight::api {

/// Limits of the values that are read from requests. The size of a body is limited by
/// http::server_limits::max_body. Trivially copyable.
struct decoding_limits {
  std::size_t max_depth = 32;    ///< Nesting of arrays and objects.
  std::size_t max_errors = 100;  ///< Reading ends at this number.
};

}  // namespace bight::api
