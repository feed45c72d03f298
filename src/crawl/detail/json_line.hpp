// One JSON object on one line, with numbers as people write them.
#pragma once
#include <boost/json/serialize.hpp>
#include <boost/json/string_view.hpp>
#include <concepts>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace bight::crawl {

/// Builds a JSON object field by field. Strings go through Boost.JSON; bytes that are not ASCII become '?',
/// since JSON is UTF-8 and header values may be anything.
class json_line {
 public:
  void field(std::string_view name, std::string_view text) { raw(name, quoted(text)); }
  void field(std::string_view name, bool value) { raw(name, value ? "true" : "false"); }
  template <std::integral Number>
    requires(!std::same_as<Number, bool>)
  void field(std::string_view name, Number value) {
    raw(name, std::to_string(value));
  }
  void field(std::string_view name, double value) {
    char buffer[64];
    const int n = std::snprintf(buffer, sizeof buffer, "%.3f", value);
    raw(name, {buffer, static_cast<std::size_t>(n)});
  }
  /// A value that is JSON already.
  void raw(std::string_view name, std::string_view json) {
    text_.append(text_.size() == 1 ? "\"" : ",\"").append(name).append("\":").append(json);
  }
  std::string finish() && {
    text_ += '}';
    return std::move(text_);
  }

  static std::string quoted(std::string_view text) {
    std::string clean{text};
    for (auto& c : clean)
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    return boost::json::serialize(boost::json::string_view{clean});
  }

 private:
  std::string text_ = "{";
};

}  // namespace bight::crawl
