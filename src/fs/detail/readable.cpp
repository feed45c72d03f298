#include "fs/detail/readable.hpp"

#include <bight/asio.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace bight::fs::detail {

using boost::system::error_code;

readable::readable(bight::detail::unique_fd fd) {
  stream_.emplace(bight::detail::context_of(*home()).get_executor());
  stream_->assign(fd.get());
  fd.release();
}

awaitable<void> readable::wait(boost::intrusive_ptr<readable> self, const char* name) {
  auto& stream = *self->stream_;
  auto start = [&](bight::detail::io_handler h) { stream.async_wait(stream.wait_read, std::move(h)); };
  auto cancel = [&] {
    error_code ignored;
    stream.cancel(ignored);
  };
  bight::detail::io_operation op{name, *self, self->reading_, start, cancel};
  const auto outcome = co_await op;
  if (outcome.error) throw boost::system::system_error(outcome.error, name);
}

}  // namespace bight::fs::detail
