// Which credentials a request carries.
#pragma once
#include <bight/http/client.hpp>
#include <bight/http/request.hpp>
#include <memory>
#include <string>
#include <unordered_map>

#include "http/auth/digest.hpp"
#include "http/client/redirect.hpp"

namespace bight::http::detail {

class credentials {
 public:
  explicit credentials(const client_options& options) noexcept : options_(&options) {}

  /// Sets those of `who` for a call that begins with `r`.
  void begin(const request& r, identity& who);
  /// ... after a redirect to another origin: only netrc has some for it.
  void arrive(const request& r, identity& who);
  /// Sets what `r` carries on the next hop.
  static void answer(const request& r, identity& who);
  /// Whether to send `r` again, because `answer` is a challenge. `attempts`: how many answers it carried.
  static bool challenged(const response& answer, unsigned attempts, identity& who);

 private:
  void use(const any_auth& auth, const request& r, identity& who);
  std::shared_ptr<auth_detail::digest_session> session_for(const digest_auth& auth, const request& r);
  bool from_netrc(const request& r, identity& who);

  const client_options* options_;
  // By origin and user: later requests answer a challenge before it is made.
  std::unordered_map<std::string, std::shared_ptr<auth_detail::digest_session>> sessions_;
};

}  // namespace bight::http::detail
