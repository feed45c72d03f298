// The codecs of bight::pg: which types of C++ hold which types of PostgreSQL, both ways.
//
//   bool                                bool
//   int2, int4, int8, oid               integers that are wide enough
//   float4, float8                      float, double
//   numeric                             bight::decimal
//   text, varchar, char(n), name, xml   std::string, std::string_view (of the row), string literals
//   json, jsonb                         as text, or boost::json::value with <bight/pg/json.hpp>
//   "char"                              char
//   bytea                               std::vector<std::byte>, std::span<const std::byte> (of the row)
//   date                                std::chrono::sys_days, year_month_day
//   time                                pg::time_of_day
//   timestamp                           std::chrono::local_time<microseconds>
//   timestamptz                         std::chrono::sys_time<microseconds>, system_clock::time_point
//   interval                            pg::interval, or a duration if there are neither months nor days
//   dates and timestamps with infinity  pg::maybe_infinite<T>
//   uuid                                bight::uuid
//   inet, cidr, macaddr, macaddr8       pg::inet or net::ip_address, pg::cidr, pg::macaddr, pg::macaddr8
//   arrays                              std::vector, nested for more dimensions; pg::array keeps lower bounds
//   ranges, multiranges                 pg::range<T>, pg::multirange<T>
//   enums                               as text, described enums (<bight/pg/described.hpp>), or enum_codec
//   composite types, record             std::tuple, std::pair, described structs
//   domains                             as what they are based on
//   NULL                                std::optional<T>
//   anything else                       as text
//
// Types of your own: see codec<T> in <bight/pg/value_codec.hpp>.
#pragma once
#include <bight/pg/detail/codec_arrays.hpp>
#include <bight/pg/detail/codec_composites.hpp>
#include <bight/pg/detail/codec_enums.hpp>
#include <bight/pg/detail/codec_ranges.hpp>
#include <bight/pg/detail/codec_scalars.hpp>
#include <bight/pg/detail/codec_times.hpp>
#include <bight/pg/detail/codec_values.hpp>
#include <bight/pg/value_codec.hpp>
