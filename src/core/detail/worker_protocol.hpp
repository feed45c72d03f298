// What a process pool and its workers say to each other: both run on the same machine, mostly the same
// binary.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace bight::detail {

/// Says to a program that it is a worker. Its value is the version of this protocol.
inline constexpr char worker_variable[] = "BIGHT_PROCESS_POOL_WORKER";
inline constexpr char worker_version[] = "1";

inline constexpr std::size_t longest_function_name = 255;

/// The first that a worker sends.
struct worker_hello {
  static constexpr std::uint64_t expected = 0x0100'746867'6962ULL;
  std::uint64_t magic = expected;
};

/// Name and payload follow.
struct call_header {
  std::uint64_t name_size = 0;
  std::uint64_t payload_size = 0;
  std::uint64_t max_answer = 0;
};

enum class answer_kind : std::uint64_t {
  value,             ///< The bytes follow.
  error,             ///< What the exception said follows.
  unknown_function,  ///< Nothing follows.
  too_large,         ///< Nothing follows; `size` is that of the answer.
};

/// `size` bytes follow, where any do.
struct answer_header {
  answer_kind kind = answer_kind::value;
  std::uint64_t size = 0;
};

/// Of the text of an exception; what is longer is cut.
inline constexpr std::size_t longest_error_text = 64U << 10U;

template <class T>
std::span<const std::byte> bytes_of(const T& value) noexcept {
  return std::as_bytes(std::span{&value, 1});
}
template <class T>
std::span<std::byte> writable_bytes_of(T& value) noexcept {
  return std::as_writable_bytes(std::span{&value, 1});
}

}  // namespace bight::detail
