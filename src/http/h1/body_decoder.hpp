// The body of a message: the four framings of RFC 9112 6.3.
#pragma once
#include <cstdint>
#include <string_view>

#include "http/h1/field_section.hpp"
#include "http/h1/types.hpp"

namespace bight::http::h1 {

/// Cuts a body out of the input, without copying. Never reads beyond the end of the message.
template <profile P>
class body_decoder {
 public:
  explicit body_decoder(const limits& bounds) noexcept : bounds_(bounds) {}

  /// Begins a body. `length` counts for framing::length alone.
  void begin(framing kind, std::uint64_t length) noexcept;
  /// The next step: body, end, need_more or error.
  step feed(std::string_view input, diagnostics& diag);
  /// The input has ended. Returns: whether the body may end here; if not, diag has the error.
  bool finish(diagnostics& diag) noexcept;

  /// `size` body bytes went by outside. Precondition: size <= contiguous().
  void skip(std::uint64_t size) noexcept;

  bool done() const noexcept { return state_ == state::done; }
  /// The number of body bytes that went by.
  std::uint64_t received() const noexcept { return received_; }
  /// How many of the next bytes are body: the rest of the whole body or of this chunk; unlimited up to the
  /// close.
  std::uint64_t contiguous() const noexcept { return state_ == state::until_close ? unlimited : remaining_; }
  /// Replaces the limit of body bytes. It holds from the next step on.
  void limit(std::uint64_t body) noexcept { max_body_ = body; }
  /// The trailers; none before the end, or after an error. Lifetime: as long as the input of the step that
  /// gave `end`.
  headers_view trailers() const noexcept {
    if (!done()) return {};
    return {trailers_.text(trailer_text_), trailers_.table()};
  }

 private:
  enum class state : std::uint8_t { done, length, until_close, chunk_line, chunk_data, chunk_end, trailer };

  step take(std::string_view input, std::size_t consumed, diagnostics& diag) noexcept;
  outcome framing_part(std::string_view input, std::size_t& consumed, diagnostics& diag);
  outcome chunk_line(std::string_view input, std::size_t& consumed, diagnostics& diag) noexcept;
  outcome chunk_end(std::string_view input, std::size_t& consumed, diagnostics& diag) noexcept;
  bool read_chunk_line(const char* base, const char* line, const char* stop, diagnostics& diag,
                       std::uint64_t& size) noexcept;
  bool begin_chunk(std::uint64_t size, std::size_t line_size, std::size_t position,
                   diagnostics& diag) noexcept;

  state state_ = state::done;
  std::uint64_t remaining_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t overhead_ = 0;
  std::uint64_t max_body_ = unlimited;
  limits bounds_;
  const char* trailer_text_ = nullptr;
  field_section<P> trailers_;
};

extern template class body_decoder<profile::strict>;
extern template class body_decoder<profile::lenient>;

}  // namespace bight::http::h1
