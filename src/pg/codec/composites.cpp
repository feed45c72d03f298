#include <bight/pg/codec.hpp>

namespace bight::pg::detail {

composite_reader::composite_reader(value_reader& in) : in_(&in) {
  const auto n = in.take<std::int32_t>();
  if (in.failed()) return;
  const auto expected = in.type().attributes().size();
  const auto found = static_cast<std::size_t>(n);
  // Each field has a type and a length at least.
  if (n < 0 || found > in.remaining() / 8)
    in.fail("malformed " + std::string{in.type().name()} + ": " + std::to_string(n) + " fields");
  else if (expected != 0 && found != expected)
    fail_altered(std::string{in.type().name()} + " has " + std::to_string(found) + " fields, not " +
                 std::to_string(expected) + " as before: it has been altered");
  else
    size_ = found;
}

void composite_reader::fail_altered(std::string why) {
  in_->type().report_altered();
  in_->fail(std::move(why));
}

const data_type* composite_reader::next_type() {
  const auto id = in_->take<std::uint32_t>();
  if (in_->failed()) return nullptr;
  const auto at = at_++;
  const auto fields = in_->type().attributes();
  if (fields.empty()) {
    const auto* const type = find_builtin(id);
    if (!type || type->format() == format::text) {
      in_->fail("a field of a record is of type " + std::to_string(id) +
                ", which is not known; cast the record");
      locate();
      return nullptr;
    }
    return type;
  }
  if (at >= fields.size()) {
    in_->fail("malformed " + std::string{in_->type().name()} + ": too many fields");
    return nullptr;
  }
  if (fields[at].type->id() == id) return fields[at].type;
  fail_altered("of type " + std::to_string(id) + ", not " + std::string{fields[at].type->name()} +
               " as before: the composite type has been altered");
  locate();
  return nullptr;
}

std::string_view composite_reader::name() const noexcept {
  const auto fields = in_->type().attributes();
  return at_ == 0 || at_ > fields.size() ? std::string_view{} : fields[at_ - 1].name;
}

void composite_reader::skip() {
  const auto size = in_->take<std::int32_t>();
  if (size < -1) in_->fail("malformed " + std::string{in_->type().name()} + ": negative length");
  if (size > 0) in_->take_bytes(static_cast<std::size_t>(size));
}

void composite_reader::locate() {
  if (const auto field = name(); !field.empty())
    in_->error().within_field(field);
  else
    in_->error().within_element(at_ == 0 ? 0 : at_ - 1);
}

void require_fields(std::size_t expected, const composite_reader& found, value_reader& in) {
  if (found.size() != expected && !in.failed())
    in.fail(std::to_string(found.size()) + " fields, read as " + std::to_string(expected));
}

}  // namespace bight::pg::detail
