// read_text, write_text: whole files as text.
#pragma once
#include <bight/core/awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace bight::fs {

/// How invalid UTF-8 is handled (Python's `errors`).
enum class text_errors : std::uint8_t {
  strict,   ///< Throw text_error.
  replace,  ///< Replace each maximal invalid part by U+FFFD, as browsers and Python do.
  keep,     ///< Keep the bytes unchanged, without validation (Python's surrogateescape).
};

/// Invalid UTF-8. The code is boost::system::errc::illegal_byte_sequence; the message gives bytes, position
/// and reason: "read 'a.txt': bytes e2 82 at offset 17 are not UTF-8: invalid continuation byte".
class text_error : public boost::system::system_error {
 public:
  /// `operation`: "read" or "write".
  text_error(const char* operation, const std::filesystem::path& path, std::uint64_t offset,
             std::string bytes, const char* reason);
  /// The offset of the first invalid byte, in the file or in the text to be written.
  std::uint64_t offset() const noexcept { return offset_; }
  /// The invalid bytes, one to three: the part that one U+FFFD would replace.
  const std::string& bytes() const noexcept { return bytes_; }

 private:
  std::uint64_t offset_;
  std::string bytes_;
};

/// Trivially copyable.
struct read_text_options {
  text_errors errors = text_errors::strict;
  /// Convert "\r\n" and "\r" to "\n" (Python's newline=None).
  bool universal_newlines = true;
  /// Remove a leading byte order mark (Python's "utf-8-sig"; "utf-8" would keep it).
  bool skip_bom = true;
  /// The maximum size of the file in bytes.
  std::size_t max_size = 64U << 20U;
};

/// Reads a UTF-8 text file (Path.read_text).
///
///     auto page = co_await bight::fs::read_text("index.html");
///
/// More than 64 KiB are decoded on a thread. Cancellation: leaves nothing open. Errors: text_error; those of
/// `read_file`.
[[nodiscard]] awaitable<std::string> read_text(std::filesystem::path path, read_text_options options = {});

/// Trivially copyable.
struct write_text_options {
  text_errors errors = text_errors::strict;
  /// Convert each "\n" to "\r\n", even after a "\r" (Python's newline="\r\n").
  bool crlf = false;
  /// Write a leading byte order mark (Python's "utf-8-sig").
  bool bom = false;
  /// Write atomically and sync, like write_file_atomically.
  bool atomically = false;
  /// The permissions of a new file, minus the umask.
  unsigned permissions = 0666;
};

/// Writes UTF-8 text to a file, which is created or overwritten (Path.write_text). Lifetime: `text` must stay
/// valid until completion: await the call where `text` lives.
///
///     const bight::fs::write_text_options dos{.crlf = true};
///     co_await bight::fs::write_text("notes.txt", notes, dos);
///
/// More than 64 KiB are validated on a thread. Cancellation and errors: as for `write_file`; a text_error
/// leaves the file unchanged.
[[nodiscard]] awaitable<void> write_text(std::filesystem::path path, std::string_view text,
                                         write_text_options options = {});

}  // namespace bight::fs
