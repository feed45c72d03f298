#include <bight/decimal.hpp>
#include <bight/pg/codec.hpp>

#include <limits>

namespace bight::pg {
namespace detail {
namespace {

// Whether every integer up to this size is exact in the floating-point type.
template <class F>
bool is_exact(std::uint64_t size) noexcept {
  return size <= std::uint64_t{1} << std::numeric_limits<F>::digits;
}

void fail_size(const std::string& value, value_writer& out) {
  out.fail(value + " does not fit into " + std::string{out.type().name()});
}

void put_float(double value, value_writer& out) {
  if (out.type().id() == oids::float4)
    codec<float>::encode(static_cast<float>(value), out);
  else
    codec<double>::encode(value, out);
}

}  // namespace

void write_integer(std::int64_t value, value_writer& out) {
  const auto size = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  switch (out.type().id()) {
    case oids::int4:
      if (std::in_range<std::int32_t>(value)) return out.put(static_cast<std::int32_t>(value));
      break;
    case oids::int8:
      return out.put(value);
    case oids::int2:
      if (std::in_range<std::int16_t>(value)) return out.put(static_cast<std::int16_t>(value));
      break;
    case oids::oid_:
      if (std::in_range<std::uint32_t>(value)) return out.put(static_cast<std::uint32_t>(value));
      break;
    case oids::float4:
      if (is_exact<float>(size)) return put_float(static_cast<double>(value), out);
      break;
    case oids::float8:
      if (is_exact<double>(size)) return put_float(static_cast<double>(value), out);
      break;
    case oids::numeric:
      return codec<decimal>::encode(decimal{value}, out);
    default:
      return out.fail(std::string{out.type().name()} + " is not a number");
  }
  fail_size(std::to_string(value), out);
}

void write_unsigned(std::uint64_t value, value_writer& out) {
  if (std::in_range<std::int64_t>(value)) return write_integer(static_cast<std::int64_t>(value), out);
  if (out.type().id() == oids::numeric) return codec<decimal>::encode(decimal{value}, out);
  fail_size(std::to_string(value), out);
}

void fail_integer(std::int64_t value, std::size_t bits, bool is_signed, value_reader& in) {
  in.fail(std::to_string(value) + " does not fit into " + (is_signed ? "a signed " : "an unsigned ") +
          std::to_string(bits) + "-bit integer");
}

std::size_t integer_bits(const data_type& t) noexcept {
  switch (t.id()) {
    case oids::int2:
      return 16;
    case oids::int4:
    case oids::oid_:
      return 32;
    case oids::int8:
      return 64;
    default:
      return 0;
  }
}

bool is_number_type(const data_type& t) noexcept {
  return integer_bits(t) != 0 || t.id() == oids::numeric || t.id() == oids::float4 || t.id() == oids::float8;
}

bool is_text_type(const data_type& t) noexcept {
  if (t.format() == format::text || t.kind() == type_kind::enumeration) return true;
  switch (t.id()) {
    case oids::text:
    case oids::varchar:
    case oids::bpchar:
    case oids::name:
    case oids::char_:
    case oids::json:
    case oids::jsonb:
    case oids::xml:
    case oids::refcursor:
    case oids::cstring:
    case oids::void_:
      return true;
    default:
      return false;
  }
}

}  // namespace detail

void codec<std::string_view>::skip_version(value_reader& in) {
  const auto version = in.take<std::uint8_t>();
  if (version != 1) in.fail("jsonb of version " + std::to_string(version) + ", which is not known");
}

}  // namespace bight::pg
