// WebSocket frames (RFC 6455 section 5.2): heads and masking.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bight::http::ws {

enum class opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

enum class side : std::uint8_t { client, server };

constexpr bool is_control(opcode code) noexcept { return (static_cast<unsigned>(code) & 8U) != 0; }

using mask_key = std::array<char, 4>;

constexpr std::size_t max_frame_head = 14;
constexpr std::size_t max_control_payload = 125;

/// What the head of a frame says.
struct frame_head {
  opcode code = opcode::text;
  bool fin = true;
  bool compressed = false;  ///< RSV1 (RFC 7692 section 6).
  bool masked = false;
  mask_key key{};
  std::uint64_t size = 0;  ///< Of the payload.
};

/// Writes a head with the shortest length form to `out`, which has room for max_frame_head bytes. Returns its
/// size.
std::size_t write_head(char* out, const frame_head& head) noexcept;

/// Masks or unmasks `data`, whose first byte is byte `offset` of the payload (RFC 6455 section 5.3).
void apply_mask(std::span<char> data, const mask_key& key, std::size_t offset = 0) noexcept;

/// Appends a frame to `out`; its payload is masked if the head says so. `head.size` is set.
void append_frame(std::string& out, frame_head head, std::string_view payload);

/// A mask that nobody can guess, from the system's generator (RFC 6455 section 10.3). Errors: system_error.
mask_key random_mask();

}  // namespace bight::http::ws
