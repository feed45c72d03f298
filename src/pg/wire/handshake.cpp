#include "pg/wire/handshake.hpp"

#include <algorithm>
#include <utility>

#include "pg/wire/digest.hpp"

namespace bight::pg::wire {
namespace {

// AuthenticationXXX (55.7).
enum class method : std::uint32_t {
  ok = 0,
  kerberos_v5 = 2,
  clear_text = 3,
  md5 = 5,
  scm = 6,
  gss = 7,
  gss_continue = 8,
  sspi = 9,
  sasl = 10,
  sasl_continue = 11,
  sasl_final = 12,
};

constexpr std::size_t max_notices = 100;
constexpr std::size_t max_parameters = 1000;

}  // namespace

handshake::handshake(credentials c, scram_keys& keys, std::string nonce, std::uint32_t max_message)
    : who_(std::move(c)), keys_(&keys), nonce_(std::move(nonce)), max_(max_message) {}

handshake::state handshake::fail(errc code, std::string why) {
  code_ = code;
  failure_ = std::move(why);
  return state::failed;
}

handshake::state handshake::feed(std::string_view& in, std::string& out) {
  while (true) {
    const auto f = next_frame(in, max_);
    switch (f.state) {
      case frame_state::complete:
        break;
      case frame_state::incomplete:
        return state::more;
      case frame_state::bad_length:
        return violation("a message with a length under four");
      case frame_state::too_large:
        return violation(
            "a message too long for the start of a connection; it may not be a PostgreSQL server");
      case frame_state::unknown_type:
        return violation("a message of an unknown type; it may not be a PostgreSQL server");
    }
    in.remove_prefix(f.size);
    const auto s = answer(f, out);
    if (s != state::more) return s;
  }
}

handshake::state handshake::answer(const frame& f, std::string& out) {
  switch (f.type) {
    case message_type::authentication:
      if (accepted_) return violation("a request for authentication after it was complete");
      return authenticate(f.body, out);
    case message_type::error:
      refusal_ = f.body;
      return state::refused;
    case message_type::notice:
      if (notices_.size() < max_notices) notices_.emplace_back(f.body);
      return state::more;
    case message_type::negotiate_version:  // to 3.0, which is what was asked for
      return state::more;
    case message_type::parameter_status: {
      std::string_view name;
      std::string_view value;
      if (!parse_parameter(f.body, name, value)) return violation("a malformed ParameterStatus");
      if (parameters_.size() < max_parameters || parameters_.contains(name))
        parameters_.insert_or_assign(std::string{name}, std::string{value});
      return state::more;
    }
    case message_type::backend_key: {
      std::string_view key;
      if (!accepted_ || !parse_backend_key(f.body, pid_, key)) return violation("a malformed BackendKeyData");
      key_ = key;
      return state::more;
    }
    case message_type::ready:
      if (!accepted_) return violation("ReadyForQuery before the authentication");
      if (f.body.size() != 1) return violation("a malformed ReadyForQuery");
      transaction_ = f.body.front();
      return state::done;
    default:
      return violation("an unexpected message at the start of a connection");
  }
}

handshake::state handshake::authenticate(std::string_view body, std::string& out) {
  byte_reader in{body};
  const auto what = static_cast<method>(in.u32());
  if (!in.ok()) return violation("a malformed request for authentication");
  if (scram_ && what != method::sasl_continue && what != method::sasl_final && what != method::ok)
    return violation("another method of authentication during SCRAM");
  switch (what) {
    case method::ok:
      return accepted();
    case method::clear_text:
      return send_password(out, {});
    case method::md5: {
      const auto salt = in.take(4);
      if (!in.complete()) return violation("a malformed request for authentication");
      return send_password(out, salt);
    }
    case method::sasl:
      return begin_sasl(in.rest(), out);
    case method::sasl_continue: {
      if (!scram_ || scram_->verified()) return violation("an unexpected SCRAM message");
      const auto text = scram_->answer(in.rest());
      if (text.empty()) return fail(errc::authentication_failed, scram_->failure());
      append_sasl_response(out, text);
      return state::more;
    }
    case method::sasl_final:
      if (!scram_ || scram_->verified()) return violation("an unexpected SCRAM message");
      if (!scram_->verify(in.rest())) return fail(errc::authentication_failed, scram_->failure());
      return state::more;
    case method::gss:
    case method::gss_continue:
    case method::sspi:
    case method::kerberos_v5:
      return fail(
          errc::unsupported_authentication,
          "the server asks for GSSAPI or SSPI (Kerberos), which is not supported; let pg_hba.conf allow "
          "scram-sha-256 for this user");
    case method::scm:
      break;
  }
  return fail(errc::unsupported_authentication, "the server asks for an unknown method");
}

handshake::state handshake::accepted() {
  // A server that skips its half of SCRAM need not be the one that knows the password.
  if (scram_ && !scram_->verified())
    return fail(errc::authentication_failed, "the server did not prove that it knows the password");
  if (who_.use == channel_binding_use::require && !bound_)
    return fail(errc::authentication_failed,
                "channel_binding=require, but the server did not use SCRAM-SHA-256-PLUS");
  accepted_ = true;
  return state::more;
}

handshake::state handshake::send_password(std::string& out, std::string_view salt) {
  if (who_.use == channel_binding_use::require)
    return fail(errc::authentication_failed,
                "channel_binding=require, but the server asks for another method than SCRAM-SHA-256-PLUS");
  if (!who_.password)
    return fail(errc::authentication_failed, "the server asks for a password, and there is none");
  if (salt.empty()) {
    append_password(out, *who_.password);
    return state::more;
  }
  const auto answer = md5_answer(who_.user, *who_.password, salt);
  if (answer.empty()) return fail(errc::unsupported_authentication, "libcrypto provides no MD5");
  append_password(out, answer);
  return state::more;
}

handshake::state handshake::begin_sasl(std::string_view mechanisms, std::string& out) {
  byte_reader in{mechanisms};
  bool plain = false;
  bool plus = false;
  for (auto name = in.text(); in.ok() && !name.empty(); name = in.text()) {
    plain = plain || name == "SCRAM-SHA-256";
    plus = plus || name == "SCRAM-SHA-256-PLUS";
  }
  if (!in.ok()) return violation("a malformed list of SASL mechanisms");
  const bool able = !who_.end_point.empty() && who_.use != channel_binding_use::disable;
  bound_ = plus && able;
  if (!bound_ && who_.use == channel_binding_use::require)
    return fail(errc::authentication_failed, who_.encrypted
                                                 ? "channel_binding=require, but the server does not offer it"
                                                 : "channel_binding=require needs TLS");
  if (!bound_ && !plain)
    return fail(errc::unsupported_authentication, "the server offers no SASL mechanism that is supported");
  if (!who_.password)
    return fail(errc::authentication_failed, "the server asks for a password, and there is none");
  const auto b = bound_ ? binding::required : able ? binding::possible : binding::none;
  scram_.emplace(*keys_, *who_.password, b, bound_ ? who_.end_point : std::string{}, nonce_);
  append_sasl_initial(out, bound_ ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256", scram_->first());
  return state::more;
}

}  // namespace bight::pg::wire
