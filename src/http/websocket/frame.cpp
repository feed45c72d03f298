#include "http/websocket/frame.hpp"

#include <cstring>

#include "http/random.hpp"

namespace bight::http::ws {
namespace {

constexpr unsigned fin_bit = 0x80;
constexpr unsigned rsv1_bit = 0x40;
constexpr unsigned mask_bit = 0x80;
constexpr std::uint64_t max_length7 = 125;
constexpr std::uint64_t max_length16 = 0xffff;

char* write_number(char* out, std::uint64_t value, unsigned bytes) noexcept {
  for (unsigned i = bytes; i-- != 0;) *out++ = static_cast<char>(value >> (8 * i));
  return out;
}

}  // namespace

std::size_t write_head(char* out, const frame_head& head) noexcept {
  char* at = out;
  *at++ = static_cast<char>((head.fin ? fin_bit : 0U) | (head.compressed ? rsv1_bit : 0U) |
                            static_cast<unsigned>(head.code));
  const unsigned masked = head.masked ? mask_bit : 0U;
  if (head.size <= max_length7) {
    *at++ = static_cast<char>(masked | static_cast<unsigned>(head.size));
  } else if (head.size <= max_length16) {
    *at++ = static_cast<char>(masked | 126U);
    at = write_number(at, head.size, 2);
  } else {
    *at++ = static_cast<char>(masked | 127U);
    at = write_number(at, head.size, 8);
  }
  if (head.masked) {
    std::memcpy(at, head.key.data(), head.key.size());
    at += head.key.size();
  }
  return static_cast<std::size_t>(at - out);
}

// The key is repeated to a word, so the loops are as fast as memory.
void apply_mask(std::span<char> data, const mask_key& key, std::size_t offset) noexcept {
  std::array<char, 8> repeated;
  for (std::size_t i = 0; i != repeated.size(); ++i) repeated[i] = key[(offset + i) % key.size()];
  std::uint64_t word = 0;
  std::memcpy(&word, repeated.data(), sizeof word);
  char* at = data.data();
  std::size_t left = data.size();
  constexpr std::size_t step = 4 * sizeof word;
  for (; left >= step; left -= step, at += step) {
    std::uint64_t words[4];
    std::memcpy(words, at, step);
    words[0] ^= word;
    words[1] ^= word;
    words[2] ^= word;
    words[3] ^= word;
    std::memcpy(at, words, step);
  }
  for (; left >= sizeof word; left -= sizeof word, at += sizeof word) {
    std::uint64_t one = 0;
    std::memcpy(&one, at, sizeof one);
    one ^= word;
    std::memcpy(at, &one, sizeof one);
  }
  for (std::size_t i = 0; i != left; ++i) at[i] = static_cast<char>(at[i] ^ repeated[i]);
}

void append_frame(std::string& out, frame_head head, std::string_view payload) {
  head.size = payload.size();
  std::array<char, max_frame_head> room;
  const auto n = write_head(room.data(), head);
  out.reserve(out.size() + n + payload.size());
  out.append(room.data(), n);
  const auto from = out.size();
  out.append(payload);
  if (head.masked) apply_mask(std::span{out}.subspan(from), head.key);
}

// One system call for many keys.
mask_key random_mask() {
  struct reserve {
    std::array<char, 512> bytes;
    std::size_t used = sizeof bytes;
  };
  thread_local reserve keys;
  if (keys.used == keys.bytes.size()) {
    fill_random(keys.bytes);
    keys.used = 0;
  }
  mask_key key;
  std::memcpy(key.data(), keys.bytes.data() + keys.used, key.size());
  keys.used += key.size();
  return key;
}

}  // namespace bight::http::ws
