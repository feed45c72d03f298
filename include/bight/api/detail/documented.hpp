// An operation as the document shows it.
#pragma once
#include <bight/api/detail/dependency_set.hpp>
#include <bight/api/detail/operation_shape.hpp>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace bight::api::detail {

struct documented_parameter {
  parameter_shape shape;
  std::string fallback;  // JSON text
};

struct documented_operation {
  std::string prefix;
  operation_info info;
  std::vector<documented_parameter> parameters;
  shape_ref result;
  std::vector<dependency_key> needs;
  std::shared_ptr<const dependency_set> dependencies;
};

template <parameter_place Where, class T>
documented_parameter document_parameter(const parameter<Where, T>& p) {
  documented_parameter out{shape_of_parameter(p), {}};
  if (!p.has_fallback) return out;
  const auto value = initial_value(p);
  write_value(out.fallback, shape_of<T>(), &value);
  return out;
}

template <class R, class... P>
documented_operation make_documented(const operation<R, P...>& op) {
  documented_operation out{{}, op.info(), {}, shape_of_result<R>(), {}, {}};
  std::apply([&](const auto&... p) { (out.parameters.push_back(document_parameter(p)), ...); },
             op.parameters());
  return out;
}

}  // namespace bight::api::detail
