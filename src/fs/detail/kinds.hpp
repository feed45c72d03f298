// Conversion of stat results.
#pragma once
#include <sys/stat.h>

#include <bight/fs/metadata.hpp>

namespace bight::fs::detail {

file_kind kind_of_mode(unsigned mode) noexcept;
metadata translate(const struct stat& s);

}  // namespace bight::fs::detail
