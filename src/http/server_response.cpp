#include <bight/http/server_response.hpp>

#include <unistd.h>

namespace bight::http {

file_body::~file_body() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

file_body& file_body::operator=(file_body&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(offset_, other.offset_);
  std::swap(count_, other.count_);
  return *this;
}

}  // namespace bight::http
