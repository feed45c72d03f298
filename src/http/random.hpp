// Random bytes that nobody can guess.
#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace bight::http {

/// Fills `out` with random bytes from the system's generator. Errors: system_error.
void fill_random(std::span<char> out);

/// `bytes` random bytes from the system's generator, in hexadecimal. Errors: system_error.
std::string random_hex(std::size_t bytes);

}  // namespace bight::http
