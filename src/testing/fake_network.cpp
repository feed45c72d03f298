#include <bight/testing/fake_network.hpp>

#include <algorithm>
#include <bight/core/detail/ascii.hpp>
#include <bight/core/sleep.hpp>
#include <bight/net/error.hpp>
#include <bight/net/memory_stream.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "testing/detail/fake_listener.hpp"
#include "testing/detail/faulty_stream.hpp"
#include "testing/detail/step_counter.hpp"

namespace bight::testing {

using boost::system::error_code;
using boost::system::system_error;
using detail::fake_backlog;
using net::endpoint;
using net::ip_address;

namespace {

constexpr std::uint16_t first_ephemeral_port = 49'152;  // RFC 6335 6

// What the text says; the error names it.
template <class T>
T parsed(std::string_view text) {
  const auto value = T::parse(text);
  if (!value) throw system_error(value.error(), "bight: fake_network: " + std::string{text});
  return *value;
}

std::string in_lower_case(std::string_view name) {
  std::string lower{name};
  for (auto& c : lower) c = bight::detail::to_lower(c);
  return lower;
}

[[noreturn]] void throw_system(int code, const std::string& what) {
  throw system_error(error_code{code, boost::system::system_category()}, what);
}

// Throws if it is the turn of this step of fail_at_every_step.
void take_step(const std::string& what) {
  if (const auto error = detail::next_step(what)) throw system_error(*error, what);
}

// The address that a client has: documentation addresses (RFC 5737, RFC 3849), loopback for loopback.
ip_address client_address(const ip_address& to) {
  if (to.is_loopback()) return to;
  constexpr ip_address four{ip_address::v4_bytes{192, 0, 2, 1}};
  constexpr ip_address six{ip_address::v6_bytes{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  return to.is_v4() ? four : six;
}

}  // namespace

class fake_network::impl final : public net::network {
 public:
  explicit impl(const fake_network_options& o) : options(o) {}

  awaitable<std::vector<ip_address>> resolve(std::string host) override;
  awaitable<net::stream> connect(endpoint where) override;
  std::unique_ptr<net::listener_backend> listen(const endpoint& where, const net::listen_options& o) override;

  struct known_host {
    std::vector<ip_address> addresses;
    error_code error;
  };
  enum class trouble : std::uint8_t { black_hole, unreachable };

  void reset_connections();
  std::size_t open_connections() const noexcept;

  fake_network_options options;
  std::map<std::string, known_host> hosts;
  std::map<std::string, std::size_t> lookups;
  std::map<endpoint, std::size_t> connects;
  std::map<endpoint, std::size_t> refusals;
  std::map<ip_address, trouble> troubles;
  std::function<void(fake_connection&)> prepare;
  std::size_t all_lookups = 0;
  std::size_t all_connects = 0;

 private:
  struct ends {
    std::weak_ptr<detail::faulty_state> client;
    std::weak_ptr<detail::faulty_state> server;
    bool open() const noexcept { return is_open(client) || is_open(server); }
    static bool is_open(const std::weak_ptr<detail::faulty_state>& end) noexcept {
      const auto s = end.lock();
      return s && s->open();
    }
  };
  bool taken(const endpoint& where, const net::listen_options& o) const noexcept;
  endpoint pick_port(const ip_address& address, const net::listen_options& o) const;
  std::shared_ptr<fake_backlog> find_listener(const endpoint& where);
  void refuse_if_due(const endpoint& where, const std::string& what);
  net::stream make_connection(fake_backlog& to, const endpoint& where);

  std::vector<std::shared_ptr<fake_backlog>> listeners_;
  std::vector<ends> connections_;
  std::size_t made_ = 0;
};

awaitable<std::vector<ip_address>> fake_network::impl::resolve(std::string host) {
  ++all_lookups;
  ++lookups[host];
  take_step("look-up of " + host);
  if (options.lookup_delay > options.lookup_delay.zero()) co_await sleep(options.lookup_delay);
  std::vector<ip_address> found;
  const auto known = hosts.find(host);
  if (known != hosts.end()) {
    if (known->second.error) throw system_error(known->second.error, host);
    found = known->second.addresses;
  } else if (host == "localhost") {
    found.push_back(ip_address::loopback());
  }
  co_return found;
}

void fake_network::impl::refuse_if_due(const endpoint& where, const std::string& what) {
  const auto left = refusals.find(where);
  if (left == refusals.end() || left->second == 0) return;
  --left->second;
  throw_system(ECONNREFUSED, what);
}

awaitable<net::stream> fake_network::impl::connect(endpoint where) {
  ++all_connects;
  ++connects[where];
  const auto what = "connect to " + where.to_string();
  take_step(what);
  if (options.connect_delay > options.connect_delay.zero()) co_await sleep(options.connect_delay);
  const auto bad = where.is_ip() ? troubles.find(where.address()) : troubles.end();
  if (bad != troubles.end() && bad->second == trouble::unreachable) throw_system(EHOSTUNREACH, what);
  if (bad != troubles.end()) co_await sleep(forever);
  refuse_if_due(where, what);
  while (true) {
    const auto to = find_listener(where);
    // The file of a socket goes with its listener.
    if (!to) throw_system(where.is_unix() && !where.is_abstract() ? ENOENT : ECONNREFUSED, what);
    if (!to->full()) co_return make_connection(*to, where);
    co_await to->room().wait();
  }
}

net::stream fake_network::impl::make_connection(fake_backlog& to, const endpoint& where) {
  fake_connection c;
  c.number = made_++;
  c.from = endpoint::unix_unnamed();
  if (where.is_ip())
    c.from = endpoint{client_address(where.address()),
                      static_cast<std::uint16_t>(first_ephemeral_port + c.number % 16'384)};
  c.to = where;
  if (prepare) prepare(c);
  const net::memory_pipe_options pipe{.capacity = options.capacity, .first = c.from, .second = c.to};
  auto [client, server] = net::memory_pipe(pipe);
  const auto client_state = std::make_shared<detail::faulty_state>(client.release(), std::move(c.client));
  const auto server_state = std::make_shared<detail::faulty_state>(server.release(), std::move(c.server));
  std::erase_if(connections_, [](const ends& e) { return !e.open(); });
  connections_.push_back({client_state, server_state});
  to.push(detail::make_stream(server_state));
  return detail::make_stream(client_state);
}

// The one for this very address before those for all; of several, each in its turn.
std::shared_ptr<fake_backlog> fake_network::impl::find_listener(const endpoint& where) {
  std::vector<std::shared_ptr<fake_backlog>> fit;
  for (const bool wildcard : {false, true}) {
    for (const auto& l : listeners_)
      if (l->open() && l->takes(where) && l->wildcard() == wildcard) fit.push_back(l);
    if (!fit.empty()) return fit[made_ % fit.size()];
  }
  return nullptr;
}

bool fake_network::impl::taken(const endpoint& where, const net::listen_options& o) const noexcept {
  return std::any_of(listeners_.begin(), listeners_.end(), [&](const auto& l) {
    return l->open() && l->overlaps(where, o.dual_stack) && !(l->shared() && o.reuse_port);
  });
}

endpoint fake_network::impl::pick_port(const ip_address& address, const net::listen_options& o) const {
  for (std::uint32_t port = first_ephemeral_port; port <= 65'535; ++port) {
    const endpoint where{address, static_cast<std::uint16_t>(port)};
    const bool used = std::any_of(listeners_.begin(), listeners_.end(), [&](const auto& l) {
      return l->open() && l->overlaps(where, o.dual_stack);
    });
    if (!used) return where;
  }
  throw_system(EADDRINUSE, "listen on " + endpoint(address, 0).to_string());
}

std::unique_ptr<net::listener_backend> fake_network::impl::listen(const endpoint& where,
                                                                  const net::listen_options& o) {
  const auto at = where.is_ip() && where.port() == 0 ? pick_port(where.address(), o) : where;
  if (taken(at, o)) throw_system(EADDRINUSE, "listen on " + where.to_string());
  std::erase_if(listeners_, [](const auto& l) { return !l->open(); });
  listeners_.push_back(std::make_shared<fake_backlog>(at, o));
  return detail::make_listener(listeners_.back());
}

void fake_network::impl::reset_connections() {
  const error_code reset{ECONNRESET, boost::system::system_category()};
  for (const auto& c : connections_)
    for (const auto& end : {c.client.lock(), c.server.lock()})
      if (end) end->fail(reset);
}

std::size_t fake_network::impl::open_connections() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(), [](const ends& e) { return e.open(); }));
}

fake_network::fake_network(const fake_network_options& options) : impl_(std::make_shared<impl>(options)) {}

net::network_scope fake_network::use() const { return net::network_scope{impl_}; }

void fake_network::add_host(std::string_view name, std::initializer_list<std::string_view> addresses) {
  impl::known_host host;
  for (const auto a : addresses) host.addresses.push_back(parsed<ip_address>(a));
  impl_->hosts[in_lower_case(name)] = std::move(host);
}

void fake_network::fail_lookup(std::string_view name, const error_code& error) {
  impl::known_host host;
  host.error = error;
  impl_->hosts[in_lower_case(name)] = std::move(host);
}

void fake_network::black_hole(std::string_view address) {
  impl_->troubles[parsed<ip_address>(address)] = impl::trouble::black_hole;
}
void fake_network::unreachable(std::string_view address) {
  impl_->troubles[parsed<ip_address>(address)] = impl::trouble::unreachable;
}
void fake_network::reachable(std::string_view address) { impl_->troubles.erase(parsed<ip_address>(address)); }
void fake_network::refuse_next(std::string_view where, std::size_t count) {
  impl_->refusals[parsed<endpoint>(where)] = count;
}
void fake_network::reset_connections() { impl_->reset_connections(); }
void fake_network::on_connection(std::function<void(fake_connection&)> prepare) {
  impl_->prepare = std::move(prepare);
}

std::size_t fake_network::lookups(std::string_view name) const {
  const auto asked = impl_->lookups.find(in_lower_case(name));
  return asked == impl_->lookups.end() ? 0 : asked->second;
}
std::size_t fake_network::lookups() const noexcept { return impl_->all_lookups; }
std::size_t fake_network::connects(std::string_view where) const {
  const auto asked = impl_->connects.find(parsed<endpoint>(where));
  return asked == impl_->connects.end() ? 0 : asked->second;
}
std::size_t fake_network::connects() const noexcept { return impl_->all_connects; }
std::size_t fake_network::open_connections() const noexcept { return impl_->open_connections(); }

}  // namespace bight::testing
