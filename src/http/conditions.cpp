#include "http/conditions.hpp"

#include <algorithm>
#include <bight/core/clock.hpp>
#include <bight/http/date.hpp>
#include <cstdint>

namespace bight::http {
namespace {

// Calls `f(tag, weak)` with each entity tag of a list, quotes included, until it returns true, and returns
// whether it did. "*" is a tag, too. What is no tag ends the list (RFC 9110 8.8.3).
template <class F>
bool any_tag(std::string_view list, F f) {
  while (true) {
    list.remove_prefix(std::min(list.find_first_not_of(" \t,"), list.size()));
    const bool weak = list.starts_with("W/");
    if (weak) list.remove_prefix(2);
    const auto size = list.starts_with('*') ? 1 : list.starts_with('"') ? list.find('"', 1) + 1 : 0;
    if (size == 0) return false;
    if (f(list.substr(0, size), weak)) return true;
    list.remove_prefix(size);
  }
}

enum class comparison : std::uint8_t { weak, strong };

// Whether If-Match or If-None-Match names the representation (RFC 9110 8.8.3.2).
bool names_tag(headers_view asked, header_id field, std::string_view etag, comparison how) {
  const bool etag_is_weak = etag.starts_with("W/");
  const auto opaque = etag_is_weak ? etag.substr(2) : etag;
  const auto lines = asked.get_all(field);
  return std::any_of(lines.begin(), lines.end(), [&](std::string_view line) {
    return any_tag(line, [&](std::string_view tag, bool weak) {
      return tag == "*" || (tag == opaque && !((weak || etag_is_weak) && how == comparison::strong));
    });
  });
}

}  // namespace

std::optional<std::chrono::sys_seconds> date_field(headers_view fields, header_id field) {
  const auto text = fields.get(field);
  if (!text || fields.is_repeated(field)) return std::nullopt;
  return parse_date(*text, std::chrono::floor<std::chrono::seconds>(wall_clock::now()));
}

status evaluate_conditions(headers_view request, const validators& current) {
  const auto date = [&](header_id field) {
    return current.modified ? date_field(request, field) : std::nullopt;
  };
  if (request.contains(header_id::if_match)) {
    if (!names_tag(request, header_id::if_match, current.etag, comparison::strong))
      return status::precondition_failed;
  } else if (const auto limit = date(header_id::if_unmodified_since); limit && *current.modified > *limit) {
    return status::precondition_failed;
  }
  if (request.contains(header_id::if_none_match)) {
    return names_tag(request, header_id::if_none_match, current.etag, comparison::weak) ? status::not_modified
                                                                                        : status::ok;
  }
  const auto known = date(header_id::if_modified_since);
  return known && *current.modified <= *known ? status::not_modified : status::ok;
}

bool if_range_holds(headers_view request, const validators& current) {
  const auto validator = request.get(header_id::if_range);
  if (!validator) return true;
  if (request.is_repeated(header_id::if_range)) return false;
  if (validator->starts_with('"')) return *validator == current.etag;  // which is no weak one then
  const auto date = date_field(request, header_id::if_range);
  if (!date || !current.modified || *date != *current.modified) return false;
  // It may change again within the second that has not ended: the date is no strong validator then.
  return wall_clock::now() - *current.modified >= std::chrono::seconds{1};
}

bool lists_weak_tag(headers_view request, std::string_view opaque) {
  const auto lines = request.get_all(header_id::if_none_match);
  return std::any_of(lines.begin(), lines.end(), [opaque](std::string_view line) {
    return any_tag(line, [opaque](std::string_view tag, bool weak) { return weak && tag == opaque; });
  });
}

}  // namespace bight::http
