// What both sides of the opening handshake compute (RFC 6455 section 4).
#pragma once
#include <bight/http/headers.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bight::http::ws {

/// A new value of Sec-WebSocket-Key.
std::string make_key();
/// Whether it is the Base64 form of 16 bytes.
bool is_key(std::string_view key);
/// The value of Sec-WebSocket-Accept for a key.
std::string accept_of(std::string_view key);

/// All lines of a field as one list.
std::string joined(headers_view fields, header_id id);

/// Whether `field` is a list of different tokens.
bool is_protocol_list(std::string_view field);
/// The first element of `offered`, a list of tokens, that is among `known`; empty if there is none.
std::string choose_protocol(std::string_view offered, std::span<const std::string> known);

/// Whether a page of `origin` may connect to the server that the client calls `host`.
bool is_same_host(std::string_view origin, std::string_view host);

}  // namespace bight::http::ws
