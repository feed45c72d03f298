#include "http/auth/digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <bight/http/headers.hpp>
#include <bight/http/url.hpp>
#include <stdexcept>
#include <utility>

#include "http/h1/chars.hpp"
#include "http/hex.hpp"
#include "http/random.hpp"

namespace bight::http::auth_detail {
namespace {

struct digest_name {
  std::string_view name;
  digest_algorithm algorithm;
};
constexpr std::array digest_names{digest_name{"MD5", digest_algorithm::md5},
                                  digest_name{"MD5-sess", digest_algorithm::md5_sess},
                                  digest_name{"SHA-256", digest_algorithm::sha256},
                                  digest_name{"SHA-256-sess", digest_algorithm::sha256_sess}};

bool is_sha256(digest_algorithm a) noexcept {
  return a == digest_algorithm::sha256 || a == digest_algorithm::sha256_sess;
}
bool is_sess(digest_algorithm a) noexcept {
  return a == digest_algorithm::md5_sess || a == digest_algorithm::sha256_sess;
}

void append_quoted(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append("=\"");
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += "\", ";
}

std::string eight_digits(std::uint32_t number) {
  std::string bytes;
  for (unsigned shift = 32; shift != 0; shift -= 8) bytes += static_cast<char>(number >> (shift - 8) & 0xffU);
  return to_hex(bytes);
}

// RFC 8187. Only what is not ASCII needs it.
void append_username(std::string& out, std::string_view user) {
  const bool ascii =
      std::all_of(user.begin(), user.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) return append_quoted(out, "username", user);
  out += "username*=UTF-8''" + percent_encode(user, percent_encode_set::form) + ", ";
}

}  // namespace

std::optional<digest_challenge> digest_challenge::from(const challenge& c) {
  if (!equal_ignoring_case(c.scheme, "Digest")) return std::nullopt;
  digest_challenge out;
  const auto realm = c.get("realm");
  const auto nonce = c.get("nonce");
  // Both are sent back in a field.
  if (!realm || !nonce || !is_field_value('"' + std::string{*realm} + '"') ||
      !is_field_value('"' + std::string{*nonce} + '"'))
    return std::nullopt;
  out.realm = *realm;
  out.nonce = *nonce;
  if (const auto opaque = c.get("opaque")) out.opaque = *opaque;
  if (out.opaque && !is_field_value('"' + *out.opaque + '"')) return std::nullopt;
  if (const auto name = c.get("algorithm")) {
    const auto* const known =
        std::find_if(digest_names.begin(), digest_names.end(),
                     [&](const digest_name& n) { return equal_ignoring_case(n.name, *name); });
    if (known == digest_names.end()) return std::nullopt;
    out.algorithm = known->algorithm;
    out.algorithm_stated = true;
  }
  if (const auto qop = c.get("qop")) {
    out.qop = list_contains_token(*qop, "auth");
    if (!out.qop && !h1::trim_ows(*qop).empty()) return std::nullopt;
  }
  const auto is_true = [&c](std::string_view name) {
    return equal_ignoring_case(c.get(name).value_or(""), "true");
  };
  out.stale = is_true("stale");
  out.userhash = is_true("userhash");
  return out;
}

std::optional<digest_challenge> digest_challenge::choose(std::span<const challenge> challenges) {
  std::optional<digest_challenge> best;
  for (const challenge& c : challenges) {
    auto found = from(c);
    if (found && (!best || (is_sha256(found->algorithm) && !is_sha256(best->algorithm))))
      best = std::move(found);
  }
  return best;
}

std::string digest_hash(digest_algorithm algorithm, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  const EVP_MD* const method = is_sha256(algorithm) ? EVP_sha256() : EVP_md5();
  if (EVP_Digest(text.data(), text.size(), hash.data(), &size, method, nullptr) != 1)
    throw std::runtime_error("bight: the digest is not available in this OpenSSL");
  return to_hex({reinterpret_cast<const char*>(hash.data()), size});
}

digest_session::digest_session(digest_auth who) : who_(std::move(who)) {}

bool digest_session::challenged(std::span<const challenge> challenges, unsigned attempts) {
  auto found = digest_challenge::choose(challenges);
  if (!found) return false;
  // Of a nonce that has served other requests, some servers do not say that it is too old.
  const bool may_be_old = challenge_ && challenge_->nonce != found->nonce && count_ > 1 && attempts == 1;
  const bool again = attempts == 0 || (found->stale && attempts < 3) || may_be_old;
  challenge_ = std::move(found);
  cnonce_ = random_hex(16);
  first_hash_.clear();
  count_ = 0;
  return again;
}

std::string digest_session::first_hash() const {
  const auto& c = *challenge_;
  auto hash = digest_hash(c.algorithm, who_.user() + ':' + c.realm + ':' + who_.password());
  if (is_sess(c.algorithm)) hash = digest_hash(c.algorithm, hash + ':' + c.nonce + ':' + cnonce_);
  return hash;
}

std::string digest_session::response(std::string_view method, std::string_view target,
                                     std::string_view count) const {
  const auto& c = *challenge_;
  const auto second = digest_hash(c.algorithm, std::string{method} + ':' + std::string{target});
  if (!c.qop) return digest_hash(c.algorithm, first_hash_ + ':' + c.nonce + ':' + second);
  return digest_hash(c.algorithm, first_hash_ + ':' + c.nonce + ':' + std::string{count} + ':' + cnonce_ +
                                      ":auth:" + second);
}

std::string digest_session::authorization(std::string_view method, std::string_view target) {
  if (!challenge_) return {};
  const auto& c = *challenge_;
  if (first_hash_.empty()) first_hash_ = first_hash();
  const auto count = eight_digits(++count_);
  std::string out = "Digest ";
  if (c.userhash) {
    append_quoted(out, "username", digest_hash(c.algorithm, who_.user() + ':' + c.realm));
  } else {
    append_username(out, who_.user());
  }
  append_quoted(out, "realm", c.realm);
  append_quoted(out, "nonce", c.nonce);
  append_quoted(out, "uri", target);
  if (c.algorithm_stated)
    out.append("algorithm=").append(digest_names[static_cast<std::size_t>(c.algorithm)].name).append(", ");
  if (c.opaque) append_quoted(out, "opaque", *c.opaque);
  if (c.qop) out += "qop=auth, nc=" + count + ", ";
  // The sess algorithms need it without qop, too.
  if (c.qop || is_sess(c.algorithm)) append_quoted(out, "cnonce", cnonce_);
  if (c.userhash) out += "userhash=true, ";
  append_quoted(out, "response", response(method, target, count));
  out.resize(out.size() - 2);
  return out;
}

void digest_session::authenticated(std::string_view authentication_info) {
  if (!challenge_) return;
  const challenge info = parse_auth_parameters(authentication_info);
  const auto next = info.get("nextnonce");
  if (!next || next->empty() || !is_field_value('"' + std::string{*next} + '"')) return;
  // H(A1) of the sess algorithms stays that of the first nonce (RFC 7616 3.4.2).
  if (first_hash_.empty()) first_hash_ = first_hash();
  challenge_->nonce = *next;
  count_ = 0;
}

}  // namespace bight::http::auth_detail
