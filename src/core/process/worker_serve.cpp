#include "core/process/worker_serve.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <bight/core/exception_group.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>
#include <thread>
#include <utility>

#include "core/process/start_process.hpp"
#include "core/process/worker_protocol.hpp"

namespace bight {
namespace detail {
namespace {

using registry = std::map<std::string, const process_function*, std::less<>>;
registry& functions() {
  static auto* const all =
      new registry;  // never destroyed: functions are registered and destroyed in any order
  return *all;
}

[[noreturn]] void end_worker() {
  std::exit(0);  // not _exit: flushes output and lets leak checkers run
}

// The pool has closed the channel when there is no more data: the worker exits.
void receive(std::span<std::byte> buffer) {
  while (!buffer.empty()) {
    const auto n = ::recv(channel_descriptor, buffer.data(), buffer.size(), 0);
    if (n > 0) {
      buffer = buffer.subspan(static_cast<std::size_t>(n));
    } else if (n == 0 || errno != EINTR) {
      end_worker();
    }
  }
}

void send(std::span<const std::byte> data) {
  while (!data.empty()) {
    const auto n = ::send(channel_descriptor, data.data(), data.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      data = data.subspan(static_cast<std::size_t>(n));
    } else if (errno != EINTR) {
      end_worker();
    }
  }
}

struct answer {
  answer_header header;
  std::string bytes;
};

answer failure(std::string text) {
  text.resize(std::min(text.size(), longest_error_text));
  return {{answer_kind::error, text.size()}, std::move(text)};
}

answer answer_to(const std::string& name, std::string payload, std::uint64_t max_answer) {
  const auto* const function = find_function(name);
  if (!function) return {{answer_kind::unknown_function, 0}, {}};
  try {
    auto value = (*function)(std::move(payload));
    if (value.size() > max_answer) return {{answer_kind::too_large, value.size()}, {}};
    return {{answer_kind::value, value.size()}, std::move(value)};
  } catch (const std::exception& e) { return failure(e.what()); } catch (...) {
    return failure(describe(std::current_exception()));
  }
}

std::atomic<bool> busy = false;

// A call in progress must not outlive the pool.
void watch_for_the_end() {
  pollfd p{channel_descriptor, POLLRDHUP, 0};
  while (::poll(&p, 1, -1) < 0 && errno == EINTR) {}
  if (busy.load()) ::_exit(EXIT_FAILURE);
}

void answer_one_call() {
  call_header header;
  receive(writable_bytes_of(header));
  std::string name(header.name_size, '\0');
  std::string payload(header.payload_size, '\0');
  receive(std::as_writable_bytes(std::span{name}));
  receive(std::as_writable_bytes(std::span{payload}));
  busy = true;
  const auto a = answer_to(name, std::move(payload), header.max_answer);
  busy = false;
  std::cout.flush();
  std::fflush(nullptr);
  send(bytes_of(a.header));
  send(std::as_bytes(std::span{a.bytes}));
}

}  // namespace

const process_function* find_function(std::string_view name) noexcept {
  const auto found = functions().find(name);
  return found == functions().end() ? nullptr : found->second;
}

bool is_unserved_worker() noexcept { return std::getenv(worker_variable) != nullptr; }

void serve_calls() {
  const std::string_view version = std::getenv(worker_variable);
  if (version != worker_version) {
    std::cerr << "bight: process_pool: the pool has version " << version << ", the worker " << worker_version
              << '\n';
    std::exit(EXIT_FAILURE);
  }
  ::unsetenv(worker_variable);  // not inherited by programs that a function starts
  std::thread{watch_for_the_end}.detach();
  send(bytes_of(worker_hello{}));
  while (true) answer_one_call();
}

}  // namespace detail

process_function::process_function(std::string name, std::function<std::string(std::string)> f)
    : name_(std::move(name)), call_(std::move(f)) {
  if (name_.size() > detail::longest_function_name)
    throw std::logic_error(fmt::format("bight: process_function: the name has {} bytes; the limit is {}",
                                       name_.size(), detail::longest_function_name));
  if (!detail::functions().emplace(name_, this).second)
    throw std::logic_error(fmt::format("bight: process_function: the name '{}' is already in use", name_));
}
process_function::~process_function() { detail::functions().erase(name_); }

}  // namespace bight
