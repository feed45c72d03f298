#include "net/detail/convert.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace bight::net::detail {
namespace {

constexpr std::size_t path_offset = offsetof(sockaddr_un, sun_path);

generic_endpoint unix_to_asio(const endpoint& e) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const auto path = e.path();
  if (path.empty()) return {&at, path_offset};
  // An abstract name stands behind a zero byte and has the length that it has; a path ends with one.
  std::memcpy(at.sun_path + (e.is_abstract() ? 1 : 0), path.data(), path.size());
  return {&at, path_offset + path.size() + 1};
}

endpoint unix_from_asio(const generic_endpoint& e) {
  if (e.size() <= path_offset) return endpoint::unix_unnamed();
  sockaddr_un at{};
  std::memcpy(&at, e.data(), std::min(e.size(), sizeof at));
  const std::string_view all{at.sun_path, std::min(e.size(), sizeof at) - path_offset};
  const bool abstract = all.front() == '\0';
  const auto path = abstract ? all.substr(1) : all.substr(0, all.find('\0'));
  if (path.empty() || path.size() > endpoint::max_path) return endpoint::unix_unnamed();
  return abstract ? endpoint::unix_abstract(path) : endpoint::unix_path(path);
}

}  // namespace

generic_endpoint to_asio(const endpoint& e) {
  if (e.is_unix()) return unix_to_asio(e);
  const auto& a = e.address();
  if (a.is_v4()) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(e.port());
    const auto bytes = a.v4();
    std::memcpy(&at.sin_addr, bytes.data(), bytes.size());
    return {&at, sizeof at, IPPROTO_TCP};
  }
  sockaddr_in6 at{};
  at.sin6_family = AF_INET6;
  at.sin6_port = htons(e.port());
  at.sin6_scope_id = a.scope_id();
  std::memcpy(&at.sin6_addr, a.v6().data(), a.v6().size());
  return {&at, sizeof at, IPPROTO_TCP};
}

endpoint from_asio(const generic_endpoint& e) {
  const int family = e.protocol().family();
  if (family == AF_UNIX) return unix_from_asio(e);
  if (family == AF_INET && e.size() >= sizeof(sockaddr_in)) {
    sockaddr_in at;
    std::memcpy(&at, e.data(), sizeof at);
    ip_address::v4_bytes bytes;
    std::memcpy(bytes.data(), &at.sin_addr, bytes.size());
    return {ip_address{bytes}, ntohs(at.sin_port)};
  }
  if (family == AF_INET6 && e.size() >= sizeof(sockaddr_in6)) {
    sockaddr_in6 at;
    std::memcpy(&at, e.data(), sizeof at);
    ip_address::v6_bytes bytes;
    std::memcpy(bytes.data(), &at.sin6_addr, bytes.size());
    return {ip_address{bytes, at.sin6_scope_id}, ntohs(at.sin6_port)};
  }
  return {};
}

}  // namespace bight::net::detail
