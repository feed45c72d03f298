// multipart_form, uploaded_file: a received form with files.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/fs/anonymous_file.hpp>
#include <bight/fs/spooled_file.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/url.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bight::http {

class server_request;

/// Options of server_request::multipart. Sizes are in bytes; that of the whole body is limited by
/// server_limits::max_body or server_request::max_body. Not an aggregate, so that it is safe in co_await
/// expressions.
struct multipart_form_options {
  multipart_form_options() {}

  std::size_t max_fields = 1000;
  std::size_t max_files = 100;
  std::size_t max_name = 1024;                ///< Of each name and file name.
  std::size_t max_header_bytes = 16 * 1024;   ///< Headers of each part.
  std::size_t max_fields_size = 1024 * 1024;  ///< Names and values of all fields.
  std::uint64_t max_file_size = std::numeric_limits<std::uint64_t>::max();  ///< Content of each file.
  /// Content of all files that is kept in memory. A file that would exceed it is put in a temporary file,
  /// which has no name and disappears with the form.
  std::size_t max_in_memory = 1024 * 1024;
  /// The directory in whose file system temporary files are created; TMPDIR or /tmp if empty. Use the one in
  /// which files will be saved: nothing is copied then.
  std::filesystem::path directory;
};

/// A file of a received form. Names and media type are what the client wrote: data, which may say anything.
class uploaded_file {
 public:
  uploaded_file(uploaded_file&&) noexcept = default;
  uploaded_file& operator=(uploaded_file&&) noexcept = default;
  ~uploaded_file() = default;

  /// The name of the form field.
  const std::string& name() const noexcept { return name_; }
  /// The file name as sent. Never use it as a path: see safe_filename.
  const std::string& filename() const noexcept { return filename_; }
  /// The file name as a name that can be used in a directory: what comes before a slash or backslash, leading
  /// dots, control characters and malformed UTF-8 are removed; at most 200 bytes. Empty if nothing is left.
  std::string safe_filename() const;
  /// The value of Content-Type; "text/plain" if there is none (RFC 7578 4.4).
  std::string_view content_type() const noexcept;
  const http::headers& headers() const noexcept { return headers_; }
  /// The size in bytes.
  std::uint64_t size() const noexcept { return size_; }
  /// Whether the content is in memory.
  bool in_memory() const noexcept { return !content_.rolled_over(); }

  /// Reads the content from its beginning: a byte_source. Any number of readers.
  fs::spooled_reader reader() const noexcept { return fs::spooled_reader{content_}; }
  /// The whole content. Errors: errc::body_too_large beyond `limit` bytes; as fs::spooled_file.
  [[nodiscard]] awaitable<std::string> text(std::size_t limit = 1024 * 1024) const;
  /// Saves the file as `path`, which appears complete or not at all. It cannot be read from this object
  /// afterwards. With `{.replace = false}`, an existing file is an error (EEXIST). Cancellation and errors:
  /// as fs::anonymous_file::publish.
  [[nodiscard]] awaitable<void> save_to(std::filesystem::path path, fs::publish_options options = {});

 private:
  friend struct multipart_form_access;
  uploaded_file() = default;
  std::string name_;
  std::string filename_;
  http::headers headers_;
  fs::spooled_file content_;
  std::uint64_t size_ = 0;
};

/// What server_request::multipart returns: the fields and files of a form (Starlette: await request.form()).
///
///     auto form = co_await request.multipart();
///     const auto title = form.fields().get("title").value_or("untitled");
///     auto* const photo = form.file("photo");
///     if (!photo) throw http::problem{400, "a photo is required"};
///     co_await photo->save_to(folder / new_name());
///
/// For files that need not be kept at all, read the parts one by one: multipart_reader. Move-only.
class multipart_form {
 public:
  multipart_form(multipart_form&&) noexcept = default;
  multipart_form& operator=(multipart_form&&) noexcept = default;
  ~multipart_form() = default;

  /// Names and values of the parts without a file name, in order, as bytes: clients usually send UTF-8.
  const query_params& fields() const noexcept { return fields_; }
  /// The parts with a file name, in order, without those of file inputs in which no file was chosen.
  std::span<uploaded_file> files() noexcept { return files_; }
  std::span<const uploaded_file> files() const noexcept { return files_; }
  /// The first file of that field; null if there is none. Lifetime: as the form.
  uploaded_file* file(std::string_view name) noexcept;

 private:
  friend struct multipart_form_access;
  multipart_form() = default;
  query_params fields_;
  std::vector<uploaded_file> files_;
};

}  // namespace bight::http
