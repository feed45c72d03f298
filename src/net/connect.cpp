#include <bight/net/connect.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/error.hpp>
#include <bight/net/network.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/detail/convert.hpp"
#include "net/detail/plain_stream.hpp"
#include "net/detail/resolver_access.hpp"

namespace bight::net {

using boost::system::error_code;
using boost::system::system_error;

namespace {

// A socket that was not handed on is closed at once, not when the last reference to its operation goes.
class close_on_failure {
 public:
  explicit close_on_failure(detail::socket_state& s) noexcept : state_(&s) {}
  close_on_failure(const close_on_failure&) = delete;
  close_on_failure& operator=(const close_on_failure&) = delete;
  ~close_on_failure() { state_->close(); }

 private:
  detail::socket_state* state_;
};

using state_ptr = boost::intrusive_ptr<detail::socket_state>;

// To connect to a Unix domain socket never waits, unless its backlog is full; and then there is nothing that
// the kernel would tell when there is room.
awaitable<void> connect_unix(state_ptr state, detail::generic_endpoint at) {
  constexpr std::chrono::milliseconds longest{50};
  auto& socket = *state->socket;
  error_code ec;
  socket.open(at.protocol(), ec);
  if (!ec) socket.native_non_blocking(true, ec);
  std::chrono::milliseconds pause{1};
  while (!ec) {
    if (::connect(socket.native_handle(), at.data(), static_cast<socklen_t>(at.size())) == 0) co_return;
    const int code = errno;
    if (code == EAGAIN)
      co_await sleep(std::exchange(pause, std::min(2 * pause, longest)));
    else if (code != EINTR)
      ec = error_code{code, boost::system::system_category()};
  }
  throw system_error(ec, "connect to " + detail::from_asio(at).to_string());
}

awaitable<stream> connect_to(endpoint where) {
  if (const auto elsewhere = current_network()) co_return co_await elsewhere->connect(where);
  const auto at = detail::to_asio(where);
  const state_ptr state{new detail::socket_state(detail::stream_socket{detail::loop_executor()})};
  auto& s = *state;
  const close_on_failure otherwise{s};
  if (where.is_unix()) {
    co_await connect_unix(state, at);
    co_return stream{std::make_unique<detail::plain_stream>(std::move(*s.socket))};
  }
  s.writing = std::make_unique<detail::io_side>();
  auto start = [&](detail::io_handler h) { s.socket->async_connect(at, std::move(h)); };
  auto cancel = [&] {
    error_code ignored;
    s.socket->cancel(ignored);
  };
  detail::io_operation op{"net::connect", s, *s.writing, start, cancel};
  const auto outcome = co_await op;
  if (outcome.error) throw system_error(outcome.error, "connect to " + where.to_string());
  co_return stream{std::make_unique<detail::plain_stream>(std::move(*s.socket))};
}

// Addresses are tried while earlier ones have not answered (RFC 8305 section 5).
class attempts {
 public:
  attempts(const connect_options& options, std::vector<endpoint> candidates)
      : options_(&options), candidates_(std::move(candidates)) {}
  attempts(const attempts&) = delete;
  attempts& operator=(const attempts&) = delete;

  /// The first connection; invalid if there is none.
  awaitable<stream> run();
  [[noreturn]] void fail(std::string what) const;

 private:
  struct failure {
    endpoint where;
    error_code error;
  };
  class record;

  static awaitable<void> attempt(attempts& a, endpoint where);
  awaitable<void> race(task_group& group);
  bool allowed(const endpoint& where);
  bool over() const noexcept { return winner_.valid(); }

  const connect_options* options_;
  std::vector<endpoint> candidates_;
  std::vector<failure> failures_;
  stream winner_;
  event changed_;  // an attempt has ended
};

// An attempt in the trace. It does not end itself: with its loop a frame may outlive the trace.
class attempts::record {
 public:
  record(connect_trace* trace, const endpoint& where) : trace_(trace) {
    if (!trace_) return;
    index_ = trace_->attempts.size();
    const auto now = clock::now();
    trace_->attempts.push_back({where, now, now, {}});
  }
  void end(const error_code& error) const noexcept {
    if (!trace_) return;
    trace_->attempts[index_].end = clock::now();
    trace_->attempts[index_].error = error;
  }

