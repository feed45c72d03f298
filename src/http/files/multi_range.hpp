// multipart/byteranges (RFC 9110 14.6).
#pragma once
#include <bight/http/body.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/files/ranges.hpp"

namespace bight::http::files {

/// Parts of a file with a head each.
struct multi_range {
  std::string content_type;
  http::body body;  ///< Of known size.
};

/// `content_type`: that of the file, which has `size` bytes. `boundary`: what does not occur in the file, as
/// far as random numbers can promise that.
multi_range make_multi_range(std::shared_ptr<const detail::file_range> file, std::uint64_t size,
                             std::span<const byte_range> parts, std::string_view content_type,
                             std::string boundary);

}  // namespace bight::http::files
