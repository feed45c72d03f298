// secret; how the members of a configuration are read and shown.
#pragma once
#include <chrono>
#include <string>
#include <utility>

namespace bight::config {

/// A text that is never printed: passwords, keys, tokens. Read like a text; shown as "(secret)", if it is not
/// empty.
///
///     struct database {
///       std::string host = "localhost";
///       bight::config::secret password;
///     };
///
/// Prefer files and environment variables to command lines, which other users of the system can see.
class secret {
 public:
  secret() = default;
  explicit secret(std::string text) noexcept : text_(std::move(text)) {}

  /// The text.
  const std::string& reveal() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }

 private:
  std::string text_;
};

}  // namespace bight::config
