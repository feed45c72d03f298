#include <bight/http/middleware/request_id.hpp>

#include <algorithm>
#include <array>
#include <bight/core/detail/ascii.hpp>
#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <utility>

#include "http/random.hpp"
#include "http/server/exchange.hpp"

namespace bight::http {
namespace {

bool is_id_char(char c) noexcept {
  return bight::detail::is_alpha(c) || bight::detail::is_digit(c) ||
         std::string_view{"-._~+/=:"}.find(c) != std::string_view::npos;
}

std::uint64_t random_number() {
  constexpr std::size_t size = 8;
  const auto text = random_hex(size);
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

// SplitMix64: all 2^64 results differ. A system call for each request would cost more than the request.
class id_source {
 public:
  std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15U;
    auto z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

 private:
  std::uint64_t state_ = random_number();
};

class request_identifier {
 public:
  explicit request_identifier(request_id_options o) : options_(std::move(o)) {
    if (!is_token(options_.header))
      throw boost::system::system_error(make_error_code(errc::invalid_header),
                                        "request_id_options::header '" + options_.header + '\'');
  }

  awaitable<server_response> operator()(server_request& request, next rest) {
    request.set(request_id{id_for(request)});
    server_response response;
    try {
      response = co_await rest(request);
    } catch (...) { response = detail::server_exchange::of(request).error_response(); }
    response.headers().set(options_.header, request.get<request_id>()->value);
    co_return response;
  }

 private:
  std::string id_for(const server_request& request) {
    if (const auto sent = request.headers().get(options_.header); options_.accept && sent)
      if (!sent->empty() && sent->size() <= options_.max_size &&
          std::all_of(sent->begin(), sent->end(), is_id_char))
        return std::string{*sent};
    constexpr std::size_t digits = 16;
    std::string id(2 * digits, '0');
    for (auto* half : {id.data(), id.data() + digits}) {
      auto& source = half == id.data() ? high_ : low_;
      std::array<char, digits> text;
      const auto* const end = std::to_chars(text.data(), text.data() + digits, source.next(), 16).ptr;
      std::copy(static_cast<const char*>(text.data()), end, half + digits - (end - text.data()));
    }
    return id;
  }

  request_id_options options_;
  id_source high_;
  id_source low_;
};

}  // namespace

middleware request_ids(request_id_options options) { return request_identifier{std::move(options)}; }

}  // namespace bight::http
