// multipart: a form with files. multipart_reader: the same in a server.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/byte_source.hpp>
#include <bight/http/body.hpp>
#include <bight/http/headers.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bight::http {

class server_request;

/// A body of type multipart/form-data (RFC 7578), as browsers send forms with files.
///
///     http::multipart upload;
///     upload.field("title", "Holiday").file("photo", "beach.jpg");
///     request.headers().set("Content-Type", upload.content_type());
///     request.set_body(upload.take_body());
///
/// Quotes and line ends in names and file names are percent-encoded, as browsers do. Errors of the functions
/// that add parts: errc::invalid_form for a zero byte in a name or file name, or a media type that is not a
/// field value. Move-only.
class multipart {
 public:
  /// With a random boundary.
  multipart();
  /// With this boundary. Errors: errc::invalid_form unless it is 1 to 70 letters, digits and "'()+_,-./:=?",
  /// of which none may occur in a part behind a line end and two hyphens.
  explicit multipart(std::string boundary);
  multipart(multipart&&) noexcept;
  multipart& operator=(multipart&&) noexcept;
  ~multipart();

  /// Adds a field. The value is sent as it is.
  multipart& field(std::string_view name, std::string_view value) &;
  multipart field(std::string_view name, std::string_view value) &&;
  /// Adds a file, under the last component of its path unless `filename` is given; the media type is guessed
  /// from that (media_type_of) unless `content_type` is given. Its size is read now, the file is opened when
  /// it is sent, each time anew: bytes that were appended meanwhile are not sent, and if it has become
  /// shorter, sending fails with errc::truncated. Errors: system_error, naming the path, if it is not there
  /// or not a regular file. Blocks for one stat().
  multipart& file(std::string_view name, const std::filesystem::path& path, std::string_view filename = {},
                  std::string_view content_type = {}) &;
  multipart file(std::string_view name, const std::filesystem::path& path, std::string_view filename = {},
                 std::string_view content_type = {}) &&;
  /// Adds a part with any body. Without `filename` it is a field; an empty `content_type` is left out.
  multipart& part(std::string_view name, http::body content, std::optional<std::string_view> filename = {},
                  std::string_view content_type = {}) &;
  multipart part(std::string_view name, http::body content, std::optional<std::string_view> filename = {},
                 std::string_view content_type = {}) &&;

  const std::string& boundary() const noexcept;
  /// The value of Content-Type, with the boundary.
  std::string content_type() const;
  /// The size of the whole body in bytes, if that of every part is known.
  std::optional<std::uint64_t> size() const noexcept;
  /// Whether it can be sent again: if every part can.
  bool replayable() const noexcept;
  /// The body. Leaves the object without parts.
  http::body take_body();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

/// Limits of a multipart_reader. Trivially copyable.
struct multipart_limits {
  std::size_t max_parts = 1000;
  std::size_t max_header_bytes = 16 * 1024;  ///< Fields of one part; also the text before the first.
  std::uint64_t max_part_size = 1024U * 1024U * 1024U;  ///< Content of one part in bytes.
};

/// A part of a received form. It is a byte_source of its content. Names and file names are what the client
/// wrote: data, never paths. `filename*` (RFC 8187) is preferred to `filename`.
class multipart_part final : public byte_source {
 public:
  multipart_part(const multipart_part&) = delete;
  multipart_part& operator=(const multipart_part&) = delete;
  ~multipart_part() override;

  const std::string& name() const noexcept;
  /// The file name; nullopt for a field.
  const std::optional<std::string>& filename() const noexcept;
  /// The value of Content-Type; "text/plain" if there is none (RFC 7578 4.4).
  std::string_view content_type() const noexcept;
  const http::headers& headers() const noexcept;

  /// Reads the content; 0 at its end. Errors: errc::malformed_multipart; errc::body_too_large beyond
  /// max_part_size; errc::truncated if the body ends early; those of the source.
  [[nodiscard]] awaitable<std::size_t> read_some(std::span<std::byte> buffer) override;
  /// The rest of the content. Errors: errc::body_too_large beyond `limit` bytes; as read_some.
  [[nodiscard]] awaitable<std::string> text(std::size_t limit = 1024 * 1024);

 private:
  friend class multipart_reader;
  class impl;
  explicit multipart_part(std::shared_ptr<impl> i) noexcept;
  std::shared_ptr<impl> impl_;
};

/// Reads a multipart/form-data body part by part, in constant memory.
///
///     http::multipart_reader form{incoming};
///     http::multipart_part* part = co_await form.next();
///     while (part) {
///       if (part->filename()) co_await store(*part);
///       part = co_await form.next();
///     }
///
/// For the whole form of a request at once: server_request::multipart. Concurrency: one call at a time, parts
/// included. Lifetime: the source must outlive it. Cancellation: of reads of a part loses nothing.
class multipart_reader {
 public:
  /// Reads the body of a request. Errors, also those of all further calls and of the parts, where they are
  /// the client's: problem with status 415 unless Content-Type is multipart/form-data, 413 beyond a limit of
  /// sizes, and 400 otherwise.
  explicit multipart_reader(server_request& request, multipart_limits limits = {});
  /// Takes the boundary from Content-Type. Errors: errc::malformed_multipart if that is not
  /// multipart/form-data with a boundary of 1 to 70 characters.
  multipart_reader(byte_source& from, headers_view fields, multipart_limits limits = {});
  multipart_reader(byte_source& from, std::string_view content_type, multipart_limits limits = {});
  multipart_reader(multipart_reader&&) noexcept;
  multipart_reader& operator=(multipart_reader&&) noexcept;
  ~multipart_reader();

  /// The next part; null after the last. What was not read of the part before is skipped. Lifetime: until the
  /// next call. Errors: as multipart_part::read_some, and errc::malformed_multipart beyond the limits of
  /// parts and header bytes; the text says which.
  [[nodiscard]] awaitable<multipart_part*> next();

 private:
  std::shared_ptr<multipart_part::impl> impl_;
  std::unique_ptr<multipart_part> part_;
};

}  // namespace bight::http
