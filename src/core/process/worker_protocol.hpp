// The protocol between a process pool and its workers, which run on the same machine and usually from the
// same binary.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace bight::detail {

/// The environment variable that marks a worker; its value is the protocol version.
inline constexpr char worker_variable[] = "BIGHT_PROCESS_POOL_WORKER";
inline constexpr char worker_version[] = "1";

inline constexpr std::size_t longest_function_name = 255;

/// The first message of a worker.
struct worker_hello {
  static constexpr std::uint64_t expected = 0x0100'746867'6962ULL;
  std::uint64_t magic = expected;
};

/// Followed by name and payload.
struct call_header {
  std::uint64_t name_size = 0;
  std::uint64_t payload_size = 0;
  std::uint64_t max_answer = 0;
};

enum class answer_kind : std::uint64_t {
  value,             ///< Followed by the result.
  error,             ///< Followed by the message of the exception.
  unknown_function,  ///< Not followed by data.
  too_large,         ///< Not followed by data; `size` is that of the result.
};

/// Followed by `size` bytes, if any.
struct answer_header {
  answer_kind kind = answer_kind::value;
  std::uint64_t size = 0;
};

/// The maximum size of an exception message; longer ones are truncated.
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
