// bight::net: connections, by topic.
#pragma once

#include <bight/net/activation.hpp>       // activated_listeners: sockets from systemd
#include <bight/net/address.hpp>          // ip_address, endpoint: address and port, or a Unix domain socket
#include <bight/net/connect.hpp>          // connect: TCP by name, Unix domain sockets
#include <bight/net/connection_info.hpp>  // connection_info: endpoints, TLS, the peer's certificate
#include <bight/net/const_buffers.hpp>    // const_buffers: what a stream_backend writes
#include <bight/net/error.hpp>            // errc
#include <bight/net/listener.hpp>         // listener: accepts connections
#include <bight/net/memory_stream.hpp>    // memory_pipe: two ends in memory
#include <bight/net/network.hpp>          // network: what they ask, for tests
#include <bight/net/resolver.hpp>         // resolver: names to addresses
#include <bight/net/server.hpp>           // server: a task per connection
#include <bight/net/stream.hpp>           // stream: bytes both ways; reader: lines from it
#include <bight/net/tls.hpp>              // tls_connect: verified TLS; tls_accept: the server's side
