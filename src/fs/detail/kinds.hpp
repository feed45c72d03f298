// What the mode of a file says it is.
#pragma once
#include <bight/fs/metadata.hpp>

namespace bight::fs::detail {

file_kind kind_of_mode(unsigned mode) noexcept;

}  // namespace bight::fs::detail
