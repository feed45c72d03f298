// codec<T>: how C++ types are transferred to and from PostgreSQL.
#pragma once
#include <bight/pg/detail/codec_arrays.hpp>
#include <bight/pg/detail/codec_composites.hpp>
#include <bight/pg/detail/codec_enums.hpp>
#include <bight/pg/detail/codec_ranges.hpp>
#include <bight/pg/detail/codec_scalars.hpp>
#include <bight/pg/detail/codec_times.hpp>
#include <bight/pg/detail/codec_values.hpp>
#include <bight/pg/value_codec.hpp>
