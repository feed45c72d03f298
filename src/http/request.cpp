#include <bight/http/request.hpp>

namespace bight::http {

request request::with_body(http::body content) const {
  request copy{method_, url_, headers_, std::move(content)};
  copy.timeouts_ = timeouts_;
  copy.auth_ = auth_;
  copy.max_redirects_ = max_redirects_;
  copy.max_body_ = max_body_;
  copy.decode_ = decode_;
  copy.expect_continue_ = expect_continue_;
  copy.retry_ = retry_;
  copy.deadline_ = deadline_;
  return copy;
}

}  // namespace bight::http
