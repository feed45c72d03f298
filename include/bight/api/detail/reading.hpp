// reading: values of a request, and everything that is wrong with them.
#pragma once
#include <bight/api/decoding_limits.hpp>
#include <bight/api/detail/shape.hpp>
#include <bight/api/invalid_input.hpp>
#include <bight/http/detail/json_place.hpp>
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::api::detail {

class reading {
 public:
  explicit reading(const decoding_limits& limits = {}) : limits_(limits) {}

  /// Where the next values come from, for errors.
  void enter(std::string_view in, std::string_view name) {
    in_ = in;
    name_ = name;
  }
  /// Reads JSON text.
  void read_text(const shape& type, void* to, std::string_view text, const rules& r = {});
  /// Reads a parameter: `text` is a number, a word or a text, not JSON.
  void read_parameter(const shape& type, void* to, std::string_view text, const rules& r);
  /// The same for one of several values of a parameter.
  void read_repeated(const shape& type, void* to, std::string_view text, const rules& r, std::size_t index);
  void missing(const rules& r);
  /// The number of values of a parameter that repeats.
  void check_items(std::size_t n, const rules& r);

  /// The size of a file.
  void check_bytes(std::uint64_t n, const rules& r);

  bool valid() const noexcept { return found_.empty(); }
  /// Throws invalid_input.
  void throw_if_invalid();
  std::vector<invalid_value> take() { return std::move(found_); }

 private:
  using place = http::detail::json_place;
  void read_plain(const shape& type, void* to, std::string_view text, const rules& r, const place& at);
  void read(const shape& type, void* to, const boost::json::value& v, const rules& r, const place& at);
  void read_integer(const shape& type, void* to, const boost::json::value& v, const rules& r,
                    const place& at);
  void read_number(const shape& type, void* to, const boost::json::value& v, const rules& r, const place& at);
  void read_string(const shape& type, void* to, const boost::json::value& v, const rules& r, const place& at);
  void read_sequence(const shape& type, void* to, const boost::json::value& v, const rules& r,
                     const place& at);
  void read_map(const shape& type, void* to, const boost::json::value& v, const rules& r, const place& at);
  void read_variant(const shape& type, void* to, const boost::json::value& v, const rules& r,
                    const place& at);
  void read_members(const shape& type, void* to, const boost::json::object& members, const rules& r,
                    const place& at, std::string_view tag);
  void read_object(const shape& type, void* to, const boost::json::value& v, const rules& r, const place& at);
  void check_range(long double n, const boost::json::value& v, const rules& r, const place& at);
  void check_size(std::size_t n, std::string_view kind, const boost::json::value* v, const rules& r,
                  const place& at);
  void wrong_type(std::string_view expected, const boost::json::value& v, const rules& r, const place& at);
  void add(const place& at, std::string_view constraint, std::string detail, const boost::json::value* v,
           bool secret);
  bool full() const noexcept { return found_.size() >= limits_.max_errors; }

  decoding_limits limits_;
  std::string_view in_ = "body";
  std::string_view name_;
  std::vector<invalid_value> found_;
};

}  // namespace bight::api::detail
