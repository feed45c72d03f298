#include <bight/fs/text.hpp>

#include <bight/core/detail/utf8.hpp>
#include <bight/core/thread_pool.hpp>
#include <bight/fs/read_file.hpp>
#include <bight/fs/write_file.hpp>
#include <cerrno>
#include <optional>
#include <utility>

#include "fs/detail/service.hpp"
#include "fs/detail/text_decoder.hpp"

namespace bight::fs {

using std::filesystem::path;

namespace {

// That takes some 50 us of pure ASCII, and less than 500 of anything else.
constexpr std::size_t most_in_place = 64U << 10U;

std::string describe(const char* operation, const path& of, std::uint64_t offset, std::string_view bytes,
                     const char* reason) {
  constexpr std::string_view digits = "0123456789abcdef";
  auto text = std::string{operation} + " '" + of.string() + (bytes.size() == 1 ? "': byte" : "': bytes");
  for (const char c : bytes) {
    const auto value = static_cast<unsigned char>(c);
    text.append({' ', digits[value >> 4U], digits[value & 15U]});
  }
  return text + " at offset " + std::to_string(offset) + (bytes.size() == 1 ? " is" : " are") +
         " not UTF-8: " + reason;
}

void throw_if(const std::optional<detail::malformed_text>& found, const char* operation, const path& of) {
  if (found) throw text_error(operation, of, found->offset, found->bytes, found->reason);
}

// Looks through text of that size: here, or on a thread.
template <class Job>
awaitable<void> look_through(std::size_t size, Job job) {
  if (size <= most_in_place)
    job();
  else
    co_await run_in_executor(detail::threads(), [&] { job(); });
}

// Text as it goes into the file: in `changed`, if something has to be.
std::string_view encode(std::string_view text, const write_text_options& options, const path& to,
                        std::string& changed) {
  if (options.errors != text_errors::keep && !bight::detail::is_utf8(text)) {
    changed = text;
    throw_if(detail::decode_all(changed, {.errors = options.errors}), "write", to);
    text = changed;
  }
  if (!options.bom && !options.crlf) return text;
  std::string encoded{options.bom ? bight::detail::utf8_byte_order_mark : std::string_view{}};
  encoded.reserve(encoded.size() + text.size() + text.size() / 16);
  while (options.crlf) {
    const auto line_end = text.find('\n');
    encoded.append(text.substr(0, line_end));
    if (line_end == text.npos) break;
    encoded.append("\r\n");
    text.remove_prefix(line_end + 1);
  }
  if (!options.crlf) encoded.append(text);
  changed = std::move(encoded);
  return changed;
}

}  // namespace

text_error::text_error(const char* operation, const path& of, std::uint64_t offset, std::string bytes,
                       const char* reason)
    : system_error(boost::system::error_code{EILSEQ, boost::system::system_category()},
                   describe(operation, of, offset, bytes, reason)),
      offset_(offset),
      bytes_(std::move(bytes)) {}

awaitable<std::string> read_text(path from, read_text_options options) {
  auto text = co_await read_file(from, options.max_size);
  const detail::decoding how{.errors = options.errors,
                             .universal_newlines = options.universal_newlines,
                             .skip_bom = options.skip_bom};
  const auto decode = [&] { throw_if(detail::decode_all(text, how), "read", from); };
  co_await look_through(text.size(), decode);
  co_return text;
}

awaitable<void> write_text(path to, std::string_view text, write_text_options options) {
  std::string changed;
  const auto encode_it = [&] { text = encode(text, options, to, changed); };
  co_await look_through(text.size(), encode_it);
  if (options.atomically) {
    const atomic_options as{.permissions = options.permissions};
    co_await write_file_atomically(std::move(to), text, as);
  } else {
    co_await write_file(std::move(to), text, options.permissions);
  }
}

}  // namespace bight::fs
