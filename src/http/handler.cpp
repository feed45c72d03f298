#include <bight/http/handler.hpp>

#include <memory>
#include <utility>

#include "http/handler_chain.hpp"

namespace bight::http {

namespace {

struct composed {
  composed(std::vector<middleware> list, handler h) : around(std::move(list)), inner(std::move(h)) {
    for (auto& m : around) order.push_back(&m);
  }
  std::vector<middleware> around;
  std::vector<middleware*> order;
  handler inner;
};

}  // namespace

awaitable<server_response> next::operator()(server_request& request) const {
  return chain_->call(position_, request);
}

handler compose(std::vector<middleware> around, handler inner) {
  if (around.empty()) return inner;
  auto parts = std::make_unique<composed>(std::move(around), std::move(inner));
  detail::handler_chain chain{parts->order, parts->inner};
  return
      [parts = std::move(parts), chain](server_request& request) mutable { return chain.call(0, request); };
}

}  // namespace bight::http