 private:
  connect_trace* trace_;
  std::size_t index_ = 0;
};

bool attempts::allowed(const endpoint& where) {
  if (!options_->policy || options_->policy(where)) return true;
  const auto error = make_error_code(errc::address_not_allowed);
  record{options_->trace, where}.end(error);
  failures_.push_back({where, error});
  return false;
}

awaitable<void> attempts::attempt(attempts& a, endpoint where) {
  const error_code lost = boost::asio::error::operation_aborted;
  const record noted{a.options_->trace, where};
  try {
    auto made = co_await wait_for(connect_to(where), a.options_->attempt_timeout);
    noted.end(a.over() ? lost : error_code{});
    if (!a.over()) a.winner_ = std::move(made);
  } catch (const system_error& e) {
    noted.end(e.code());
    a.failures_.push_back({where, e.code()});
  } catch (...) {
    noted.end(lost);
    throw;
  }
  a.changed_.set();
}

awaitable<void> attempts::race(task_group& group) {
  std::size_t answered = failures_.size();  // failures that have started another attempt
  const auto change = [this] { return changed_.wait(); };
  for (const auto& where : candidates_) {
    if (!allowed(where)) {
      ++answered;
      continue;
    }
    changed_.clear();
    group.spawn(attempt, std::ref(*this), where);
    if (failures_.size() == answered) co_await move_on_after(options_->attempt_delay, change);
    if (failures_.size() != answered) ++answered;
    if (over()) break;
  }
  while (!over() && failures_.size() != candidates_.size()) {
    changed_.clear();
    co_await changed_.wait();
  }
  group.cancel();
}

awaitable<stream> attempts::run() {
  if (candidates_.size() == 1) {
    if (allowed(candidates_.front())) co_await attempt(*this, candidates_.front());
  } else {
    const auto body = [this](task_group& group) { return race(group); };
    co_await task_group::run(body);
  }
  co_return std::move(winner_);
}

void attempts::fail(std::string what) const {
  constexpr std::size_t most = 4;
  const auto not_allowed = make_error_code(errc::address_not_allowed);
  auto first = not_allowed;
  for (const auto& f : failures_)
    if (first == not_allowed) first = f.error;
  if (failures_.size() > 1) {
    what += " (" + std::to_string(failures_.size()) + " addresses";
    for (std::size_t i = 0; i != std::min(most, failures_.size()); ++i)
      what += (i == 0 ? ": " : ", ") + failures_[i].where.address().to_string() + ": " +
              failures_[i].error.message();
    what += failures_.size() > most ? ", ...)" : ")";
  } else if (const auto address = failures_.front().where.address().to_string();
             what.find(address) == what.npos) {
    what += " (" + address + ")";
  }
  throw system_error(first, what);
}

awaitable<std::vector<ip_address>> look_up(resolver names, std::string host, std::uint16_t port,
                                           const connect_options& options) {
  if (options.trace) options.trace->lookup_start = clock::now();
  std::vector<ip_address> found;
  try {
    found = co_await wait_for(names.resolve(host, port), options.lookup_timeout);
  } catch (const timeout_error&) { throw timeout_error{"name lookup of " + host}; }
  if (options.trace) options.trace->lookup_end = clock::now();
  co_return found;
}

bool mixed(const std::vector<ip_address>& list) {
  return std::any_of(list.begin(), list.end(),
                     [&](const ip_address& a) { return a.is_v6() != list.front().is_v6(); });
}

awaitable<stream> connect_any(resolver names, std::string host, std::uint16_t port, connect_options options) {
  auto addresses = co_await look_up(names, host, port, options);
  const bool both = mixed(addresses);
  if (const auto v6 = both ? resolver_access::winner(names, host) : std::nullopt) {
    const auto preferred = std::find_if(addresses.begin(), addresses.end(),
                                        [&](const ip_address& a) { return a.is_v6() == *v6; });
    std::rotate(addresses.begin(), preferred, preferred + 1);
  }
  std::vector<endpoint> candidates;
  for (const auto& a : addresses) candidates.emplace_back(a, port);
  attempts all{options, std::move(candidates)};
  auto s = co_await all.run();
  if (!s.valid()) {
    const bool six = host.find(':') != host.npos;
    all.fail("connect to " + (six ? '[' + host + ']' : host) + ':' + std::to_string(port));
  }
  if (both) resolver_access::remember_winner(names, host, s.remote_endpoint().address().is_v6());
  co_return s;
}

}  // namespace

bool public_only(const endpoint& where) noexcept { return where.is_ip() && where.address().is_public(); }

awaitable<stream> connect(const endpoint& where) { return connect_to(where); }

awaitable<stream> connect(resolver names, std::string_view host, std::uint16_t port,
                          const connect_options& options) {
  return connect_any(std::move(names), std::string{host}, port, options);
}

awaitable<stream> connect(std::string_view host, std::uint16_t port, const connect_options& options) {
  return connect(resolver{}, host, port, options);
}

}  // namespace bight::net
