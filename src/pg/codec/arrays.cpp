#include <bight/pg/codec.hpp>

namespace bight::pg::detail {
namespace {

std::string malformed(const value_reader& in, std::string_view what) {
  return "malformed " + std::string{in.type().name()} + ": " + std::string{what};
}

void check_element_type(oid found, value_reader& in) {
  const auto* const element = in.type().element();
  if (!element) return in.fail(std::string{in.type().name()} + " is not an array");
  if (found != element->id())
    in.fail(malformed(
        in, "its elements are of type " + std::to_string(found) + ", not " + std::to_string(element->id())));
}

}  // namespace

array_head take_array_head(value_reader& in) {
  const auto rank = in.take<std::int32_t>();
  const auto flags = in.take<std::int32_t>();
  const auto element = in.take<std::uint32_t>();
  if (in.failed()) return {};
  if (rank < 0 || rank > static_cast<std::int32_t>(max_dimensions))
    in.fail(malformed(in, std::to_string(rank) + " dimensions"));
  else if (flags != 0 && flags != 1)
    in.fail(malformed(in, "unknown flags"));
  else
    check_element_type(element, in);
  if (in.failed()) return {};

  array_head head;
  head.rank = static_cast<std::size_t>(rank);
  head.count = rank == 0 ? 0 : 1;
  for (auto& d : std::span{head.dimensions}.first(head.rank)) {
    d.size = in.take<std::int32_t>();
    d.lower_bound = in.take<std::int32_t>();
    if (d.size < 0) in.fail(malformed(in, "a negative dimension"));
    // Each element has a length of four bytes at least, so a small value cannot claim to be a large array.
    if (__builtin_mul_overflow(head.count, static_cast<std::size_t>(d.size), &head.count))
      in.fail(malformed(in, "too many elements"));
  }
  if (!in.failed() && head.count > in.remaining() / sizeof(std::int32_t))
    in.fail(malformed(
        in, std::to_string(head.count) + " elements in " + std::to_string(in.remaining()) + " bytes"));
  if (in.failed()) return {};
  if (head.count == 0) head.rank = 0;
  return head;
}

void require_rank(const array_head& head, std::size_t rank, value_reader& in) {
  if (head.rank == 0 || head.rank == rank) return;
  in.fail("an array of " + std::to_string(head.rank) + " dimensions, read as one of " + std::to_string(rank));
}

std::size_t put_array_head(std::span<const array_dimension> dimensions, value_writer& out) {
  out.put(static_cast<std::int32_t>(dimensions.size()));
  const auto flags = out.position();
  out.put(std::int32_t{0});
  const auto* const element = out.type().element();
  if (!element) out.fail(std::string{out.type().name()} + " is not an array");
  out.put(element ? element->id() : 0);
  for (const auto& d : dimensions) {
    out.put(d.size);
    out.put(d.lower_bound);
  }
  return flags;
}

std::size_t count_elements(std::span<const array_dimension> dimensions, value_writer& out) {
  std::size_t count = dimensions.empty() ? 0 : 1;
  if (dimensions.size() > max_dimensions) out.fail("more than 6 dimensions");
  for (const auto& d : dimensions) {
    if (d.size < 0) out.fail("a negative dimension");
    if (__builtin_mul_overflow(count, static_cast<std::size_t>(d.size < 0 ? 0 : d.size), &count))
      out.fail("too many elements");
  }
  return count;
}

void fail_ragged(value_writer& out) { out.fail("not as long as the one before: arrays are rectangular"); }

}  // namespace bight::pg::detail
