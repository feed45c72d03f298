#include <bight/api/invalid_input.hpp>

#include <boost/json.hpp>
#include <utility>

namespace bight::api {
namespace {

std::string summary(std::size_t n) {
  if (n == 1) return "1 value of the request is invalid";
  return std::to_string(n) + " values of the request are invalid";
}

std::string errors_json(const std::vector<invalid_value>& all) {
  boost::json::array list;
  for (const auto& e : all) {
    boost::json::object one{{"in", e.in}};
    if (!e.name.empty()) one["name"] = e.name;
    one["pointer"] = e.pointer;
    one["constraint"] = e.constraint;
    one["detail"] = e.detail;
    if (!e.value.empty()) one["value"] = e.value;
    list.push_back(std::move(one));
  }
  return boost::json::serialize(list);
}

}  // namespace

invalid_input::invalid_input(std::vector<invalid_value> all)
    : problem(http::status::unprocessable_content, summary(all.size())), errors_(std::move(all)) {
  with_json("errors", errors_json(errors_));
}

}  // namespace bight::api
