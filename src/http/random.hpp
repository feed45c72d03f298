// Random bytes that nobody can guess.
#pragma once
#include <cstddef>
#include <string>

namespace bight::http {

/// `bytes` random bytes from the system's generator, in hexadecimal. Errors: system_error.
std::string random_hex(std::size_t bytes);

}  // namespace bight::http
