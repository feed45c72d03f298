// The parser of field lines: of a head after its start line, and of trailers.
#pragma once
#include <bight/http/headers.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/h1/types.hpp"

namespace bight::http::h1 {

enum class outcome : std::uint8_t {
  need_more,
  complete,
  failed,
  next_line,  ///< Between the functions of one parser: this line is done, the next one may be there.
};

/// Parses field lines up to the empty line, each line once, however the input is split. Offsets are from the
/// start of the input, which must be the same place in every call.
template <profile P>
class field_section {
 public:
  /// Begins a section whose first line is `start` bytes into the input.
  void begin(std::size_t start, std::uint32_t max_bytes, std::uint32_t max_fields) noexcept;
  outcome parse(std::string_view input, diagnostics& diag);

  /// Where the section ends in the input. Precondition: complete.
  std::size_t end() const noexcept { return position_; }
  const detail::header_table& table() const noexcept { return table_; }
  /// The text that the table describes, given the input: the same, or a copy in which folded lines were
  /// joined.
  const char* text(const char* input) const noexcept { return fixups_.empty() ? input : joined_.data(); }

 private:
  struct fixup {
    std::uint32_t offset;
    std::uint32_t size;
  };

  outcome slow_line(const char* base, const char* end, bool at_limit, diagnostics& diag);
  outcome strict_line(const char* base, const char* line, const char* stop, diagnostics& diag);
  outcome lenient_line(const char* base, const char* line, const char* stop, diagnostics& diag);
  std::string_view lenient_value(const char* base, const char* value, const char* stop, diagnostics& diag);
  void fold(const char* base, const char* line, const char* stop, diagnostics& diag);
  bool full(const char* base, const char* line, diagnostics& diag) noexcept;
  void add(const char* base, std::string_view name, std::string_view value);
  void join(const char* base);

  detail::header_table table_;
  std::vector<fixup> fixups_;  // what reads as spaces: folds, bare CRs
  std::string joined_;
  std::size_t position_ = 0;  // the first line that is not parsed
  std::size_t scanned_ = 0;   // no LF between position_ and here
  std::uint32_t max_bytes_ = 0;
  std::uint32_t max_fields_ = 0;
  std::uint32_t skipped_ = 0;      // lines that count as fields and have no entry
  bool last_was_skipped_ = false;  // what a folded line would continue has no entry
};

extern template class field_section<profile::strict>;
extern template class field_section<profile::lenient>;

}  // namespace bight::http::h1
