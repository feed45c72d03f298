#include <bight/net/resolver.hpp>

#include <netdb.h>
#include <netinet/in.h>

#include <bight/core/clock.hpp>
#include <bight/core/detail/ascii.hpp>
#include <bight/core/task.hpp>
#include <bight/core/to_thread.hpp>
#include <bight/net/error.hpp>
#include <bight/net/network.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <list>
#include <unordered_map>

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

  static awaitable<addresses> resolve(std::shared_ptr<impl> self, std::string host);
  void set_static(std::string_view host, addresses list) { static_[in_lower_case(host)] = std::move(list); }
  void flush() {
    entries_.clear();
    by_age_.clear();
  }

 private:
  struct entry {
    answer known;
    clock::time_point good_until;
    std::list<std::string>::iterator age;
  };
  static awaitable<answer> look_up(std::shared_ptr<impl> self, std::string host);
  answer* find_fresh(const std::string& host);
  void remember(const std::string& host, answer a);

  resolver_options options_;
  std::unordered_map<std::string, addresses> static_;
  std::unordered_map<std::string, entry> entries_;
  std::list<std::string> by_age_;
  std::unordered_map<std::string, task<answer>> in_flight_;
};

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

awaitable<addresses> resolver::impl::resolve(std::shared_ptr<impl> self, std::string host) {
  constexpr std::size_t longest_name = 253;  // RFC 1035 2.3.4, as text
  if (const auto literal = ip_address::parse(host)) co_return addresses{*literal};
  if (host.empty() || host.size() > longest_name || host.find('\0') != host.npos)
    throw system_error(make_error_code(errc::invalid_host_name), host.substr(0, longest_name));
  host = in_lower_case(host);
  answer known;
  if (const auto fixed = self->static_.find(host); fixed != self->static_.end()) {
    known.found = fixed->second;
    if (known.found.empty()) known = no_address();
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
  return impl::resolve(impl_, std::string{host});
}
void resolver::set_static(std::string_view host, addresses list) { impl_->set_static(host, std::move(list)); }
void resolver::flush() { impl_->flush(); }

}  // namespace bight::net
