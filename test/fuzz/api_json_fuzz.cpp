// Properties: a text is refused with at most max_errors errors, whose pointers are JSON pointers, or what was
// read of it is written as a text that is read as the same. The type has every kind of member.
#include <bight/api/json.hpp>
#include <bight/api/schema.hpp>
#include <boost/describe.hpp>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fuzz/require.hpp"

namespace fuzzed {

namespace api = bight::api;

enum class colour { red, green };
BOOST_DESCRIBE_ENUM(colour, red, green)

struct circle {
  double radius = 0;
};
BOOST_DESCRIBE_STRUCT(circle, (), (radius))
struct square {
  std::int16_t side = 0;
};
BOOST_DESCRIBE_STRUCT(square, (), (side))
constexpr auto schema_of(api::type<square>) { return api::schema(api::field(&square::side).min(1)).closed(); }
using figure = std::variant<circle, square>;
constexpr auto schema_of(api::type<figure>) { return api::one_of("kind", "circle", "square"); }

struct node {
  std::string text;
  bool flag = false;
  std::int8_t small = 0;
  std::uint64_t large = 0;
  colour paint = colour::red;
  std::optional<std::string> note;
  std::map<std::string, int> sizes;
  std::optional<figure> shape;
  std::optional<bight::uuid> id;
  std::optional<bight::decimal> price;
  std::chrono::sys_time<std::chrono::milliseconds> at;
  std::chrono::milliseconds wait{};
  std::optional<std::chrono::year_month_day> day;
  std::vector<node> children;
};
BOOST_DESCRIBE_STRUCT(node, (),
                      (text, flag, small, large, paint, note, sizes, shape, id, price, at, wait, day,
                       children))
constexpr auto schema_of(api::type<node>) {
  return api::schema(api::field(&node::text).length(0, 10).or_default(), api::field(&node::flag).or_default(),
                     api::field(&node::small).max(100).or_default(), api::field(&node::large).or_default(),
                     api::field(&node::paint).or_default(), api::field(&node::note).secret(),
                     api::field(&node::sizes).length(0, 3).or_default(), api::field(&node::at).or_default(),
                     api::field(&node::wait).or_default(),
                     api::field(&node::children).length(0, 4).or_default());
}

// Real numbers are not read exactly by every version of Boost.JSON.
void drop_real(node& n) {
  if (n.shape)
    if (auto* const c = std::get_if<circle>(&*n.shape)) c->radius = 0;
  for (auto& child : n.children) drop_real(child);
}

void check(std::string_view text) {
  api::decoding_limits limits;
  limits.max_depth = 8;
  limits.max_errors = 5;
  try {
    auto value = api::from_json<node>(text, limits);
    require(value.text.size() <= 40 && value.small <= 100 && value.sizes.size() <= 3);
    drop_real(value);
    const auto written = api::to_json(value);
    limits.max_depth = 32;
    require(api::to_json(api::from_json<node>(written, limits)) == written);
  } catch (const api::invalid_input& e) {
    require(!e.errors().empty() && e.errors().size() <= 5);
    for (const auto& one : e.errors()) {
      require(one.pointer.empty() || one.pointer.front() == '/');
      require(one.pointer != "/note" || one.value.empty());
      require(one.value.size() <= 500 && !one.detail.empty());
    }
    static_cast<void>(e.to_json());
  }
}

}  // namespace fuzzed

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzzed::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
