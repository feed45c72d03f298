// UTF-8 that arrives in pieces.
#pragma once
#include <array>
#include <bight/core/detail/utf8.hpp>
#include <cstddef>
#include <string_view>

namespace bight::http::ws {

/// Finds the first invalid byte when it arrives, not at the end of its character.
class utf8_checker {
 public:
  /// Returns whether everything so far is the beginning of valid text.
  bool feed(std::string_view text) noexcept {
    while (size_ != 0) {
      if (text.empty()) return true;
      begun_[size_++] = text.front();
      text.remove_prefix(1);
      const auto found = bight::detail::first_of_utf8({begun_.data(), size_});
      if (found.valid)
        size_ = 0;
      else if (!found.cut_off)
        return false;
    }
    text.remove_prefix(bight::detail::utf8_prefix(text));
    if (text.empty()) return true;
    if (!bight::detail::first_of_utf8(text).cut_off) return false;
    size_ = text.copy(begun_.data(), begun_.size());
    return true;
  }
  /// Whether the text may end here.
  bool complete() const noexcept { return size_ == 0; }
  void reset() noexcept { size_ = 0; }

 private:
  std::array<char, 4> begun_{};  // a character that is not complete
  std::size_t size_ = 0;
};

}  // namespace bight::http::ws
