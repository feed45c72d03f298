// Our addresses to Asio's and back.
#pragma once
#include <bight/net/address.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace bight::net::detail {

inline boost::asio::ip::tcp::endpoint to_asio(const endpoint& e) {
  const auto& a = e.address();
  if (a.is_v4()) return {boost::asio::ip::address_v4{a.v4()}, e.port()};
  return {boost::asio::ip::address_v6{a.v6(), a.scope_id()}, e.port()};
}

inline endpoint from_asio(const boost::asio::ip::tcp::endpoint& e) {
  const auto a = e.address();
  if (a.is_v4()) return {ip_address{a.to_v4().to_bytes()}, e.port()};
  const auto six = a.to_v6();
  return {ip_address{six.to_bytes(), static_cast<std::uint32_t>(six.scope_id())}, e.port()};
}

}  // namespace bight::net::detail
