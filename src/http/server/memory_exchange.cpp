#include "http/server/memory_exchange.hpp"

#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>

#include "http/h1/serializer.hpp"

namespace bight::http::detail {

memory_exchange::memory_exchange(http::method m, std::string target, http::headers fields, http::body content)
    : target_(std::move(target)), headers_(std::move(fields)), body_(std::move(content)) {
  std::string line;
  if (const auto ec = h1::append_request_line(line, m, target_))
    throw boost::system::system_error(ec, "server_request: " + target_);
  head_.method = m;
  head_.target = target_;
  head_.headers = headers_;
  head_.authority = headers_.get(header_id::host).value_or("localhost");
}

awaitable<std::string_view> memory_exchange::read_body() {
  if (std::exchange(read_, true)) co_return std::string_view{};
  const auto size = body_.size();
  const auto too_large = [this] {
    throw boost::system::system_error(make_error_code(errc::body_too_large),
                                      "limit " + std::to_string(limit_));
  };
  if (size && *size > limit_) too_large();
  if (const auto* const text = body_.text()) co_return *text;
  text_ = co_await body_.collect(limit_);
  co_return text_;
}

}  // namespace bight::http::detail
