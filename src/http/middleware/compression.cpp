#include <bight/http/middleware/compression.hpp>

#include <array>
#include <bight/core/detail/ascii.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "http/body_access.hpp"
#include "http/coding/accept_encoding.hpp"
#include "http/coding/encoder.hpp"
#include "http/conditions.hpp"
#include "http/middleware/vary.hpp"

namespace bight::http {
namespace {

using coding::content_coding;
using coding::encode_mode;

constexpr std::size_t at_once = 64 * 1024;  // a larger text would keep the loop busy

bool is_compressible(std::string_view content_type) {
  const auto type = media_type_view::parse(content_type);
  if (!type) return false;
  if (equal_ignoring_case(type->type, "text")) return true;
  std::string subtype{type->subtype};
  for (char& c : subtype) c = bight::detail::to_lower(c);
  if (equal_ignoring_case(type->type, "image"))
    return subtype == "svg+xml" || subtype == "bmp" || subtype == "vnd.microsoft.icon" || subtype == "x-icon";
  if (equal_ignoring_case(type->type, "font")) return subtype == "ttf" || subtype == "otf";
  if (!equal_ignoring_case(type->type, "application")) return false;
  constexpr std::array<std::string_view, 11> known{
      "json",    "xml",  "javascript", "x-javascript",         "wasm", "x-ndjson", "jsonl",
      "graphql", "yaml", "toml",       "x-www-form-urlencoded"};
  for (const auto name : known)
    if (subtype == name) return true;
  return subtype.ends_with("+json") || subtype.ends_with("+xml") || subtype.ends_with("+text");
}

// Encodes what is written to it.
class encoding_writer final : public body_writer {
 public:
  encoding_writer(body_writer& to, coding::encoder& encoder, encode_mode after_write) noexcept
      : to_(&to), encoder_(&encoder), after_write_(after_write) {}
  ~encoding_writer() = default;

  awaitable<void> write(std::string_view piece) override {
    if (piece.empty()) co_return;
    while (!piece.empty()) {
      const auto part = piece.substr(0, at_once);
      piece.remove_prefix(part.size());
      out_.clear();
      encoder_->encode(part, piece.empty() ? after_write_ : encode_mode::more, out_);
      if (!out_.empty()) co_await to_->write(out_);
    }
  }
  void trailers(headers fields) override { to_->trailers(std::move(fields)); }

  awaitable<void> finish() {
    out_.clear();
    encoder_->encode({}, encode_mode::end, out_);
    co_await to_->write(out_);
  }

 private:
  body_writer* to_;
  coding::encoder* encoder_;
  encode_mode after_write_;
  std::string out_;
};

class compressor {
 public:
  explicit compressor(compression_options o) : options_(std::move(o)) {
    add(content_coding::zstd, options_.zstd_level, 19, "zstd_level");
    add(content_coding::br, options_.brotli_level, 11, "brotli_level");
    add(content_coding::gzip, options_.gzip_level, 9, "gzip_level");
  }

  awaitable<server_response> operator()(server_request& request, next rest) {
    auto response = co_await rest(request);
    const bool head = request.method() == method::head;
    if (response.status() == status::not_modified) {
      match_tag(request.headers(), response.headers());
    } else if (is_eligible(response, head)) {
      middleware_detail::add_vary(response.headers(), "Accept-Encoding");
      const auto chosen = coding::accepted_codings{request.headers()}.choose(preferred_);
      if (chosen &&
          !(head && response.body().empty() && !response.headers().contains(header_id::content_length)))
        compress(response, *chosen, head);
    }
    co_return response;
  }

 private:
  void add(content_coding c, int level, int highest, const char* name) {
    if (level < 0 || level > highest)
      throw std::invalid_argument("bight: compression_options::" + std::string{name} + ": " +
                                  std::to_string(level) + " is not from 0 to " + std::to_string(highest));
    if (level > 0) preferred_.push_back(c);
  }
  coding::encoder_ptr make_encoder(content_coding c) const {
    switch (c) {
      case content_coding::br:
        return coding::make_brotli_encoder(options_.brotli_level);
      case content_coding::zstd:
        return coding::make_zstd_encoder(options_.zstd_level);
      default:
        return coding::make_gzip_encoder(options_.gzip_level);
    }
  }
  bool is_eligible(const server_response& response, bool head);
  void compress(server_response& response, content_coding chosen, bool head) const;
  static void match_tag(headers_view request, http::headers& response);

  compression_options options_;
  std::vector<content_coding> preferred_;
};

bool compressor::is_eligible(const server_response& response, bool head) {
  const auto& fields = response.headers();
  if (response.status().forbids_body() || response.status() == status::partial_content ||
      response.is_upgrade() || fields.contains(header_id::content_range) ||
      (response.body().empty() && !head))
    return false;
  if (const auto before = fields.get(header_id::content_encoding);
      before && !before->empty() && !equal_ignoring_case(*before, "identity"))
    return false;
  if (list_contains_token(fields, header_id::cache_control, "no-transform")) return false;
  auto size = response.body().size();
  if (response.body().empty()) size = content_length(fields);  // of the response to GET
  if (size && *size < options_.min_size) return false;
  const auto type = fields.get(header_id::content_type);
  return type && (options_.compressible ? options_.compressible(*type) : is_compressible(*type));
}

// What a 304 would have been compressed from is not known: its tag may be that of either. A client that has
// the compressed representation has a weak tag: caches look for the same one.
void compressor::match_tag(headers_view request, http::headers& response) {
  const auto tag = std::string{response.get(header_id::etag).value_or("")};
  if (tag.empty() || list_contains_token(response, header_id::cache_control, "no-transform")) return;
  middleware_detail::add_vary(response, "Accept-Encoding");
  if (tag.starts_with('"') && lists_weak_tag(request, tag)) response.set(header_id::etag, "W/" + tag);
}

void compressor::compress(server_response& response, content_coding chosen, bool head) const {
  auto& fields = response.headers();
  fields.set(header_id::content_encoding, to_string(chosen));
  fields.remove(header_id::content_length);
  fields.remove(header_id::accept_ranges);
  if (const auto tag = fields.get(header_id::etag); tag && tag->starts_with('"'))
    fields.set(header_id::etag, "W/" + std::string{*tag});
  auto& body = response.body();
  if (head) {  // never produced; its size stays unknown
    response.set_body(body::produce([](body_writer&) -> awaitable<void> { co_return; }));
    return;
  }
  auto encoder = make_encoder(chosen);
  const auto* const text = body.text();
  if (text && text->size() <= at_once) {
    std::string out;
    encoder->encode(*text, encode_mode::end, out);
    response.set_body(std::move(out));
    return;
  }
  // Files and texts are there already: nobody waits for a piece of them.
  const auto mode = body_access::is_stream(body) ? encode_mode::flush : encode_mode::more;
  response.set_body(body::produce(
      [content = std::move(body), e = std::move(encoder), mode](body_writer& out) mutable -> awaitable<void> {
        encoding_writer encoded{out, *e, mode};
        co_await content.write_to(encoded);
        co_await encoded.finish();
      }));
}

}  // namespace

middleware compression(compression_options options) { return compressor{std::move(options)}; }

}  // namespace bight::http
