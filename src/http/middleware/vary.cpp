#include "http/middleware/vary.hpp"

#include <string>

namespace bight::http::middleware_detail {

void add_vary(headers& response, std::string_view name) {
  if (list_contains_token(response, header_id::vary, name) ||
      list_contains_token(response, header_id::vary, "*"))
    return;
  const auto before = response.get(header_id::vary);
  if (!before || before->empty() || response.view().is_repeated(header_id::vary)) {
    response.append(header_id::vary, name);
    return;
  }
  const auto joined = std::string{*before}.append(", ").append(name);
  response.set(header_id::vary, joined);
}

}  // namespace bight::http::middleware_detail
