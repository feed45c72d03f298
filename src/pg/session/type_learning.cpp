#include "pg/session/type_learning.hpp"

#include <algorithm>
#include <bight/pg/codec.hpp>
#include <bight/pg/detail/queries.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "pg/connect/connector.hpp"
#include "pg/session/query_call.hpp"

namespace bight::pg::detail {
namespace {

// The columns of type_catalog::query.
using catalog_row =
    std::tuple<oid, std::string, std::string, oid, std::vector<std::string>, std::vector<oid>>;

type_row row_of(catalog_row&& from) {
  type_row to;
  to.id = std::get<0>(from);
  to.name = std::move(std::get<1>(from));
  const auto& kind = std::get<2>(from);
  to.kind = kind.empty() ? 'b' : kind.front();
  to.element = std::get<3>(from);
  to.attribute_names = std::move(std::get<4>(from));
  to.attribute_types = std::move(std::get<5>(from));
  return to;
}

constexpr oid oid_array = 1028;

std::string can_be(const data_type&) { return {}; }
bool write_oids(const void* value, value_writer& out) {
  const auto& all = *static_cast<const std::vector<oid>*>(value);
  for (const std::uint32_t n : {1U, 0U, oids::oid_, static_cast<oid>(all.size()), 1U}) out.put(n);
  for (const auto id : all) {
    out.put(std::uint32_t{sizeof id});
    out.put(id);
  }
  return true;
}

}  // namespace

// Not by `prepare`, whose statements may have such types: those of this one are built in.
awaitable<bool> learn_types(session& s, type_catalog& catalog, const std::vector<oid>& types) {
  std::vector<oid> unknown;
  for (const auto id : types)
    if (!catalog.find(id) && std::ranges::find(unknown, id) == unknown.end()) unknown.push_back(id);
  if (unknown.empty()) co_return false;
  const query q{type_catalog::query()};
  const parameter ids{&unknown, &can_be, &write_oids, oid_array};
  append_one_shot(s, q, std::span{&ids, 1}, 0);
  expect_one_shot(s);
  append_sync(s);
  typed_sink<catalog_row> rows;
  query_reply answer{s, "(types)", nullptr, &rows};
  co_await s.exchange(answer);
  answer.rethrow();
  std::vector<type_row> found;
  for (auto& r : rows.all) found.push_back(row_of(std::move(r)));
  catalog.add(found);
  co_return true;
}

}  // namespace bight::pg::detail
