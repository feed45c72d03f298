// upload: a file of a form.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/body.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace bight::http {
class uploaded_file;
class multipart;
}  // namespace bight::http

namespace bight::api {

/// A file of a form (`api::file`): one that a handler has received, or one that a client sends. Names and
/// media types that were received are what the client wrote: data, never paths. Cheap to copy; copies share
/// the file.
///
///     routes.add(add_photo, [&](std::string title, api::upload photo) -> bight::awaitable<int> {
///       const int id = co_await store.add(title, photo.content_type());
///       co_await photo.save_to(folder / std::to_string(id));
///       co_return id;
///     });
///     const api::upload photo{"beach.jpg", std::move(bytes)};
///     const int id = co_await client.call(add_photo, "Beach", photo);
class upload {
 public:
  upload() noexcept = default;
  /// A file to send. Without `content_type`: by the extension of the name (http::media_type_of).
  upload(std::string filename, std::string content, std::string content_type = {});
  /// A file on disk to send, under the last part of its path. It is opened when it is sent.
  static upload from_file(const std::filesystem::path& path, std::string content_type = {});

  /// The file name. Never use it as a path: see safe_filename.
  const std::string& filename() const noexcept;
  /// The file name as a name that can be used in a directory; empty if nothing is left of it. See
  /// http::uploaded_file::safe_filename.
  std::string safe_filename() const;
  std::string_view content_type() const noexcept;
  /// The size in bytes. Errors: system_error if a file on disk is not there.
  std::uint64_t size() const;
  /// The content. Errors: http::errc::body_too_large beyond `limit` bytes; those of the file.
  [[nodiscard]] awaitable<std::string> text(std::size_t limit = 1024 * 1024) const;
  /// Saves the file as `path`, which appears complete or not at all, and replaces an existing file. A file
  /// that was received can be saved once. Errors: system_error.
  [[nodiscard]] awaitable<void> save_to(std::filesystem::path path) const;

 private:
  friend struct upload_access;
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace bight::api
