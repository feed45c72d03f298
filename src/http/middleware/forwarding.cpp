#include "http/middleware/forwarding.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "http/h1/chars.hpp"
#include "http/h1/target.hpp"

namespace bight::http::middleware_detail {
namespace {

// Takes a token or a quoted string off the front. Returns: whether there is one.
bool take_value(std::string_view& rest, std::string& out) {
  if (!rest.starts_with('"')) {
    const auto* const end = rest.data() + rest.size();
    const auto size = h1::distance(rest.data(), h1::find_other(rest.data(), end, h1::token_char));
    out.assign(rest, 0, size);
    rest.remove_prefix(size);
    return size != 0;
  }
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return true;
    }
    if (rest[i] == '\\' && ++i == rest.size()) return false;
    out += rest[i];
  }
  return false;
}

// for=192.0.2.43;proto=https;host="example.org". Stops at a comma or at the end.
bool take_hop(std::string_view& rest, forwarding_hop& hop) {
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const auto* const end = rest.data() + rest.size();
    const auto size = h1::distance(rest.data(), h1::find_other(rest.data(), end, h1::token_char));
    const auto name = rest.substr(0, size);
    rest.remove_prefix(size);
    if (!name.empty()) {
      std::string value;
      if (!rest.starts_with('=')) return false;
      rest.remove_prefix(1);
      if (!take_value(rest, value)) return false;
      if (equal_ignoring_case(name, "for")) hop.client = std::move(value);
      if (equal_ignoring_case(name, "proto")) hop.scheme = std::move(value);
      if (equal_ignoring_case(name, "host")) hop.host = std::move(value);
    }
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    if (rest.empty() || rest.front() == ',') return true;
    if (rest.front() != ';') return false;
    rest.remove_prefix(1);
  }
}

std::vector<std::string> list_of(headers_view request, header_id id) {
  std::vector<std::string> all;
  for (const auto line : request.get_all(id)) {
    h1::for_each_element(line, [&all](std::string_view element) {
      all.emplace_back(element);
      return true;
    });
  }
  return all;
}

// The value that belongs to hop `i` of `hops`: a proxy adds to the list, or replaces it.
std::string value_of(const std::vector<std::string>& values, std::size_t i, std::size_t hops) {
  if (values.size() == hops) return values[i];
  return values.size() == 1 ? values.front() : std::string{};
}

}  // namespace

std::vector<forwarding_hop> parse_forwarded(headers_view request) {
  std::vector<forwarding_hop> hops;
  for (std::string_view rest : request.get_all(header_id::forwarded)) {
    while (!rest.empty()) {
      forwarding_hop hop;
      if (take_hop(rest, hop)) {
        hops.push_back(std::move(hop));
        if (!rest.empty()) rest.remove_prefix(1);  // the comma
        continue;
      }
      // Where the next element begins is anyone's guess: only later lines count.
      hops.clear();
      break;
    }
  }
  return hops;
}

std::vector<forwarding_hop> parse_x_forwarded(headers_view request) {
  const auto clients = list_of(request, header_id::x_forwarded_for);
  const auto schemes = list_of(request, header_id::x_forwarded_proto);
  const auto hosts = list_of(request, header_id::x_forwarded_host);
  std::vector<forwarding_hop> hops(std::max<std::size_t>(clients.size(), 1));
  for (std::size_t i = 0; i != hops.size(); ++i) {
    if (i < clients.size()) hops[i].client = clients[i];
    hops[i].scheme = value_of(schemes, i, hops.size());
    hops[i].host = value_of(hosts, i, hops.size());
  }
  return hops;
}

std::optional<net::endpoint> parse_node(std::string_view text) {
  if (auto whole = net::endpoint::parse(text); whole && whole->is_ip()) return *whole;
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const auto address = net::ip_address::parse(text);
  if (!address || address->scope_id() != 0) return std::nullopt;
  return net::endpoint{*address, 0};
}

forwarded_request resolve_forwarding(const std::vector<forwarding_hop>& hops, const net::endpoint& peer,
                                     const std::function<bool(const net::endpoint&)>& is_trusted) {
  forwarded_request out{peer, {}, {}};
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
    out.scheme.clear();
    out.host.clear();
    for (const std::string_view known : {"http", "https"})
      if (equal_ignoring_case(hop->scheme, known)) out.scheme = known;
    if (h1::is_authority(hop->host)) out.host = hop->host;
    const auto client = parse_node(hop->client);
    if (!client) return out;
    out.client = *client;
    if (!is_trusted(*client)) return out;
  }
  return out;
}

}  // namespace bight::http::middleware_detail
