#include "http/client/sending.hpp"

#include <algorithm>
#include <array>
#include <bight/core/error.hpp>
#include <bight/core/spawn_options.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/error.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <span>
#include <utility>

#include "http/body_access.hpp"
#include "http/h1/serializer.hpp"

namespace bight::http::detail {

using boost::system::system_error;

// Frames the pieces of a body.
class sending::writer final : public body_writer {
 public:
  writer(sending& s, std::optional<std::uint64_t> size) noexcept : sending_(&s), size_(size) {}
  ~writer() = default;

  awaitable<void> write(std::string_view piece) override {
    if (piece.empty()) co_return;
    if (size_) {
      if (piece.size() > *size_ - sent_) wrong_size("longer");
      sent_ += piece.size();
      co_await sending_->write(piece);
      co_return;
    }
    std::array<char, h1::chunk_head_room> room;
    const auto n = h1::write_chunk_head(room.data() + room.size(), piece.size());
    std::string framed{room.data() + room.size() - n, n};
    framed.append(piece).append(h1::chunk_tail);
    co_await sending_->write(framed);
  }
  void trailers(headers fields) override { trailers_ = std::move(fields); }

  awaitable<void> finish() {
    if (size_) {
      if (sent_ != *size_) wrong_size("shorter");
      co_return;
    }
    std::string end{h1::last_chunk};
    if (const auto ec = h1::append_fields(end, trailers_)) throw system_error(ec, "trailers");
    h1::append_end_of_head(end);
    co_await sending_->write(end);
  }

 private:
  [[noreturn]] void wrong_size(const char* what) const {
    throw system_error(
        make_error_code(errc::bad_framing),
        "the body is " + std::string{what} + " than its size of " + std::to_string(*size_) + " bytes");
  }

  sending* sending_;
  std::optional<std::uint64_t> size_;
  std::uint64_t sent_ = 0;
  headers trailers_;
};

sending::sending(std::shared_ptr<connection> c, std::string rest_of_head, http::body content,
                 std::uint64_t sent_of_text, std::chrono::nanoseconds timeout)
    : connection_(std::move(c)),
      head_(std::move(rest_of_head)),
      body_(std::move(content)),
      sent_of_text_(sent_of_text),
      timeout_(timeout) {}

void sending::start() { writer_ = spawn(named("http::client: request", run), shared_from_this()); }

awaitable<void> sending::run(std::shared_ptr<sending> self) {
  try {
    co_await self->write_all();
  } catch (...) { self->error_ = std::current_exception(); }
  self->changed.set();
}

// A slice at a time, so that the timeout is one without progress.
constexpr std::size_t slice = 256 * 1024;

awaitable<void> sending::write(std::string_view text) {
  try {
    while (!text.empty()) {
      const auto now = text.substr(0, slice);
      text.remove_prefix(now.size());
      auto writing = connection_->stream().write(std::as_bytes(std::span{now}));
      co_await wait_for(std::move(writing), timeout_);
    }
  } catch (const timeout_error&) {
    timed_out_ = true;
    throw;
  } catch (const system_error&) {
    connection_failed_ = true;
    throw;
  }
}

awaitable<void> sending::send_file(const file_range& file) {
  std::uint64_t sent = 0;
  try {
    while (sent != file.count()) {
      const auto want = std::min<std::uint64_t>(slice, file.count() - sent);
      auto writing = connection_->stream().send_file(file.descriptor(), file.offset() + sent, want);
      const auto n = co_await wait_for(std::move(writing), timeout_);
      sent += n;
      if (n != want) throw system_error(make_error_code(errc::truncated), "file");  // it has shrunk
    }
  } catch (const timeout_error&) {
    timed_out_ = true;
    throw;
  } catch (const system_error& e) {  // the rest is what is wrong with the file
    connection_failed_ =
        e.code() == boost::system::errc::broken_pipe || e.code() == boost::system::errc::connection_reset;
    throw;
  }
}

awaitable<void> sending::write_all() {
  if (const auto* const text = body_.text()) {
    if (!head_.empty() && head_.size() < slice) {  // one packet for small requests
      const auto first = std::string_view{*text}.substr(sent_of_text_, slice - head_.size());
      head_.append(first);
      sent_of_text_ += first.size();
    }
    co_await write(head_);
    co_await write(std::string_view{*text}.substr(sent_of_text_));
    co_return;
  }
  co_await write(head_);
  if (body_.empty()) co_return;
  if (const auto* const file = body_access::file(body_)) {
    co_await send_file(*file);
    co_return;
  }
  writer out{*this, body_.size()};
  co_await body_.write_to(out);
  co_await out.finish();
}

awaitable<void> sending::wait_for_end() { co_await writer_->wait(); }

}  // namespace bight::http::detail
