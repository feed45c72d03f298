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
  std::vector<result_shape> results;
  std::vector<std::string> tags;  // of its routers, outer ones first
  std::vector<dependency_key> needs;
  std::shared_ptr<const dependency_set> dependencies;
};

/// With what its routers require.
std::vector<dependency_key> all_needs(const documented_operation& op);
std::vector<const security_scheme*> schemes_of(const documented_operation& op);

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
  constexpr auto results = result_shapes<R>::all;
  documented_operation out{{}, op.info(), {}, {results.begin(), results.end()}, {}, {}, {}};
  std::apply([&](const auto&... p) { (out.parameters.push_back(document_parameter(p)), ...); },
             op.parameters());
  return out;
}

}  // namespace bight::api::detail
