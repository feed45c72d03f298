#include <bight/pg/data_type.hpp>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

namespace bight::pg {
namespace {

// The name of the array; the element's is the same without "[]".
struct builtin_seed {
  oid id;
  std::string_view array_name;
  oid array;
  oid element = 0;
};

constexpr std::array binary_seeds{
    builtin_seed{16, "bool[]", 1000},          builtin_seed{17, "bytea[]", 1001},
    builtin_seed{18, "char[]", 1002},          builtin_seed{19, "name[]", 1003},
    builtin_seed{20, "int8[]", 1016},          builtin_seed{21, "int2[]", 1005},
    builtin_seed{23, "int4[]", 1007},          builtin_seed{25, "text[]", 1009},
    builtin_seed{26, "oid[]", 1028},           builtin_seed{114, "json[]", 199},
    builtin_seed{142, "xml[]", 143},           builtin_seed{650, "cidr[]", 651},
    builtin_seed{700, "float4[]", 1021},       builtin_seed{701, "float8[]", 1022},
    builtin_seed{774, "macaddr8[]", 775},      builtin_seed{829, "macaddr[]", 1040},
    builtin_seed{869, "inet[]", 1041},         builtin_seed{1042, "bpchar[]", 1014},
    builtin_seed{1043, "varchar[]", 1015},     builtin_seed{1082, "date[]", 1182},
    builtin_seed{1083, "time[]", 1183},        builtin_seed{1114, "timestamp[]", 1115},
    builtin_seed{1184, "timestamptz[]", 1185}, builtin_seed{1186, "interval[]", 1187},
    builtin_seed{1700, "numeric[]", 1231},     builtin_seed{1790, "refcursor[]", 2201},
    builtin_seed{2275, "cstring[]", 1263},     builtin_seed{2278, "void[]", 0},
    builtin_seed{2950, "uuid[]", 2951},        builtin_seed{3802, "jsonb[]", 3807},
};

// Known by name only: transferred as text.
constexpr std::array text_seeds{
    builtin_seed{705, "unknown[]", 0},
    builtin_seed{24, "regproc[]", 1008},
    builtin_seed{27, "tid[]", 1010},
    builtin_seed{28, "xid[]", 1011},
    builtin_seed{29, "cid[]", 1012},
    builtin_seed{600, "point[]", 1017},
    builtin_seed{601, "lseg[]", 1018},
    builtin_seed{602, "path[]", 1019},
    builtin_seed{603, "box[]", 1020},
    builtin_seed{604, "polygon[]", 1027},
    builtin_seed{628, "line[]", 629},
    builtin_seed{718, "circle[]", 719},
    builtin_seed{790, "money[]", 791},
    builtin_seed{1033, "aclitem[]", 1034},
    builtin_seed{1266, "timetz[]", 1270},
    builtin_seed{1560, "bit[]", 1561},
    builtin_seed{1562, "varbit[]", 1563},
    builtin_seed{2202, "regprocedure[]", 2207},
    builtin_seed{2203, "regoper[]", 2208},
    builtin_seed{2204, "regoperator[]", 2209},
    builtin_seed{2205, "regclass[]", 2210},
    builtin_seed{2206, "regtype[]", 2211},
    builtin_seed{2970, "txid_snapshot[]", 2949},
    builtin_seed{3220, "pg_lsn[]", 3221},
    builtin_seed{3614, "tsvector[]", 3643},
    builtin_seed{3615, "tsquery[]", 3645},
    builtin_seed{3642, "gtsvector[]", 3644},
    builtin_seed{3734, "regconfig[]", 3735},
    builtin_seed{3769, "regdictionary[]", 3770},
    builtin_seed{4072, "jsonpath[]", 4073},
    builtin_seed{4089, "regnamespace[]", 4090},
    builtin_seed{4096, "regrole[]", 4097},
    builtin_seed{4191, "regcollation[]", 4192},
    builtin_seed{5038, "pg_snapshot[]", 5039},
    builtin_seed{5069, "xid8[]", 271},
};

constexpr std::array range_seeds{
    builtin_seed{3904, "int4range[]", 3905, 23},   builtin_seed{3906, "numrange[]", 3907, 1700},
    builtin_seed{3908, "tsrange[]", 3909, 1114},   builtin_seed{3910, "tstzrange[]", 3911, 1184},
    builtin_seed{3912, "daterange[]", 3913, 1082}, builtin_seed{3926, "int8range[]", 3927, 20},
};

constexpr std::array multirange_seeds{
    builtin_seed{4451, "int4multirange[]", 6150, 3904}, builtin_seed{4532, "nummultirange[]", 6151, 3906},
    builtin_seed{4533, "tsmultirange[]", 6152, 3908},   builtin_seed{4534, "tstzmultirange[]", 6153, 3910},
    builtin_seed{4535, "datemultirange[]", 6155, 3912}, builtin_seed{4536, "int8multirange[]", 6157, 3926},
};

// Arrays in all but the name: one dimension, with lower bound 0.
constexpr std::array vector_seeds{
    builtin_seed{22, "int2vector[]", 1006, 21},
    builtin_seed{30, "oidvector[]", 1013, 26},
};
constexpr std::array record_seeds{builtin_seed{2249, "record[]", 2287}};

class builtin_types {
 public:
  builtin_types() {
    types_.reserve(2 * (binary_seeds.size() + text_seeds.size() + range_seeds.size() +
                        multirange_seeds.size() + vector_seeds.size() + record_seeds.size()));
    add(binary_seeds, type_kind::base, format::binary);
    add(text_seeds, type_kind::base, format::text);
    add(range_seeds, type_kind::range, format::binary);
    add(multirange_seeds, type_kind::multirange, format::binary);
    add(vector_seeds, type_kind::array, format::binary);
    add(record_seeds, type_kind::composite, format::binary);
  }

  const data_type* find(oid id) const noexcept { return find_in(by_id_, id); }
  const data_type* find_array(oid element) const noexcept { return find_in(by_element_, element); }

 private:
  using index = std::unordered_map<oid, const data_type*>;

  void add(std::span<const builtin_seed> seeds, type_kind kind, format f) {
    for (const auto& seed : seeds) {
      auto name = seed.array_name;
      name.remove_suffix(2);
      const auto& type = types_.emplace_back(seed.id, name, kind, f, find(seed.element));
      by_id_.emplace(seed.id, &type);
      if (seed.array == 0) continue;
      const auto& array = types_.emplace_back(seed.array, seed.array_name, type_kind::array, f, &type);
      by_id_.emplace(seed.array, &array);
      by_element_.emplace(seed.id, &array);
    }
  }
  static const data_type* find_in(const index& where, oid id) noexcept {
    const auto found = where.find(id);
    return found == where.end() ? nullptr : found->second;
  }

  std::vector<data_type> types_;  // reserved: types refer to each other
  index by_id_;
  index by_element_;
};

const builtin_types& builtins() {
  static const builtin_types all;
  return all;
}

}  // namespace

const data_type* find_builtin(oid id) noexcept { return builtins().find(id); }
const data_type* find_builtin_array(oid element) noexcept { return builtins().find_array(element); }

}  // namespace bight::pg
