// type_catalog: the types that a database defines.
#include <algorithm>
#include <atomic>
#include <bight/pg/data_type.hpp>
#include <unordered_map>
#include <utility>

namespace bight::pg {
namespace {

// A type and what it refers to.
struct owned_type {
  explicit owned_type(oid id, std::string type_name)
      : name(std::move(type_name)), type(id, name, type_kind::base, format::text) {}

  std::string name;
  std::vector<std::string> attribute_names;
  std::vector<attribute> attributes;
  data_type type;
};

type_kind kind_of(char kind) noexcept {
  switch (kind) {
    case 'a':
      return type_kind::array;
    case 'e':
      return type_kind::enumeration;
    case 'c':
      return type_kind::composite;
    case 'd':
      return type_kind::domain;
    case 'r':
      return type_kind::range;
    case 'm':
      return type_kind::multirange;
    default:
      return type_kind::base;
  }
}

bool has_element(type_kind kind) noexcept {
  return kind == type_kind::array || kind == type_kind::domain || kind == type_kind::range ||
         kind == type_kind::multirange;
}

}  // namespace

struct type_catalog::state {
  std::vector<std::string> binary_types;
  std::unordered_map<oid, std::unique_ptr<owned_type>> types;
  std::unordered_map<oid, const data_type*> arrays;  // by element
  std::atomic<bool> altered = false;                 // a composite type

  const data_type* find(oid id) const noexcept {
    if (const auto* const builtin = find_builtin(id)) return builtin;
    const auto found = types.find(id);
    return found == types.end() ? nullptr : &found->second->type;
  }
  owned_type& put(oid id, std::string name) {
    return *types.emplace(id, std::make_unique<owned_type>(id, std::move(name))).first->second;
  }
  const data_type* find_or_put(oid id) {
    if (const auto* const known = find(id)) return known;
    return &put(id, "type " + std::to_string(id)).type;
  }
  bool is_binary_base(const type_row& row) const {
    return row.kind == 'b' && std::ranges::find(binary_types, row.name) != binary_types.end();
  }

  void link(owned_type& t, const type_row& row);
  static bool has_text_part(const data_type& t) noexcept;
  static bool is_cyclic_domain(const data_type& t, std::size_t limit) noexcept;
};

void type_catalog::state::link(owned_type& t, const type_row& row) {
  auto& type = t.type;
  type.kind_ = kind_of(row.kind);
  type.format_ = type.kind_ != type_kind::base || is_binary_base(row) ? format::binary : format::text;
  if (has_element(type.kind_)) type.element_ = find_or_put(row.element);
  if (type.kind_ == type_kind::array) arrays.emplace(row.element, &type);
  if (type.kind_ != type_kind::composite) return;
  const auto n = std::min(row.attribute_names.size(), row.attribute_types.size());
  t.attribute_names.assign(row.attribute_names.begin(),
                           row.attribute_names.begin() + static_cast<std::ptrdiff_t>(n));
  for (std::size_t i = 0; i != n; ++i)
    t.attributes.push_back({t.attribute_names[i], find_or_put(row.attribute_types[i])});
  type.attributes_ = t.attributes.data();
  type.attribute_count_ = n;
  type.altered_ = &altered;
}

bool type_catalog::state::has_text_part(const data_type& t) noexcept {
  if (t.element_ && t.element_->format_ == format::text) return true;
  return std::ranges::any_of(t.attributes(),
                             [](const attribute& a) { return a.type->format() == format::text; });
}

bool type_catalog::state::is_cyclic_domain(const data_type& t, std::size_t limit) noexcept {
  const auto* base = &t;
  for (std::size_t i = 0; base->kind_ == type_kind::domain; ++i, base = base->element_)
    if (i == limit) return true;
  return false;
}

type_catalog::type_catalog(std::vector<std::string> binary_types) : state_(std::make_unique<state>()) {
  state_->binary_types = std::move(binary_types);
}
type_catalog::type_catalog(type_catalog&&) noexcept = default;
type_catalog& type_catalog::operator=(type_catalog&&) noexcept = default;
type_catalog::~type_catalog() = default;

bool type_catalog::outdated() const noexcept { return state_->altered.load(std::memory_order_relaxed); }

const data_type* type_catalog::find(oid id) const noexcept { return state_->find(id); }

const data_type* type_catalog::find_array(oid element) const noexcept {
  if (const auto* const builtin = find_builtin_array(element)) return builtin;
  const auto found = state_->arrays.find(element);
  return found == state_->arrays.end() ? nullptr : found->second;
}

// pg_range has rngmultitypid since PostgreSQL 14: to_jsonb gives null where there is no such column. Base
// types may have a typelem without being arrays (point), so the category decides, which domains over arrays
// have, too. Functions are qualified, since the search path may lead to others of the same name. UNION, not
// UNION ALL: types may contain arrays of themselves. Written with few nested scans, so that the planner's
// estimate stays below jit_above_cost: compiling the query takes longer than running it.
std::string_view type_catalog::query() noexcept {
  return R"sql(
with recursive wanted(oid) as (
  select pg_catalog.unnest($1::oid[])
  union
  select part.oid from wanted join pg_catalog.pg_type t on t.oid = wanted.oid cross join lateral (
    select t.typelem where t.typcategory = 'A' and t.typelem <> 0
    union all
    select t.typbasetype where t.typtype = 'd'
    union all
    select r.rngsubtype from pg_catalog.pg_range r where t.typtype = 'r' and r.rngtypid = t.oid
    union all
    select r.rngtypid from pg_catalog.pg_range r
    where t.typtype = 'm' and (pg_catalog.to_jsonb(r) ->> 'rngmultitypid')::oid = t.oid
    union all
    select a.atttypid from pg_catalog.pg_attribute a
    where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
  ) part(oid)
)
select t.oid, pg_catalog.format_type(t.oid, null),
  case when t.typcategory = 'A' and t.typelem <> 0 and t.typtype = 'b' then 'a' else t.typtype::text end,
  coalesce(case
    when t.typtype = 'd' then t.typbasetype
    when t.typcategory = 'A' then t.typelem
    when t.typtype = 'r' then (select rngsubtype from pg_catalog.pg_range where rngtypid = t.oid)
    when t.typtype = 'm' then (select rngtypid from pg_catalog.pg_range r
                               where (pg_catalog.to_jsonb(r) ->> 'rngmultitypid')::oid = t.oid)
  end, 0::oid),
  array(select attname::text from pg_catalog.pg_attribute
    where attrelid = t.typrelid and attnum > 0 and not attisdropped order by attnum),
  array(select atttypid from pg_catalog.pg_attribute
    where attrelid = t.typrelid and attnum > 0 and not attisdropped order by attnum)
from wanted join pg_catalog.pg_type t on t.oid = wanted.oid)sql";
}

void type_catalog::add(std::span<const type_row> rows) {
  auto& s = *state_;
  std::vector<std::pair<owned_type*, const type_row*>> added;
  for (const auto& row : rows)
    if (!s.find(row.id)) added.emplace_back(&s.put(row.id, row.name), &row);
  for (const auto& [t, row] : added) s.link(*t, *row);

  for (const auto& [t, row] : added) {
    if (!state::is_cyclic_domain(t->type, s.types.size())) continue;
    t->type.kind_ = type_kind::base;
    t->type.element_ = nullptr;
    t->type.format_ = format::text;
  }
  // What has a part that is text is text itself, and so on outwards.
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [t, row] : added) {
      if (t->type.format_ == format::text || !state::has_text_part(t->type)) continue;
      t->type.format_ = format::text;
      changed = true;
    }
  }
}

}  // namespace bight::pg
