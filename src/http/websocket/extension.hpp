// The negotiation of permessage-deflate (RFC 7692 section 7.1).
#pragma once
#include <bight/http/websocket_options.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bight::http::ws {

/// What was agreed upon.
struct deflate_agreement {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  int server_max_window_bits = 15;
  int client_max_window_bits = 15;
};

/// The value of Sec-WebSocket-Extensions of a client. Errors: std::invalid_argument for options out of range.
std::string offer_of(const websocket_deflate& options);

/// What a server answers.
struct deflate_answer {
  deflate_agreement agreed;
  std::string field;  ///< Sec-WebSocket-Extensions.
};

/// A server's choice among the offers in `field`: the first that is valid and that it can honour; nothing if
/// there is none. A server window of 8 bits is none, because zlib has no such window. Errors: as offer_of.
std::optional<deflate_answer> accept_offer(std::string_view field, const websocket_deflate& options);

/// What a client learns from the answer to `offer_of(options)`; nothing if the answer is not valid.
std::optional<deflate_agreement> read_answer(std::string_view field, const websocket_deflate& options);

}  // namespace bight::http::ws
