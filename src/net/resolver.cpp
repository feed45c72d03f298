#include <bight/net/resolver.hpp>

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <bight/core/clock.hpp>
#include <bight/core/detail/ascii.hpp>
#include <bight/core/task.hpp>
#include <bight/core/to_thread.hpp>
#include <bight/net/error.hpp>
#include <bight/net/network.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <list>
#include <optional>
#include <unordered_map>

#include "net/detail/resolver_access.hpp"

namespace bight::net {
namespace {

using boost::system::error_code;
using boost::system::system_error;
using addresses = std::vector<ip_address>;

struct answer {
  addresses found;
  error_code error;
  std::string detail;  // what getaddrinfo said
};

ip_address from_sockaddr(const sockaddr& sa) {
  if (sa.sa_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, &sa, sizeof in);
    ip_address::v4_bytes bytes;
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    return ip_address{bytes};
  }
  sockaddr_in6 in;
  std::memcpy(&in, &sa, sizeof in);
  ip_address::v6_bytes bytes;
  std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
  return ip_address{bytes, in.sin6_scope_id};
}

// RFC 8305 section 4: alternate the families, so that one that does not work costs one attempt only.
addresses interleave(const addresses& list) {
  addresses six;
  addresses four;
  for (const auto& a : list) (a.is_v6() ? six : four).push_back(a);
  auto& first = list.front().is_v6() ? six : four;
  auto& second = list.front().is_v6() ? four : six;
  addresses mixed;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) mixed.push_back(first[i]);
    if (i < second.size()) mixed.push_back(second[i]);
  }
  return mixed;
}

answer no_address() {
  answer a;
  a.error = make_error_code(errc::host_not_found);
  a.detail = "no address";
  return a;
}

answer found_or_none(addresses found) {
  if (found.empty()) return no_address();
  answer a;
  a.found = interleave(found);
  return a;
}

// Host names are compared without regard to the case of ASCII letters (RFC 4343).
std::string in_lower_case(std::string_view host) {
  std::string lower{host};
  for (auto& c : lower) c = bight::detail::to_lower(c);
  return lower;
}

std::string with_port(std::string host, std::uint16_t port) {
  return std::move(host) + ':' + std::to_string(port);
}

constexpr std::size_t longest_name = 253;  // RFC 1035 2.3.4, as text, without the dot of the root

bool valid_name(std::string_view host) noexcept {
  constexpr std::size_t longest_label = 63;
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.size() > longest_name || host.find('\0') != host.npos) return false;
  while (true) {
    const auto dot = host.find('.');
    if (std::min(dot, host.size()) > longest_label) return false;
    if (dot == host.npos) return true;
    host.remove_prefix(dot + 1);
  }
}

answer ask_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error == 0) {
    addresses found;
    for (const auto* i = list; i; i = i->ai_next)
      if (i->ai_family == AF_INET || i->ai_family == AF_INET6) found.push_back(from_sockaddr(*i->ai_addr));
    ::freeaddrinfo(list);
    return found_or_none(std::move(found));
  }
  const bool missing = error == EAI_NONAME || error == EAI_NODATA || error == EAI_ADDRFAMILY;
  answer a;
  a.error = make_error_code(missing ? errc::host_not_found : errc::resolver_failed);
  a.detail = ::gai_strerror(error);
  return a;
}

awaitable<answer> ask_network(std::shared_ptr<network> who, std::string host) {
  try {
    auto found = co_await who->resolve(std::move(host));
    co_return found_or_none(std::move(found));
  } catch (const system_error& e) {
    answer a;
    a.error = e.code();
    co_return a;
  }
}

}  // namespace

class resolver::impl {
 public:
  explicit impl(const resolver_options& options) : options_(options) {}

  static awaitable<addresses> resolve(std::shared_ptr<impl> self, std::string host,
                                      std::optional<std::uint16_t> port);
  void set_static(std::string key, addresses list) { static_[std::move(key)] = std::move(list); }
  void flush() {
    entries_.clear();
    by_age_.clear();
    winners_.clear();
  }
  std::optional<bool> winner(const std::string& host) const;
  void remember_winner(const std::string& host, bool v6);

 private:
  struct entry {
    answer known;
    clock::time_point good_until;
    std::list<std::string>::iterator age;
  };
  struct winning_family {
    bool v6;
    clock::time_point good_until;
  };
  static awaitable<answer> look_up(std::shared_ptr<impl> self, std::string host);
  const addresses* find_static(const std::string& host, std::optional<std::uint16_t> port) const;
  answer* find_fresh(const std::string& host);
  void remember(const std::string& host, answer a);

