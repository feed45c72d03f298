// Incremental decoding of UTF-8, line endings and byte order mark.
#pragma once
#include <bight/fs/text.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bight::fs::detail {

/// Trivially copyable.
struct decoding {
  text_errors errors = text_errors::strict;
  bool universal_newlines = false;
  bool skip_bom = false;
};

/// Bytes that are not UTF-8.
struct malformed_text {
  std::uint64_t offset = 0;  ///< Where they begin.
  std::string bytes;         ///< One to three: short enough never to allocate.
  const char* reason = "";   ///< Python's word for it.
};

/// The result is the same however the input is cut into pieces. Sans-I/O.
class text_decoder {
 public:
  /// `offset`: of the first byte; a byte order mark is one at offset 0 only.
  explicit text_decoder(const decoding& how, std::uint64_t offset = 0) noexcept
      : how_(how), offset_(offset), at_bom_(how.skip_bom && offset == 0) {}

  /// How many bytes of text a piece of that many bytes may become: three of each that is replaced, apart from
  /// that not more than the piece, and what was held back before.
  std::size_t room_for(std::size_t size) const noexcept {
    return most_room_for(how_.errors == text_errors::replace ? size : (size + 2) / 3);
  }
  /// ... in any mode.
  static constexpr std::size_t most_room_for(std::size_t size) noexcept { return 3 * (size + most_held); }

  /// Decodes a piece. Returns how many bytes of text are at `to`, which may be the piece itself if it is the
  /// first and malformed bytes are not replaced. After malformed ones, in strict mode, nothing more comes.
  std::size_t feed(std::string_view piece, char* to) noexcept;
  /// The end: what is held back. It needs `room_for(0)`.
  std::size_t finish(char* to) noexcept;

  /// What strict mode stopped at.
  const std::optional<malformed_text>& malformed() const noexcept { return malformed_; }

 private:
  static constexpr std::size_t most_held = 3;
  void match_bom(std::string_view& piece, char*& to) noexcept;
  void complete(std::string_view& piece, char*& to) noexcept;
  void decode(std::string_view piece, char*& to) noexcept;
  void put(std::string_view text, char*& to) noexcept;
  void put_malformed(std::string_view bytes, std::uint64_t offset, bool cut_off, char*& to) noexcept;

  const decoding how_;
  std::uint64_t offset_;  // of the next byte that is fed
  bool at_bom_;           // what is held may be the beginning of one
  bool after_cr_ = false;
  char held_[most_held] = {};  // the beginning of a character, or of the byte order mark
  std::size_t held_size_ = 0;
  std::optional<malformed_text> malformed_;
};

/// Decodes a whole text in its place. Returns what strict mode stopped at; the text means nothing then.
std::optional<malformed_text> decode_all(std::string& text, const decoding& how);

}  // namespace bight::fs::detail
