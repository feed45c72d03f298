#include <bight/http/handler.hpp>

#include <memory>
#include <utility>

namespace bight::http {

namespace detail {

class handler_chain {
 public:
  handler_chain(std::vector<middleware> around, handler inner)
      : around_(std::move(around)), inner_(std::move(inner)) {}
  awaitable<server_response> call(std::size_t position, server_request& request) {
    if (position == around_.size()) return inner_(request);
    return around_[position](request, next{*this, position + 1});
  }

 private:
  std::vector<middleware> around_;
  handler inner_;
};

}  // namespace detail

awaitable<server_response> next::operator()(server_request& request) const {
  return chain_->call(position_, request);
}

handler compose(std::vector<middleware> around, handler inner) {
  if (around.empty()) return inner;
  return [chain = std::make_unique<detail::handler_chain>(std::move(around), std::move(inner))](
             server_request& request) { return chain->call(0, request); };
}

}  // namespace bight::http
