#include <bight/api/stream.hpp>

namespace bight::api::detail {

namespace {
constexpr std::size_t max_line = 1024 * 1024;
}

struct line_source::state {
  explicit state(http::response r) : response(std::move(r)), lines(response.lines(max_line)) {}
  http::response response;
  generator<std::string> lines;
};

line_source::line_source(http::response r, std::string operation)
    : state_(std::make_shared<state>(std::move(r))), operation_(std::move(operation)) {}

awaitable<std::optional<std::string>> line_source::next() {
  auto line = co_await state_->lines.next();
  while (line && line->empty()) line = co_await state_->lines.next();
  co_return line;
}

}  // namespace bight::api::detail
