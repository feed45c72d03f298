// PostgreSQL's data types: numbers, names and structure, built in or read from the server's catalogue.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bight::pg {

/// The number of an object in PostgreSQL's catalogue; here, of a type.
using oid = std::uint32_t;

/// How a value is transferred. The numbers are those of the protocol.
enum class format : std::uint8_t { text = 0, binary = 1 };

enum class type_kind : std::uint8_t {
  base,         ///< A type without parts, such as int4.
  array,        ///< int4[]
  enumeration,  ///< CREATE TYPE ... AS ENUM
  composite,    ///< CREATE TYPE ... AS (...), a table's rows, and `record`.
  domain,       ///< CREATE DOMAIN
  range,        ///< int4range
  multirange,   ///< int4multirange
};

class data_type;

/// A field of a composite type.
struct attribute {
  std::string_view name;
  const data_type* type = nullptr;
};

/// A type of the server. Lifetime: types that are built in live forever, others as long as their
/// type_catalog.
class data_type {
 public:
  constexpr data_type(oid id, std::string_view name, type_kind kind, pg::format format,
                      const data_type* element = nullptr) noexcept
      : name_(name), element_(element), id_(id), kind_(kind), format_(format) {}

  constexpr oid id() const noexcept { return id_; }
  /// As pg_type.typname for types that are built in ("int4", "int4[]"); others as in SQL, with their schema
  /// where the search path does not contain it.
  constexpr std::string_view name() const noexcept { return name_; }
  constexpr type_kind kind() const noexcept { return kind_; }
  /// The element of an array, the base of a domain, the subtype of a range, the range of a multirange;
  /// otherwise null.
  constexpr const data_type* element() const noexcept { return element_; }
  /// The fields of a composite type; none for `record`, whose values describe themselves.
  constexpr std::span<const attribute> attributes() const noexcept { return {attributes_, attribute_count_}; }
  /// How parameters and results of this type are transferred: in binary where this library, or the user's
  /// codec, knows the binary format; otherwise as text, which std::string and std::string_view accept.
  constexpr pg::format format() const noexcept { return format_; }
  /// The type itself or, of a domain, what it is based on in the end.
  constexpr const data_type& base() const noexcept {
    const auto* t = this;
    while (t->kind_ == type_kind::domain) t = t->element_;
    return *t;
  }
  /// Says that a value was not as described: the type has been altered since. See type_catalog::outdated.
  void report_altered() const noexcept {
    if (altered_) altered_->store(true, std::memory_order_relaxed);
  }

 private:
  friend class type_catalog;

  std::string_view name_;
  const data_type* element_;
  const attribute* attributes_ = nullptr;
  std::size_t attribute_count_ = 0;
  std::atomic<bool>* altered_ = nullptr;  // of the catalogue
  oid id_;
  type_kind kind_;
  pg::format format_;
};

/// The type that PostgreSQL itself defines with this number, or null.
const data_type* find_builtin(oid id) noexcept;
/// The array type with this element, of those that PostgreSQL itself defines, or null.
const data_type* find_builtin_array(oid element) noexcept;

/// A row of the catalogue, as type_catalog::query returns it.
struct type_row {
  oid id = 0;
  std::string name;
  char kind = 'b';  ///< pg_type.typtype, or 'a' for arrays.
  oid element = 0;  ///< As data_type::element.
  std::vector<std::string> attribute_names;
  std::vector<oid> attribute_types;
};

/// The types that one database defines, read on demand and shared by its connections. Lifetime: types stay at
/// their address; the catalogue must outlive their use. Concurrency: one thread at a time.
///
///     if (const auto* type = catalog.find(column_type)) use(*type);
class type_catalog {
 public:
  /// Base types of extensions for which the program has a binary codec, by name ("hstore"). Others are
  /// transferred as text.
  explicit type_catalog(std::vector<std::string> binary_types = {});
  type_catalog(type_catalog&&) noexcept;
  type_catalog& operator=(type_catalog&&) noexcept;
  ~type_catalog();

  /// Returns: null if the type is neither built in nor known yet.
  const data_type* find(oid id) const noexcept;
  /// The array type with this element, or null.
  const data_type* find_array(oid element) const noexcept;

  /// SQL that returns the type_rows of the types whose numbers are in its parameter $1, an oid[], and of all
  /// types that they consist of. Its columns are those of type_row, in binary types that are built in.
  static std::string_view query() noexcept;
  /// Adds what `query` returned. Types that are known are not replaced. A type that the rows name but do not
  /// describe becomes one that is transferred as text, as does what contains it.
  void add(std::span<const type_row> rows);
  /// Whether a value has shown that a composite type was altered since it was read: time for a new catalogue.
  bool outdated() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Numbers of types that are built in.
namespace oids {
inline constexpr oid boolean = 16;
inline constexpr oid bytea = 17;
inline constexpr oid char_ = 18;
inline constexpr oid name = 19;
inline constexpr oid int8 = 20;
inline constexpr oid int2 = 21;
inline constexpr oid int4 = 23;
inline constexpr oid text = 25;
inline constexpr oid oid_ = 26;
inline constexpr oid json = 114;
inline constexpr oid xml = 142;
inline constexpr oid cidr = 650;
inline constexpr oid float4 = 700;
inline constexpr oid float8 = 701;
inline constexpr oid unknown = 705;
inline constexpr oid macaddr8 = 774;
inline constexpr oid macaddr = 829;
inline constexpr oid inet = 869;
inline constexpr oid bpchar = 1042;
inline constexpr oid varchar = 1043;
inline constexpr oid date = 1082;
inline constexpr oid time = 1083;
inline constexpr oid timestamp = 1114;
inline constexpr oid timestamptz = 1184;
inline constexpr oid interval = 1186;
inline constexpr oid numeric = 1700;
inline constexpr oid refcursor = 1790;
inline constexpr oid record = 2249;
inline constexpr oid cstring = 2275;
inline constexpr oid void_ = 2278;
inline constexpr oid uuid = 2950;
inline constexpr oid jsonb = 3802;
}  // namespace oids

}  // namespace bight::pg
