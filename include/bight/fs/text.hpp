// read_text, write_text: a whole file as text.
#pragma once
#include <bight/core/awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace bight::fs {

/// What is done about bytes that are not UTF-8 (Python's `errors`).
enum class text_errors : std::uint8_t {
  strict,   ///< They are an error, text_error.
  replace,  ///< Each maximal part of them becomes one U+FFFD, as in browsers and in Python.
  keep,     ///< They stay as they are: nothing is looked at, and nothing is lost (Python's surrogateescape).
};

/// Bytes that are not UTF-8. Its code is boost::system::errc::illegal_byte_sequence; the text says what,
/// where and why: "read 'a.txt': bytes e2 82 at offset 17 are not UTF-8: invalid continuation byte".
class text_error : public boost::system::system_error {
 public:
  /// `operation`: "read" or "write".
  text_error(const char* operation, const std::filesystem::path& path, std::uint64_t offset,
             std::string bytes, const char* reason);
  /// Where the bytes begin: in the file, or in the text that was to be written.
  std::uint64_t offset() const noexcept { return offset_; }
  /// One to three of them: what one U+FFFD would stand for.
  const std::string& bytes() const noexcept { return bytes_; }

 private:
  std::uint64_t offset_;
  std::string bytes_;
};

/// Trivially copyable.
struct read_text_options {
  text_errors errors = text_errors::strict;
  /// "\r\n" and "\r" become "\n" (Python's newline=None).
  bool universal_newlines = true;
  /// Drops a byte order mark at the beginning (Python's "utf-8-sig"; its "utf-8" would leave it there).
  bool skip_bom = true;
  /// How many bytes the file may have.
  std::size_t limit = 64U << 20U;
};

/// Returns the text of a file in UTF-8 (Path.read_text).
///
///     auto page = co_await bight::fs::read_text("index.html");
///
/// What is larger than 64 KiB is looked through on a thread. Cancellation: nothing is left open.
/// Errors: text_error; apart from that those of `read_file`.
[[nodiscard]] awaitable<std::string> read_text(std::filesystem::path path, read_text_options options = {});

/// Trivially copyable.
struct write_text_options {
  text_errors errors = text_errors::strict;
  /// Every "\n" becomes "\r\n", also one that comes after a "\r" (Python's newline="\r\n").
  bool crlf = false;
  /// Begins the file with a byte order mark (Python's "utf-8-sig").
  bool bom = false;
  /// As write_file_atomically does: nobody ever sees a part, and it is on the storage.
  bool atomically = false;
  /// Of a file that is made, less the umask.
  unsigned permissions = 0666;
};

/// Makes `text`, in UTF-8, the content of a file, which is made if it is not there (Path.write_text).
/// Lifetime: `text` must stay valid until the awaitable has ended: await it where `text` lives, do not return
/// it.
///
///     const bight::fs::write_text_options dos{.crlf = true};
///     co_await bight::fs::write_text("notes.txt", notes, dos);
///
/// What is larger than 64 KiB is looked through on a thread. Cancellation and errors: as with `write_file`;
/// a text_error leaves the file as it was.
[[nodiscard]] awaitable<void> write_text(std::filesystem::path path, std::string_view text,
                                         write_text_options options = {});

}  // namespace bight::fs
