#include "core/process/pool_worker.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/core/process_pool.hpp>
#include <cerrno>
#include <string_view>
#include <utility>

#include "core/process/start_process.hpp"

namespace bight::detail {
namespace {

using boost::system::error_code;
using boost::system::system_category;
using boost::system::system_error;

constexpr char operation[] = "process_pool::call";

// The worker's end is gone, or the pool has closed ours.
bool is_loss(const error_code& ec) noexcept {
  const int v = ec.value();
  return ec.category() == system_category() &&
         (v == EPIPE || v == ECONNRESET || v == ECANCELED || v == EBADF);
}

}  // namespace

struct pool_worker::started {
  explicit started(const command& program) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      throw system_error(error_code{errno, system_category()}, "bight: process_pool: socketpair");
    ours = unique_fd{ends[0]};
    const unique_fd theirs{ends[1]};
    name = program.program();
    pid = start_process(program, theirs.get()).pid;
  }
  unique_fd ours;
  std::string name;
  pid_t pid = -1;
};

pool_worker::pool_worker(const command& program) : pool_worker(started{program}) {}
pool_worker::pool_worker(started s) : child_(child::adopt(s.pid, std::move(s.name), true)) {
  channel_.reset(new descriptor_state(std::move(s.ours)));
}

pool_worker::~pool_worker() {
  if (channel_) channel_->close();
  child_->end();
}

void pool_worker::kill() noexcept {
  try {
    child_->send(SIGKILL);
  } catch (
      const system_error&) {  // a function has changed its user: the end of the channel is all that is left
    close_channel();
  }
}

bool pool_worker::usable() noexcept {
  if (has_ended() || !channel_->is_open()) return false;
  char byte;
  return ::recv(channel_->stream->native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

// False if the other end is closed.
awaitable<bool> pool_worker::receive(std::span<std::byte> buffer) {
  while (!buffer.empty()) {
    const auto n = co_await read_from(channel_, buffer, operation);
    if (n == 0) co_return false;
    buffer = buffer.subspan(n);
  }
  co_return true;
}

awaitable<bool> pool_worker::greeting() {
  worker_hello hello{0};
  try {
    const bool there = co_await receive(writable_bytes_of(hello));
    co_return (there && hello.magic == worker_hello::expected);
  } catch (const system_error& e) {
    if (!is_loss(e.code())) throw;
    co_return false;
  }
}

awaitable<void> pool_worker::send(const std::string& name, std::string payload, std::uint64_t max_answer) {
  constexpr std::size_t small = 16U << 10U;
  const call_header header{name.size(), payload.size(), max_answer};
  std::string head(sizeof header, '\0');
  head.replace(0, sizeof header, reinterpret_cast<const char*>(&header), sizeof header);
  head += name;
  if (payload.size() <= small) head += std::exchange(payload, {});  // one system call for all of it
  co_await write_to(channel_, std::as_bytes(std::span{head}), operation);
  co_await write_to(channel_, std::as_bytes(std::span{payload}), operation);
}

// Nothing if the worker is lost.
awaitable<std::optional<answer_header>> pool_worker::exchange(const std::string& name, std::string payload,
                                                              std::uint64_t max_answer, std::string& bytes) {
  answer_header header;
  try {
    co_await send(name, std::move(payload), max_answer);
    bool there = co_await receive(writable_bytes_of(header));
    if (!there) co_return std::nullopt;
    if (header.kind == answer_kind::value || header.kind == answer_kind::error) {
      if (header.size > std::max<std::uint64_t>(max_answer, longest_error_text)) co_return std::nullopt;
      bytes.resize(header.size);
      there = co_await receive(std::as_writable_bytes(std::span{bytes}));
      if (!there) co_return std::nullopt;
    }
  } catch (const system_error& e) {
    if (!is_loss(e.code())) throw;
    co_return std::nullopt;
  }
  co_return header;
}

awaitable<std::string> pool_worker::call(std::string name, std::string payload, std::uint64_t max_answer) {
  ++calls;
  std::string bytes;
  const auto header = co_await exchange(name, std::move(payload), max_answer, bytes);
  if (!header) {
    kill();  // one that is ending keeps the status that it has already
    const auto status = co_await wait();
    throw worker_died(name, status);
  }
  switch (header->kind) {
    case answer_kind::value:
      co_return bytes;
    case answer_kind::error:
      throw remote_error(name, std::move(bytes));
    case answer_kind::unknown_function:
      throw system_error(make_error_code(errc::unknown_function),
                         fmt::format("bight: process_pool: '{}' in '{}'", name, program()));
    case answer_kind::too_large:
      break;
  }
  throw system_error(make_error_code(errc::limit_exceeded),
                     fmt::format("bight: process_pool: the result of '{}' has {} bytes; the limit is {}",
                                 name, header->size, max_answer));
}

}  // namespace bight::detail
