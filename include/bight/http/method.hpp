// Request methods.
#pragma once
#include <array>
#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bight::http {

/// The methods that RFC 9110 9.3 and RFC 5789 define, for `switch`; `other` stands for every extension
/// method.
enum class method_id : std::uint8_t { other, get, head, post, put, delete_, options, patch, connect, trace };

/// A request method: a known one such as method::get, or any token. Methods are case-sensitive (RFC
/// 9110 9.1). A small trivially copyable value: it never allocates.
class method {
 public:
  /// The longest extension method that is accepted, in bytes; the longest registered one has 17.
  static constexpr std::size_t max_size = 30;

  /// GET.
  constexpr method() noexcept = default;
  /// A known method. Precondition: id is not `other`, whose text only parse() can know.
  constexpr method(method_id id) noexcept : id_(id) {}

  /// Reads a method. Errors: errc::malformed_start_line if it is not a token of 1 to max_size characters.
  static boost::system::result<method> parse(std::string_view text) noexcept;

  constexpr method_id id() const noexcept { return id_; }
  /// The text as sent, "GET". Lifetime: that of this object for an extension method, unlimited for a known
  /// one.
  std::string_view name() const noexcept;
  /// Whether it asks for no change of state (RFC 9110 9.2.1). Extension methods: false.
  bool is_safe() const noexcept;
  /// Whether sending it twice has the effect of sending it once (RFC 9110 9.2.2). Extension methods: false.
  bool is_idempotent() const noexcept;

  friend constexpr bool operator==(const method& a, const method& b) noexcept {
    return a.id_ == b.id_ && a.size_ == b.size_ && a.text_ == b.text_;
  }

  static const method get, head, post, put, delete_, options, patch, connect, trace;

 private:
  method_id id_ = method_id::get;
  std::uint8_t size_ = 0;
  std::array<char, max_size> text_{};  // of an extension method only
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

/// The id of a method text; `other` if it is not one of those that method_id lists.
method_id find_method_id(std::string_view text) noexcept;

}  // namespace bight::http
