#include <bight/http/middleware/conditional_requests.hpp>

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "http/conditions.hpp"
#include "http/hex.hpp"
#include "http/server/plain_text.hpp"

namespace bight::http {
namespace {

// EVP_sha256() would look for its implementation at every use.
class tag_maker {
 public:
  tag_maker() : method_(EVP_MD_fetch(nullptr, "SHA256", nullptr)) {
    if (!method_) throw std::runtime_error("bight: SHA-256 is not available in this OpenSSL");
  }

  std::string tag(std::string_view text) const {
    constexpr std::size_t enough = 16;
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    if (EVP_Digest(text.data(), text.size(), hash.data(), nullptr, method_.get(), nullptr) != 1)
      throw std::runtime_error("bight: SHA-256 failed");
    return '"' + to_hex({reinterpret_cast<const char*>(hash.data()), enough}) + '"';
  }

 private:
  struct free_digest {
    void operator()(EVP_MD* m) const noexcept { EVP_MD_free(m); }
  };
  std::unique_ptr<EVP_MD, free_digest> method_;
};

// What describes the content, which a 304 does not have (RFC 9110 15.4.5).
void to_not_modified(server_response& r) {
  r.set_status(status::not_modified);
  r.set_body({});
  for (const auto id : {header_id::content_type, header_id::content_length, header_id::content_encoding,
                        header_id::content_language, header_id::content_range, header_id::accept_ranges})
    r.headers().remove(id);
}

class condition_evaluator {
 public:
  explicit condition_evaluator(conditional_requests_options o) : options_(o) {}

  awaitable<server_response> operator()(server_request& request, next rest) {
    auto response = co_await rest(request);
    const auto& method = request.method();
    if ((method != method::get && method != method::head) || response.status() != status::ok ||
        response.is_upgrade())
      co_return response;
    add_tag(response);
    const auto etag = std::string{response.headers().get(header_id::etag).value_or("")};
    const validators current{etag, date_field(response.headers(), header_id::last_modified)};
    if (etag.empty() && !current.modified) co_return response;
    const auto outcome = evaluate_conditions(request.headers(), current);
    if (outcome == status::not_modified) to_not_modified(response);
    if (outcome == status::precondition_failed) co_return detail::plain_text(outcome, "precondition failed");
    co_return response;
  }

 private:
  void add_tag(server_response& response) const {
    const auto* const text = response.body().text();
    if (!text || text->size() > options_.max_tagged_size || options_.max_tagged_size == 0 ||
        response.headers().contains(header_id::etag) ||
        list_contains_token(response.headers(), header_id::cache_control, "no-store"))
      return;
    response.headers().append(header_id::etag, tags_.tag(*text));
  }

  conditional_requests_options options_;
  tag_maker tags_;
};

}  // namespace

middleware conditional_requests(conditional_requests_options options) { return condition_evaluator{options}; }

}  // namespace bight::http
