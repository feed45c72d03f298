// The parser of multipart/form-data bodies (RFC 2046 5.1, RFC 7578), without I/O.
#pragma once
#include <bight/http/headers.hpp>
#include <bight/http/multipart.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bight::http::multipart_detail {

/// What precedes the content of a part.
struct part_head {
  std::string name;
  std::optional<std::string> filename;
  http::headers headers;
};

/// Feed it pieces of the body and ask for events in between.
class parser {
 public:
  enum class event : std::uint8_t {
    need_input,  ///< Feed more, or finish.
    part,        ///< A part begins: head().
    data,        ///< Some of its content: data().
    part_end,    ///< The part is complete.
    end,         ///< The body is complete; what follows is ignored.
    error,       ///< error(), reason(). The parser stays in error.
  };

  /// Precondition: is_boundary(boundary).
  parser(std::string_view boundary, const multipart_limits& limits);

  void feed(std::string_view input);
  /// No more input will come.
  void finish() noexcept { finished_ = true; }
  event next();

  part_head& head() noexcept { return head_; }
  /// Lifetime: until the next call of feed or next.
  std::string_view data() const noexcept { return data_; }
  boost::system::error_code error() const noexcept { return error_; }
  /// What is wrong, for the text of an error.
  const char* reason() const noexcept { return reason_; }

 private:
  enum class state : std::uint8_t { preamble, head, content, done, failed };
  enum class delimiter : std::uint8_t { none, incomplete, next_part, last };

  std::string_view rest() const noexcept { return std::string_view{held_}.substr(begin_); }
  event wait();
  event fail(boost::system::error_code error, const char* reason);
  event next_of_content();
  event next_of_head();
  event give(std::size_t bytes);
  delimiter look_at_delimiter(std::size_t& size) const noexcept;
  std::size_t surely_content() const noexcept;
  const char* parse_head(std::string_view text);

  multipart_limits limits_;
  std::string delimiter_;  // CRLF, two hyphens, boundary
  std::string held_;
  std::size_t begin_ = 0;  // of what was not handled yet
  std::size_t parts_ = 0;
  std::uint64_t size_ = 0;  // of the preamble or of the content so far
  part_head head_;
  std::string_view data_;
  boost::system::error_code error_;
  const char* reason_ = "";
  state state_ = state::preamble;
  bool finished_ = false;
};

}  // namespace bight::http::multipart_detail
