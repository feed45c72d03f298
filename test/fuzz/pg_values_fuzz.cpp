// Properties: bytes of any type are a value or an error; a value that was read is written, and the bytes
// written are read as a value that is written alike. Four bytes of the input are the type, the others the
// value.
#include <bight/pg/codec.hpp>
#include <bight/pg/json.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "pg/values.hpp"

using namespace bight::pg;

namespace {

constexpr oid user_composite = 20003;

const data_type& composite() {
  static const type_catalog catalog = [] {
    std::vector<type_row> rows(1);
    rows[0].id = user_composite;
    rows[0].name = "pair";
    rows[0].kind = 'c';
    rows[0].attribute_names = {"a", "b"};
    rows[0].attribute_types = {oids::text, 1007};
    type_catalog c;
    c.add(rows);
    return c;
  }();
  return *catalog.find(user_composite);
}

template <class T>
void check(const data_type& type, std::string_view bytes) {
  if (!check_result<T>(type, format::binary).empty()) return;
  codec_error error;
  const auto value = read_value<T>(type, format::binary, bytes, error);
  if (error || !check_parameter<T>(type).empty()) return;
  const auto written = samples::encoded(value, type);
  if (written.starts_with("error:")) std::abort();
  const auto again = samples::from_hex(written);
  if (!samples::problem_of<T>(type, again).empty()) std::abort();
  if (samples::encoded(samples::decoded<T>(type, again), type) != written) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const auto id = static_cast<oid>(data[0]) << 24 | static_cast<oid>(data[1]) << 16 |
                  static_cast<oid>(data[2]) << 8 | data[3];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 4, size - 4);
  if (id == user_composite)
    check<std::tuple<std::string, std::optional<std::vector<int>>>>(composite(), bytes);
  const auto* const type = find_builtin(id);
  if (!type) return 0;
  for (std::uint8_t rank = 1; rank != 4; ++rank)
    samples::with_type(id, rank, [&]<class T>(T*) { check<T>(*type, bytes); });
  check<boost::json::value>(*type, bytes);
  check<std::tuple<int, std::string>>(*type, bytes);
  check<array<std::optional<int>>>(*type, bytes);
  check<std::chrono::year_month_day>(*type, bytes);
  check<std::chrono::microseconds>(*type, bytes);
  return 0;
}
