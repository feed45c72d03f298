#include "http/h1/framing.hpp"

#include "http/h1/chars.hpp"

namespace bight::http::h1 {

connection_options read_connection(headers_view fields) noexcept {
  connection_options options;
  if (!fields.is_repeated(header_id::connection)) {  // nearly always one of two values
    const std::string_view only = fields.get(header_id::connection).value_or(std::string_view{});
    options.close = only == "close";
    options.keep_alive = only == "keep-alive";
    if (options.close || options.keep_alive) return options;
  }
  for (const std::string_view value : fields.get_all(header_id::connection)) {
    for_each_element(value, [&](std::string_view element) {
      switch (element.size()) {
        case 5:
          options.close = options.close || equal_ignoring_case(element, "close");
          break;
        case 7:
          options.upgrade = options.upgrade || equal_ignoring_case(element, "upgrade");
          break;
        case 10:
          options.keep_alive = options.keep_alive || equal_ignoring_case(element, "keep-alive");
          break;
        default:
          break;
      }
      return true;
    });
  }
  return options;
}

}  // namespace bight::http::h1
