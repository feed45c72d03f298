#include <bight/http/server_response.hpp>

#include <unistd.h>

#include <bight/fs/file.hpp>

namespace bight::http {

file_body::file_body(fs::file file, std::uint64_t offset, std::uint64_t count)
    : owner_(std::make_shared<const fs::file>(std::move(file))),
      descriptor_(owner_->native_handle()),
      offset_(offset),
      count_(count) {}

file_body::~file_body() {
  if (descriptor_ >= 0 && !owner_) ::close(descriptor_);
}

file_body& file_body::operator=(file_body&& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(offset_, other.offset_);
  std::swap(count_, other.count_);
  return *this;
}

}  // namespace bight::http
