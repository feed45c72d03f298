// Values of json and jsonb as boost::json::value.
#pragma once
#include <bight/pg/value_codec.hpp>
#include <boost/json/value.hpp>
#include <cstddef>

namespace bight::pg {

/// The nesting that is accepted of json and jsonb when they are read as boost::json::value.
inline constexpr std::size_t max_json_depth = 512;

/// json and jsonb.
///
///     auto tags = co_await db.fetch_value<boost::json::value>("select tags from posts where id = $1", id);
///     tags.as_array().emplace_back("new");
///     co_await db.execute("update posts set tags = $2 where id = $1", id, tags);
///
/// JSON's null is a value, and not NULL. Numbers become 64-bit integers or doubles; read the column as
/// std::string for those that do not fit, and for the text of `json` as it was stored.
template <>
struct codec<boost::json::value> {
  static constexpr oid type = oids::jsonb;
  static bool accepts(const data_type& t) noexcept { return t.id() == oids::json || t.id() == oids::jsonb; }
  static void encode(const boost::json::value& value, value_writer& out);
  static boost::json::value decode(value_reader& in);
};

}  // namespace bight::pg
