// Codecs of decimal, uuid, interval, and of network addresses.
#pragma once
#include <bight/decimal.hpp>
#include <bight/net/address.hpp>
#include <bight/pg/types.hpp>
#include <bight/pg/value_codec.hpp>
#include <bight/uuid.hpp>

namespace bight::pg {

/// numeric
template <>
struct codec<decimal> {
  static constexpr oid type = oids::numeric;
  static bool accepts(const data_type& t) noexcept { return t.id() == type; }
  static void encode(const decimal& value, value_writer& out);
  static decimal decode(value_reader& in);
};

/// uuid
template <>
struct codec<uuid> {
  static constexpr oid type = oids::uuid;
  static bool accepts(const data_type& t) noexcept { return t.id() == type; }
  static void encode(const uuid& value, value_writer& out);
  static uuid decode(value_reader& in);
};

/// interval
template <>
struct codec<interval> {
  static constexpr oid type = oids::interval;
  static bool accepts(const data_type& t) noexcept { return t.id() == type; }
  static void encode(const interval& value, value_writer& out);
  static interval decode(value_reader& in);
};

/// inet, and cidr as a result.
template <>
struct codec<inet> {
  static constexpr oid type = oids::inet;
  static bool reads(const data_type& t) noexcept { return t.id() == oids::inet || t.id() == oids::cidr; }
  static bool writes(const data_type& t) noexcept { return t.id() == type; }
  static void encode(const inet& value, value_writer& out);
  static inet decode(value_reader& in);
};

/// cidr, and inet as a parameter.
template <>
struct codec<cidr> {
  static constexpr oid type = oids::cidr;
  static bool reads(const data_type& t) noexcept { return t.id() == type; }
  static bool writes(const data_type& t) noexcept { return t.id() == oids::inet || t.id() == oids::cidr; }
  static void encode(const cidr& value, value_writer& out);
  static cidr decode(value_reader& in);
};

/// inet, if it is the address of a host: with the whole address as its prefix.
template <>
struct codec<net::ip_address> {
  static constexpr oid type = oids::inet;
  static bool accepts(const data_type& t) noexcept { return t.id() == type; }
  static void encode(const net::ip_address& value, value_writer& out);
  static net::ip_address decode(value_reader& in);
};

/// macaddr
template <>
struct codec<macaddr> {
  static constexpr oid type = oids::macaddr;
  static bool accepts(const data_type& t) noexcept { return t.id() == type; }
  static void encode(const macaddr& value, value_writer& out);
  static macaddr decode(value_reader& in);
};

/// macaddr8
template <>
struct codec<macaddr8> {
  static constexpr oid type = oids::macaddr8;
  static bool accepts(const data_type& t) noexcept { return t.id() == type; }
  static void encode(const macaddr8& value, value_writer& out);
  static macaddr8 decode(value_reader& in);
};

}  // namespace bight::pg
