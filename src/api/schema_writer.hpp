// JSON Schemas of types; objects and enumerations by name.
#pragma once
#include <bight/api/detail/shape.hpp>
#include <boost/json.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bight::api::detail {

class schema_writer {
 public:
  /// The schema of a value with its rules; types with a name are referred to.
  boost::json::object schema_of_value(const shape& type, const rules& r = {});
  /// The types that were referred to, by name.
  boost::json::object components();

 private:
  std::string name_of(const shape& type);
  boost::json::object plain(const shape& type);
  boost::json::object named(const shape& type);
  boost::json::object object(const shape& type);
  boost::json::object alternative(const shape& variant, std::size_t index);
  void add_variant(std::map<std::string, boost::json::object>& all, const shape& type);
  boost::json::object properties(const shape& type);

  std::map<const shape*, std::string> names_;
  std::map<std::string, const shape*, std::less<>> shapes_;
  std::vector<const shape*> pending_;
};

}  // namespace bight::api::detail
