#include "http/files/sending.hpp"

#include <array>
#include <bight/http/date.hpp>
#include <charconv>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "http/conditions.hpp"
#include "http/files/multi_range.hpp"
#include "http/files/ranges.hpp"
#include "http/random.hpp"
#include "http/server/plain_text.hpp"

namespace bight::http::files {
namespace {

std::string etag_of(const fs::metadata& m) {
  std::array<char, 64> buffer;
  auto* p = buffer.data();
  const auto end = buffer.data() + buffer.size();
  *p++ = '"';
  const std::chrono::nanoseconds modified = m.modified.time_since_epoch();
  for (const auto part : {m.inode, m.size, static_cast<std::uint64_t>(modified.count())}) {
    if (p != buffer.data() + 1) *p++ = '-';
    p = std::to_chars(p, end, part, 16).ptr;
  }
  *p++ = '"';
  return {buffer.data(), p};
}

// Range is defined for GET alone (RFC 9110 14.2).
range_selection selection_of(const server_request& request, const validators& current, std::uint64_t size,
                             std::size_t max_ranges) {
  const auto field = request.headers().get(header_id::range);
  if (!field || max_ranges == 0 || request.method() != method::get ||
      request.headers().is_repeated(header_id::range) || !if_range_holds(request.headers(), current))
    return {};
  return select_ranges(*field, size, max_ranges);
}

server_response not_satisfiable(std::uint64_t size) {
  auto r = detail::plain_text(status::range_not_satisfiable, "the file has no such range");
  r.headers().append(header_id::content_range, "bytes */" + std::to_string(size));
  return r;
}

server_response send_parts(representation& r, std::span<const byte_range> parts, std::uint64_t size) {
  const auto& range = parts.front();
  if (parts.size() == 1) {
    server_response one{status::partial_content, body::file(r.file.release(), range.first, range.size)};
    one.headers().append(header_id::content_type, r.content_type);
    one.headers().append(header_id::content_range, content_range(range, size));
    return one;
  }
  constexpr std::size_t boundary_bytes = 16;
  auto file = std::make_shared<const detail::file_range>(r.file.release(), 0, size);
  auto several = make_multi_range(std::move(file), size, parts, r.content_type, random_hex(boundary_bytes));
  server_response all{status::partial_content, std::move(several.body)};
  all.headers().append(header_id::content_type, several.content_type);
  return all;
}

server_response send_content(representation& r, const range_selection& selected, std::uint64_t size) {
  if (selected.what == range_selection::outcome::parts) return send_parts(r, selected.parts, size);
  server_response whole{status::ok, body::file(r.file.release(), 0, size)};
  whole.headers().append(header_id::content_type, r.content_type);
  return whole;
}

}  // namespace

server_response send_file(const server_request& request, representation r, std::size_t max_ranges) {
  const auto size = r.file.about().size;
  const auto modified = std::chrono::floor<std::chrono::seconds>(r.file.about().modified);
  const auto etag = etag_of(r.file.about());
  const validators current{.etag = etag, .modified = modified};
  const auto outcome = evaluate_conditions(request.headers(), current);
  if (outcome == status::precondition_failed) return detail::plain_text(outcome, "precondition failed");
  const bool same = outcome == status::not_modified;
  const auto selected = same ? range_selection{} : selection_of(request, current, size, max_ranges);
  if (selected.what == range_selection::outcome::unsatisfiable) return not_satisfiable(size);
  auto response = same ? server_response{outcome} : send_content(r, selected, size);
  auto& fields = response.headers();
  fields.append(header_id::etag, etag);
  fields.append(header_id::last_modified, format_date(modified));
  if (r.varies) fields.append(header_id::vary, "Accept-Encoding");
  if (same) return response;
  if (!r.coding.empty()) fields.append(header_id::content_encoding, r.coding);
  if (max_ranges != 0) fields.append(header_id::accept_ranges, "bytes");
  fields.append(header_id::x_content_type_options, "nosniff");
  return response;
}

}  // namespace bight::http::files
