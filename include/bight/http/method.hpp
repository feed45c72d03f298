// Request methods.
#pragma once
#include <array>
#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bight::http {

/// The methods of RFC 9110 9.3 and RFC 5789, for `switch`; `other` stands for all extension methods.
enum class method_id : std::uint8_t { other, get, head, post, put, delete_, options, patch, connect, trace };

/// A request method: a well-known one such as method::get, or any token. Methods are case-sensitive (RFC
/// 9110 9.1). Trivially copyable; does not allocate.
class method {
 public:
  /// Maximum length of an extension method in bytes; the longest registered method has 17.
  static constexpr std::size_t max_size = 30;

  /// GET.
  constexpr method() noexcept = default;
  /// A well-known method. Precondition: id is not `other`; use parse() for extension methods.
  constexpr method(method_id id) noexcept : id_(id) {}

  /// Parses a method. Errors: errc::malformed_start_line if it is not a token of 1 to max_size characters.
  static boost::system::result<method> parse(std::string_view text) noexcept;

  constexpr method_id id() const noexcept { return id_; }
  /// The method as sent, for example "GET". Lifetime: that of this object for extension methods, static
  /// otherwise.
  std::string_view name() const noexcept;
  /// Whether the method is safe (RFC 9110 9.2.1). False for extension methods.
  bool is_safe() const noexcept;
  /// Whether the method is idempotent (RFC 9110 9.2.2). False for extension methods.
  bool is_idempotent() const noexcept;

  friend constexpr bool operator==(const method& a, const method& b) noexcept {
    return a.id_ == b.id_ && a.size_ == b.size_ && a.text_ == b.text_;
  }

  static const method get, head, post, put, delete_, options, patch, connect, trace;

 private:
  method_id id_ = method_id::get;
  std::uint8_t size_ = 0;
  std::array<char, max_size> text_{};  // for extension methods only
};

inline constexpr method method::get{method_id::get};
inline constexpr method method::head{method_id::head};
inline constexpr method method::post{method_id::post};
inline constexpr method method::put{method_id::put};
inline constexpr method method::delete_{method_id::delete_};
inline constexpr method method::options{method_id::options};
inline constexpr method method::patch{method_id::patch};
inline constexpr method method::connect{method_id::connect};
inline constexpr method method::trace{method_id::trace};

/// The id of a method name; `other` if method_id does not list it.
method_id find_method_id(std::string_view text) noexcept;

}  // namespace bight::http
