#include <bight/pg/described.hpp>

#include <algorithm>

namespace bight::pg::detail {

const attribute* find_attribute(const data_type& type, std::string_view name) noexcept {
  const auto all = type.attributes();
  const auto found = std::ranges::find(all, name, &attribute::name);
  return found == all.end() ? nullptr : &*found;
}

void fail_field_without_member(value_writer& out) {
  out.fail("the composite type has a field for which there is no member");
}

void fail_record(value_reader& in) {
  in.fail("the fields of a record have no names; cast it to its type, or read it as a std::tuple");
}

}  // namespace bight::pg::detail
