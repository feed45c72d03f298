// Properties: the text of a decimal is read as the same decimal; order and hash agree with equality. The
// first line of the input is a number, the second another.
#include <algorithm>
#include <bight/decimal.hpp>
#include <bight/uuid.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string_view>

using bight::decimal;

namespace {

decimal read(std::string_view text) {
  const auto parsed = decimal::parse(text);
  if (!parsed) return {};
  const auto again = decimal::parse(parsed->to_string());
  if (!again || again->to_string() != parsed->to_string() || *again != *parsed) std::abort();
  if (parsed->integer_digits().size() > decimal::max_integer_digits || parsed->scale() > decimal::max_scale)
    std::abort();
  if (const auto whole = parsed->to_int64(); whole && decimal{*whole} != *parsed) std::abort();
  return *parsed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(text.find('\n'), text.size());
  const auto a = read(text.substr(0, end)), b = read(text.substr(std::min(end + 1, text.size())));
  if ((a < b) != (b > a) || (a == b) != (b == a) || (a < b && a == b)) std::abort();
  const std::hash<decimal> hash;
  if (a == b && hash(a) != hash(b)) std::abort();
  if (a.is_finite() && b.is_finite() && a < b && a.to_double() > b.to_double()) std::abort();
  if (const auto id = bight::uuid::parse(text); id && bight::uuid::parse(id->to_string()).value() != *id)
    std::abort();
  return 0;
}
