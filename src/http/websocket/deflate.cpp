#include "http/websocket/deflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "http/coding/context_pool.hpp"

namespace bight::http::ws {

struct z_inflate_holder {
  z_stream stream{};
};
struct z_deflate_holder {
  z_stream stream{};
  deflate_settings made_for;
};

void end_inflate_context::operator()(z_inflate_holder* context) const noexcept {
  inflateEnd(&context->stream);
  delete context;
}
void end_deflate_context::operator()(z_deflate_holder* context) const noexcept {
  deflateEnd(&context->stream);
  delete context;
}

namespace {

constexpr std::string_view message_end{"\0\0\xff\xff", 4};  // what senders omit

using inflate_contexts = coding::context_pool<inflate_context>;
using deflate_contexts = coding::context_pool<deflate_context>;

Bytef* bytes_of(std::string_view text) noexcept {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));  // zlib does not write to it
}

inflate_context take_inflate() {
  // Any window that a peer may use fits into the largest one.
  constexpr int raw_window = -15;
  if (auto kept = inflate_contexts::take(); kept && inflateReset(&kept->stream) == Z_OK) return kept;
  auto fresh = std::make_unique<z_inflate_holder>();
  if (inflateInit2(&fresh->stream, raw_window) != Z_OK) throw std::bad_alloc();
  return inflate_context(fresh.release());
}

// What was cut off in the middle of a block is no message.
bool at_block_boundary(const z_stream& z) noexcept {
  constexpr int after_block = 128;
  constexpr int unused_bits = 63;
  return (z.data_type & after_block) != 0 && (z.data_type & unused_bits) == 0;
}

bool same_context(const deflate_settings& a, const deflate_settings& b) noexcept {
  return a.level == b.level && a.memory_level == b.memory_level && a.window_bits == b.window_bits;
}

deflate_context take_deflate(const deflate_settings& settings) {
  auto kept = deflate_contexts::take();
  if (kept && same_context(kept->made_for, settings) && deflateReset(&kept->stream) == Z_OK) return kept;
  auto fresh = std::make_unique<z_deflate_holder>();
  fresh->made_for = settings;
  if (deflateInit2(&fresh->stream, settings.level, Z_DEFLATED, -settings.window_bits, settings.memory_level,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  return deflate_context(fresh.release());
}

}  // namespace

inflater::result inflater::inflate(std::string_view piece, bool last, std::string& out, std::uint64_t max) {
  if (!context_) context_ = take_inflate();
  auto outcome = run(piece, out, max);
  if (outcome == result::ok && last) {
    outcome = run(message_end, out, max);
    if (outcome == result::ok && !at_block_boundary(context_->stream)) outcome = result::malformed;
  }
  if (last && !takeover_) inflate_contexts::give_back(std::move(context_));
  return outcome;
}

inflater::result inflater::run(std::string_view piece, std::string& out, std::uint64_t max) {
  constexpr std::size_t least = 1024;
  constexpr std::size_t most = 256 * 1024;
  auto& z = context_->stream;
  z.next_in = bytes_of(piece);
  z.avail_in = static_cast<uInt>(piece.size());  // a piece is at most what was received at once
  while (true) {
    const auto before = out.size();
    const auto wanted = std::clamp<std::size_t>(4 * std::size_t{z.avail_in}, least, most);
    const auto allowed = max - std::min<std::uint64_t>(before, max) + 1;
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, allowed));
    out.resize(before + room);
    z.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    z.avail_out = static_cast<uInt>(room);
    const int outcome = ::inflate(&z, Z_SYNC_FLUSH);
    out.resize(before + room - z.avail_out);
    if (out.size() > max) return result::too_large;
    if (outcome == Z_MEM_ERROR) throw std::bad_alloc();
    if (outcome == Z_STREAM_END) {
      // A final block ends a stream, not a message (RFC 7692 section 7.2.3.4).
      if (inflateReset(&z) != Z_OK) return result::malformed;
      if (z.avail_in == 0) return result::ok;
      continue;
    }
    if (outcome != Z_OK && outcome != Z_BUF_ERROR) return result::malformed;
    if (z.avail_in == 0 && z.avail_out != 0) return result::ok;
  }
}

void deflater::deflate(std::string_view message, std::string& out) {
  if (message.empty()) {
    out += '\0';  // RFC 7692 section 7.2.3.6
    return;
  }
  if (!context_) context_ = take_deflate(settings_);
  auto& z = context_->stream;
  constexpr std::size_t most_in = std::numeric_limits<uInt>::max() / 2;
  do {
    const auto part = message.substr(0, most_in);
    message.remove_prefix(part.size());
    z.next_in = bytes_of(part);
    z.avail_in = static_cast<uInt>(part.size());
    do {
      const auto before = out.size();
      const auto room = std::clamp<std::size_t>(std::size_t{z.avail_in} / 2, 64, 256U << 10U);
      out.resize(before + room);
      z.next_out = reinterpret_cast<Bytef*>(out.data() + before);
      z.avail_out = static_cast<uInt>(room);
      ::deflate(&z, message.empty() ? Z_SYNC_FLUSH : Z_NO_FLUSH);
      out.resize(before + room - z.avail_out);
    } while (z.avail_out == 0);
  } while (!message.empty());
  if (out.ends_with(message_end)) out.resize(out.size() - message_end.size());
  if (!settings_.takeover) deflate_contexts::give_back(std::move(context_));
}

}  // namespace bight::http::ws