  resolver_options options_;
  std::unordered_map<std::string, addresses> static_;
  std::unordered_map<std::string, entry> entries_;
  std::list<std::string> by_age_;
  std::unordered_map<std::string, task<answer>> in_flight_;
  std::unordered_map<std::string, winning_family> winners_;
};

// With a colon: of one port.
const addresses* resolver::impl::find_static(const std::string& host,
                                             std::optional<std::uint16_t> port) const {
  if (static_.empty()) return nullptr;
  auto known = port ? static_.find(with_port(host, *port)) : static_.end();
  if (known == static_.end()) known = static_.find(host);
  return known == static_.end() ? nullptr : &known->second;
}

std::optional<bool> resolver::impl::winner(const std::string& host) const {
  const auto known = winners_.find(host);
  if (known == winners_.end() || known->second.good_until <= clock::now()) return std::nullopt;
  return known->second.v6;
}

void resolver::impl::remember_winner(const std::string& host, bool v6) {
  constexpr std::chrono::minutes lifetime{10};  // RFC 6555 section 4.2
  if (winners_.size() >= std::max<std::size_t>(options_.max_entries, 1) && !winners_.contains(host))
    winners_.erase(winners_.begin());
  winners_[host] = {v6, clock::now() + lifetime};
}

void resolver::impl::remember(const std::string& host, answer a) {
  if (options_.max_entries == 0) return;
  const auto lifetime = a.error ? options_.negative_ttl : options_.ttl;
  if (auto known = entries_.find(host); known != entries_.end()) {
    by_age_.erase(known->second.age);
    entries_.erase(known);
  }
  while (entries_.size() >= options_.max_entries) {
    entries_.erase(by_age_.front());
    by_age_.pop_front();
  }
  by_age_.push_back(host);
  entries_.emplace(host, entry{std::move(a), clock::now() + lifetime, std::prev(by_age_.end())});
}

answer* resolver::impl::find_fresh(const std::string& host) {
  const auto known = entries_.find(host);
  if (known == entries_.end() || known->second.good_until <= clock::now()) return nullptr;
  by_age_.splice(by_age_.end(), by_age_, known->second.age);
  return &known->second.known;
}

awaitable<answer> resolver::impl::look_up(std::shared_ptr<impl> self, std::string host) {
  struct at_end {
    impl& i;
    const std::string& host;
    ~at_end() { i.in_flight_.erase(host); }
  } const remove{*self, host};
  answer found;
  if (auto elsewhere = current_network())
    found = co_await ask_network(std::move(elsewhere), host);
  else
    found = co_await to_thread(abandon_on_cancel, ask_system, host);
  self->remember(host, found);
  co_return found;
}

awaitable<addresses> resolver::impl::resolve(std::shared_ptr<impl> self, std::string host,
                                             std::optional<std::uint16_t> port) {
  host = in_lower_case(host);
  answer known;
  if (const auto* const fixed = self->find_static(host, port)) {
    known.found = *fixed;
    if (known.found.empty()) known = no_address();
  } else if (const auto literal = ip_address::parse(host)) {
    co_return addresses{*literal};
  } else if (!valid_name(host)) {
    throw system_error(make_error_code(errc::invalid_host_name), host.substr(0, longest_name));
  } else if (const auto* fresh = self->find_fresh(host)) {
    known = *fresh;
  } else {
    auto asking = self->in_flight_.find(host);
    if (asking == self->in_flight_.end())
      asking = self->in_flight_.emplace(host, spawn(look_up, self, host)).first;
    const auto shared = asking->second;
    known = co_await shield(shared);
  }
  if (known.error)
    throw system_error(known.error, known.detail.empty() ? host : host + " (" + known.detail + ")");
  co_return known.found;
}

resolver::resolver(const resolver_options& options) : impl_(std::make_shared<impl>(options)) {}
awaitable<addresses> resolver::resolve(std::string_view host) {
  return impl::resolve(impl_, std::string{host}, std::nullopt);
}
awaitable<addresses> resolver::resolve(std::string_view host, std::uint16_t port) {
  return impl::resolve(impl_, std::string{host}, port);
}
void resolver::set_static(std::string_view host, addresses list) {
  impl_->set_static(in_lower_case(host), std::move(list));
}
void resolver::set_static(std::string_view host, std::uint16_t port, addresses list) {
  impl_->set_static(with_port(in_lower_case(host), port), std::move(list));
}
void resolver::flush() { impl_->flush(); }

std::optional<bool> resolver_access::winner(const resolver& r, std::string_view host) {
  return r.impl_->winner(in_lower_case(host));
}
void resolver_access::remember_winner(const resolver& r, std::string_view host, bool v6) {
  r.impl_->remember_winner(in_lower_case(host), v6);
}

}  // namespace bight::net
