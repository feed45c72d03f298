#include <bight/http/middleware/decompression.hpp>

#include <array>
#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <span>
#include <utility>

#include "http/coding/content_decoder.hpp"
#include "http/server/exchange_decorator.hpp"
#include "http/server/plain_text.hpp"

namespace bight::http {
namespace {

// A request without its Content-Encoding.
class decoding_exchange final : public detail::exchange_decorator {
 public:
  decoding_exchange(detail::server_exchange& inner, std::string coding, const decompression_options& o)
      : exchange_decorator(inner),
        coding_(std::move(coding)),
        headers_(inner.head().headers),
        head_(inner.head()) {
    limits_.max_decoded = o.max_size;
    limits_.max_ratio = o.max_ratio;
    limits_.max_codings = 1;
    headers_.remove(header_id::content_encoding);
    headers_.remove(header_id::content_length);
    head_.headers = headers_;
  }

  const detail::request_head& head() const noexcept override { return head_; }
  std::optional<std::uint64_t> body_size() const noexcept override { return std::nullopt; }
  void limit_body(std::uint64_t bytes) noexcept override {
    limits_.max_decoded = bytes;
    inner().limit_body(bytes);
  }

  awaitable<std::string_view> read_body() override {
    if (!buffer_) start();
    while (!ended_) {
      if (pending_.empty() && !more_) {
        pending_ = co_await inner().read_body();
        ended_ = pending_.empty();
        continue;
      }
      const auto step = decoder_.decode(pending_, std::span<char>{buffer_.get(), buffer_size});
      pending_.remove_prefix(step.consumed);
      more_ = step.produced == buffer_size;
      if (step.error) fail(step.error);
      if (step.produced != 0) co_return std::string_view{buffer_.get(), step.produced};
    }
    if (const auto error = decoder_.finish()) fail(error);
    co_return std::string_view{};
  }

  /// Set if the body could not be decoded.
  const boost::system::error_code& error() const noexcept { return error_; }

 private:
  static constexpr std::size_t buffer_size = 16 * 1024;

  void start() {
    decoder_ = coding::content_decoder::create(coding_, limits_).value();
    buffer_ = std::make_unique_for_overwrite<char[]>(buffer_size);
  }
  [[noreturn]] void fail(const boost::system::error_code& error) {
    error_ = error;
    close_connection();
    throw boost::system::system_error(error, "request body in " + coding_);
  }

  std::string coding_;
  http::headers headers_;
  detail::request_head head_;
  coding::decode_options limits_;
  coding::content_decoder decoder_;
  std::unique_ptr<char[]> buffer_;
  std::string_view pending_;  // of the encoded body
  bool more_ = false;         // the output was full: there may be more without input
  bool ended_ = false;
  boost::system::error_code error_;
};
using decoding_exchange_ptr = std::unique_ptr<decoding_exchange>;

// The coding of a body; empty for identity.
std::string coding_of(headers_view fields) {
  std::string all;
  for (const auto line : fields.get_all(header_id::content_encoding)) {
    if (line.empty() || equal_ignoring_case(line, "identity")) continue;
    all.append(all.empty() ? "" : ", ").append(line);
  }
  return all;
}

server_response refuse_coding() {
  auto response = detail::plain_text(status::unsupported_media_type, "this content coding is not supported");
  response.headers().append(header_id::accept_encoding, coding::accept_encoding);
  return response;
}

server_response refuse_content(const boost::system::error_code& error) {
  if (error == errc::body_too_large || error == errc::decompression_bomb)
    return detail::plain_text(status::content_too_large, "the decoded body is too large");
  return detail::plain_text(status::bad_request, "the body does not have its content coding");
}

awaitable<server_response> decode_and_run(server_request& request, next rest,
                                          const decoding_exchange& decoding) {
  boost::system::error_code error;
  try {
    co_return co_await rest(request);
  } catch (const boost::system::system_error& e) {
    if (!decoding.error() || e.code() != decoding.error()) throw;
    error = e.code();
  }
  co_return refuse_content(error);
}

awaitable<server_response> answer_with(server_response response) { co_return response; }

}  // namespace

middleware decompression(const decompression_options& options) {
  return [options](server_request& request, next rest) -> awaitable<server_response> {
    auto coding = coding_of(request.headers());
    if (coding.empty() || request.get<decoding_exchange_ptr>()) return rest(request);
    coding::decode_options one;
    one.max_codings = 1;
    if (!coding::content_decoder::create(coding, one)) return answer_with(refuse_coding());
    auto& below = detail::server_exchange::of(request);
    auto& kept = request.set(std::make_unique<decoding_exchange>(below, std::move(coding), options));
    detail::server_exchange::replace(request, *kept);
    return decode_and_run(request, rest, *kept);
  };
}

}  // namespace bight::http
