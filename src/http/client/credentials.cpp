#include "http/client/credentials.hpp"

#include <variant>
#include <vector>

#include "http/client/basic.hpp"

namespace bight::http::detail {

namespace {

constexpr std::size_t max_sessions = 256;

}  // namespace

std::shared_ptr<auth_detail::digest_session> credentials::session_for(const digest_auth& auth,
                                                                      const request& r) {
  auto key = r.url().origin();
  key.append(1, ' ').append(auth.user()).append(1, ':').append(auth.password());
  const auto known = sessions_.find(key);
  if (known != sessions_.end()) return known->second;
  if (sessions_.size() >= max_sessions) sessions_.clear();
  return sessions_.emplace(std::move(key), std::make_shared<auth_detail::digest_session>(auth)).first->second;
}

void credentials::use(const any_auth& auth, const request& r, identity& who) {
  if (const auto* const digest = std::get_if<digest_auth>(&auth))
    who.digest = session_for(*digest, r);
  else if (const auto* const basic = std::get_if<basic_auth>(&auth))
    who.authorization = basic->authorization();
  else
    who.authorization = std::get<bearer_auth>(auth).authorization();
}

bool credentials::from_netrc(const request& r, identity& who) {
  if (!options_->netrc) return false;
  const auto found = options_->netrc->find(r.url().host_without_brackets());
  if (found) who.authorization = found->authorization();
  return found.has_value();
}

void credentials::begin(const request& r, identity& who) {
  if (r.headers().contains(header_id::authorization)) return;
  if (r.auth()) return use(*r.auth(), r, who);
  if (r.url().has_credentials()) {
    who.authorization = basic_authorization(r.url());
    return;
  }
  const auto& base = options_->base_url;
  if (options_->auth && (!base || base->origin() == r.url().origin())) return use(*options_->auth, r, who);
  from_netrc(r, who);
}

void credentials::arrive(const request& r, identity& who) { from_netrc(r, who); }

void credentials::answer(const request& r, identity& who) {
  if (who.digest) who.authorization = who.digest->authorization(r.method().name(), r.url().request_target());
}

bool credentials::challenged(const response& answer, unsigned attempts, identity& who) {
  if (!who.digest) return false;
  if (answer.status() != status::unauthorized) {
    if (const auto info = answer.headers().get("Authentication-Info")) who.digest->authenticated(*info);
    return false;
  }
  std::vector<auth_detail::challenge> challenges;
  for (const std::string_view field : answer.headers().get_all(header_id::www_authenticate))
    auth_detail::parse_challenges(field, challenges);
  return who.digest->challenged(challenges, attempts);
}

}  // namespace bight::http::detail
