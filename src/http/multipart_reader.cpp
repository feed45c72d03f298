#include <bight/http/error.hpp>
#include <bight/http/multipart.hpp>
#include <bight/http/problem.hpp>
#include <bight/http/server_request.hpp>

#include <algorithm>
#include <array>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <utility>

#include "http/multipart/boundary.hpp"
#include "http/multipart/parser.hpp"

namespace bight::http {

using boost::system::system_error;
using multipart_event = multipart_detail::parser::event;

class multipart_part::impl {
 public:
  impl(byte_source& from, std::string_view content_type, const multipart_limits& limits, bool of_request)
      : source_(&from), parser_(boundary(content_type, of_request), limits), of_request_(of_request) {}

  multipart_detail::part_head& head() noexcept { return parser_.head(); }

  awaitable<std::size_t> read_some(std::span<std::byte> out) {
    while (rest_.empty() && in_part_) co_await advance();
    const auto n = std::min(rest_.size(), out.size());
    if (n != 0) std::memcpy(out.data(), rest_.data(), n);
    rest_.remove_prefix(n);
    co_return n;
  }

  [[noreturn]] void fail(boost::system::error_code error, const std::string& text) const {
    if (!of_request_) throw system_error(error, text);
    throw problem{error == errc::body_too_large ? status::content_too_large : status::bad_request, text};
  }

  // Skips the rest of a part. Returns: whether there is another one.
  awaitable<bool> next() {
    do {
      rest_ = {};
      co_await advance();
    } while (in_part_ ? what_ != multipart_event::part : what_ != multipart_event::end);
    co_return in_part_;
  }

 private:
  static std::string boundary(std::string_view content_type, bool of_request) {
    auto found = multipart_detail::boundary_of(content_type);
    if (found) return *std::move(found);
    auto text = "Content-Type '" + std::string{content_type.substr(0, 100)} + '\'';
    if (!of_request) throw system_error(make_error_code(errc::malformed_multipart), text);
    const auto type = media_type_view::parse(content_type);
    if (type && type->is("multipart", "form-data"))
      throw problem{status::bad_request, text + " has no valid boundary"};
    throw problem{status::unsupported_media_type,
                  "expected a form with files (multipart/form-data), not " + text};
  }

  // Goes on to the next event that is not a need of input.
  awaitable<void> advance() {
    what_ = parser_.next();
    while (what_ == multipart_event::need_input) {
      const auto n = co_await source_->read_some(buffer_);
      if (n == 0) {
        parser_.finish();
      } else {
        parser_.feed({reinterpret_cast<const char*>(buffer_.data()), n});
      }
      what_ = parser_.next();
    }
    if (what_ == multipart_event::error) fail(parser_.error(), parser_.reason());
    if (what_ == multipart_event::part) in_part_ = true;
    if (what_ == multipart_event::part_end) in_part_ = false;
    if (what_ == multipart_event::data) rest_ = parser_.data();
  }

  byte_source* source_;
  multipart_detail::parser parser_;
  bool of_request_;  // whose errors are the client's
  std::array<std::byte, 16 * 1024> buffer_;
  std::string_view rest_;  // of the content that was received
  multipart_event what_ = multipart_event::need_input;
  bool in_part_ = false;
};

multipart_part::multipart_part(std::shared_ptr<impl> i) noexcept : impl_(std::move(i)) {}
multipart_part::~multipart_part() = default;

const std::string& multipart_part::name() const noexcept { return impl_->head().name; }
const std::optional<std::string>& multipart_part::filename() const noexcept { return impl_->head().filename; }
const http::headers& multipart_part::headers() const noexcept { return impl_->head().headers; }
std::string_view multipart_part::content_type() const noexcept {
  return headers().get(header_id::content_type).value_or("text/plain");
}

awaitable<std::size_t> multipart_part::read_some(std::span<std::byte> buffer) {
  return impl_->read_some(buffer);
}

awaitable<std::string> multipart_part::text(std::size_t limit) {
  std::string all;
  std::array<std::byte, 4096> piece;
  while (true) {
    const auto n = co_await impl_->read_some(piece);
    if (n == 0) co_return all;
    if (n > limit - all.size())
      impl_->fail(make_error_code(errc::body_too_large),
                  "part '" + name() + "', limit " + std::to_string(limit));
    all.append(reinterpret_cast<const char*>(piece.data()), n);
  }
}

multipart_reader::multipart_reader(byte_source& from, std::string_view content_type, multipart_limits limits)
    : impl_(std::make_shared<multipart_part::impl>(from, content_type, limits, false)) {}
multipart_reader::multipart_reader(byte_source& from, headers_view fields, multipart_limits limits)
    : multipart_reader(from, fields.get(header_id::content_type).value_or(std::string_view{}), limits) {}
multipart_reader::multipart_reader(server_request& request, multipart_limits limits)
    : impl_(std::make_shared<multipart_part::impl>(
          request, request.headers().get(header_id::content_type).value_or(std::string_view{}), limits,
          true)) {}
multipart_reader::multipart_reader(multipart_reader&&) noexcept = default;
multipart_reader& multipart_reader::operator=(multipart_reader&&) noexcept = default;
multipart_reader::~multipart_reader() = default;

awaitable<multipart_part*> multipart_reader::next() {
  part_.reset();
  const bool more = co_await impl_->next();
  if (more) part_.reset(new multipart_part(impl_));
  co_return part_.get();
}

}  // namespace bight::http
