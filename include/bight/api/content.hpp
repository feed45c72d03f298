// content: a result that is not JSON.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/body.hpp>
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>

namespace bight::api {

/// A result of any media type: a page, an image, a file. Move-only.
///
///     inline constexpr auto get_photo = api::get<api::content>("/photos/{id}", api::path<int>("id"));
///
///     routes.add(get_photo, [&](int id) -> bight::awaitable<api::content> {
///       co_return co_await api::file_content(folder / std::to_string(id), "image/jpeg");
///     });
///     auto photo = co_await client.call(get_photo, 7);
///     const auto bytes = co_await photo.bytes();
///
/// Directories of files, with ranges and caching: http::static_files.
class content {
 public:
  content() noexcept = default;
  content(std::string media_type, http::body data) noexcept
      : media_type_(std::move(media_type)), data_(std::move(data)) {}

  const std::string& media_type() const noexcept { return media_type_; }
  /// Makes browsers save it under this name instead of showing it (RFC 6266).
  content& attachment(std::string filename) & {
    filename_ = std::move(filename);
    return *this;
  }
  content attachment(std::string filename) && { return std::move(attachment(std::move(filename))); }
  const std::string& filename() const noexcept { return filename_; }
  /// All bytes. Consumes a stream, as that of a client is. Errors: http::errc::body_too_large beyond `limit`
  /// bytes; those of the connection.
  [[nodiscard]] awaitable<std::string> bytes(std::size_t limit = 64U << 20U) { return data_.collect(limit); }
  http::body take_body() noexcept { return std::move(data_); }

 private:
  std::string media_type_;
  std::string filename_;
  http::body data_;
};

/// The content of a file, which is sent without a copy in memory. Without `media_type`: by the extension of
/// the name (http::media_type_of). Errors: system_error; http::problem with status 404 if there is no such
/// file, or it is not a regular one. The path is trusted: never make it of the text of a request.
[[nodiscard]] awaitable<content> file_content(std::filesystem::path path, std::string media_type = {});

}  // namespace bight::api
