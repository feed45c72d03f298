// The start-up of a connection: from the StartupMessage to the first ReadyForQuery.
#pragma once
#include <bight/pg/error.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pg/wire/backend.hpp"
#include "pg/wire/frontend.hpp"
#include "pg/wire/scram.hpp"

namespace bight::pg::wire {

enum class channel_binding_use : std::uint8_t { disable, prefer, require };

/// What a client proves itself with.
struct credentials {
  std::string user;
  std::optional<std::string> password;
  channel_binding_use use = channel_binding_use::prefer;
  /// The data of tls-server-end-point; empty: not over TLS, or not known.
  std::string end_point;
  bool encrypted = false;
};

class handshake {
 public:
  enum class state : std::uint8_t {
    more,  ///< Send the output, feed more.
    done,
    failed,   ///< `failure_code`, `failure`.
    refused,  ///< The server reported an error: `refusal`.
  };

  /// `nonce`: of SCRAM. `keys` must outlive it.
  handshake(credentials c, scram_keys& keys, std::string nonce, std::uint32_t max_message = 1U << 20U);

  /// The StartupMessage.
  void start(std::string& out, settings parameters) const { append_startup(out, parameters); }
  /// Consumes the messages that are complete in `in`, whose front it removes; appends answers to `out`.
  state feed(std::string_view& in, std::string& out);

  errc failure_code() const noexcept { return code_; }
  const std::string& failure() const noexcept { return failure_; }
  /// The body of the ErrorResponse.
  const std::string& refusal() const noexcept { return refusal_; }
  std::uint32_t pid() const noexcept { return pid_; }
  const std::string& key() const noexcept { return key_; }
  char transaction() const noexcept { return transaction_; }
  std::map<std::string, std::string, std::less<>>& parameters() noexcept { return parameters_; }
  /// Bodies of NoticeResponses.
  const std::vector<std::string>& notices() const noexcept { return notices_; }

 private:
  state fail(errc code, std::string why);
  state violation(const char* why) { return fail(errc::protocol_violation, why); }
  state answer(const frame& f, std::string& out);
  state authenticate(std::string_view body, std::string& out);
  state begin_sasl(std::string_view mechanisms, std::string& out);
  state send_password(std::string& out, std::string_view salt);
  state accepted();

  credentials who_;
  scram_keys* keys_;
  std::string nonce_;
  std::uint32_t max_;
  std::optional<scram_client> scram_;
  bool bound_ = false;
  bool accepted_ = false;
  errc code_{};
  std::string failure_;
  std::string refusal_;
  std::uint32_t pid_ = 0;
  std::string key_;
  char transaction_ = 'I';
  std::map<std::string, std::string, std::less<>> parameters_;
  std::vector<std::string> notices_;
};

}  // namespace bight::pg::wire
