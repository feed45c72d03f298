// bight::net: connections.
#pragma once

#include <bight/net/activation.hpp>       // activated_listeners: sockets from systemd
#include <bight/net/address.hpp>          // ip_address, endpoint: address and port, or a Unix domain socket
#include <bight/net/connect.hpp>          // connect: TCP by name, Unix domain sockets
#include <bight/net/connection_info.hpp>  // connection_info: endpoints, TLS, the peer's certificate
#include <bight/net/const_buffers.hpp>    // const_buffers: the data of a vectored write
#include <bight/net/error.hpp>            // errc
#include <bight/net/ip_network.hpp>       // ip_network: a block of addresses, in CIDR notation
#include <bight/net/listener.hpp>         // listener: accepts connections
#include <bight/net/memory_stream.hpp>    // memory_pipe: connected streams in memory
#include <bight/net/network.hpp>          // network: replaces the operating system, for tests
#include <bight/net/proxy_protocol.hpp>   // accept_proxied: the client behind a load balancer
#include <bight/net/resolver.hpp>         // resolver: name resolution
#include <bight/net/self_signed.hpp>      // make_self_signed: a certificate for development
#include <bight/net/server.hpp>           // server: a task per connection
#include <bight/net/stream.hpp>           // stream, reader: byte streams, buffered reading
#include <bight/net/tls.hpp>              // tls_connect, tls_accept
