#include <bight/core/reader.hpp>

#include <fmt/format.h>
#include <algorithm>
#include <bight/core/error.hpp>
#include <stdexcept>
#include <utility>

namespace bight {

using boost::system::system_error;

incomplete_read_error::incomplete_read_error(std::string partial, const std::string& what)
    : system_error(make_error_code(errc::unexpected_end), what),
      partial_(std::make_shared<const std::string>(std::move(partial))) {}

void reader::throw_limit(const char* what) const {
  throw system_error(make_error_code(errc::limit_exceeded),
                     fmt::format("bight: reader: {} exceeds {} bytes", what, max_buffered_));
}

void reader::throw_incomplete(const char* what, std::size_t wanted) {
  auto partial = take(buffered().size());
  auto text = wanted != 0 ? fmt::format("bight: reader: {}: {} of {} bytes", what, partial.size(), wanted)
                          : fmt::format("bight: reader: {}: {} bytes", what, partial.size());
  throw incomplete_read_error(std::move(partial), text);
}

std::string reader::take(std::size_t n) {
  if (begin_ == 0 && n == held_.size()) return std::exchange(held_, std::string{});
  auto taken = held_.substr(begin_, n);
  begin_ += n;
  return taken;
}

// Appends data from the source, with room for `at_least` bytes. Returns false at its end. Data is in the
// buffer as soon as the source has returned it, so a cancellation loses none.
awaitable<bool> reader::receive(std::size_t at_least) {
  constexpr std::size_t usual = 4096;
  held_.erase(0, std::exchange(begin_, 0));
  const auto before = held_.size();
  held_.resize(before + std::max(at_least, usual));
  struct at_end {
    std::string& held;
    std::size_t size;
    ~at_end() { held.resize(size); }
  } shrink{held_, before};
  const auto n = co_await source_->read_some(std::as_writable_bytes(std::span{held_}).subspan(before));
  shrink.size += n;
  co_return n != 0;
}

awaitable<std::optional<std::string>> reader::read_line() { return next_line(true); }

awaitable<std::optional<std::string>> reader::next_line(bool with_carriage_return) {
  std::size_t searched = 0;
  while (true) {
    const auto there = buffered();
    const auto end = there.find('\n', searched);
    const bool found = end != there.npos;
    const auto length = found ? end : there.size();
    const bool carriage_return = with_carriage_return && length != 0 && there[length - 1] == '\r';
    const auto text = length - (carriage_return ? 1 : 0);
    if (text > max_buffered_) throw_limit("a line");
    if (found) {
      auto line = take(end + 1);
      line.resize(text);
      co_return line;
    }
    searched = there.size();
    const bool more = co_await receive(0);
    if (more) continue;
    if (searched == 0) co_return std::nullopt;
    co_return take(searched);
  }
}

awaitable<std::string> reader::read_until(std::string_view end) {
  if (end.empty()) throw std::invalid_argument{"bight: reader::read_until: the delimiter is empty"};
  const std::string delimiter{end};
  std::size_t searched = 0;
  while (true) {
    const auto there = buffered();
    const auto at = there.find(delimiter, searched);
    if (at != there.npos && at + delimiter.size() <= max_buffered_) co_return take(at + delimiter.size());
    if (at != there.npos || there.size() > max_buffered_) throw_limit("the text before the delimiter");
    searched = there.size() - std::min(there.size(), delimiter.size() - 1);
    const bool more = co_await receive(0);
    if (!more) throw_incomplete("the source ended before the delimiter", 0);
  }
}

awaitable<std::string> reader::read_exactly(std::size_t n) {
  while (buffered().size() < n) {
    constexpr std::size_t step = 1U << 20U;  // memory grows with the data
    const bool more = co_await receive(std::min(n - buffered().size(), step));
    if (!more) throw_incomplete("read_exactly", n);
  }
  co_return take(n);
}

awaitable<std::string_view> reader::peek(std::size_t n) {
  if (n > max_buffered_) throw_limit("peek");
  while (buffered().size() < n) {
    const bool more = co_await receive(n - buffered().size());
    if (!more) break;
  }
  co_return buffered().substr(0, n);
}

awaitable<std::size_t> reader::read_some(std::span<std::byte> buffer) {
  const auto there = buffered();
  if (there.empty()) {
    held_.clear();
    begin_ = 0;
    co_return co_await source_->read_some(buffer);
  }
  const auto n = std::min(there.size(), buffer.size());
  std::copy_n(std::as_bytes(std::span{there}).begin(), n, buffer.begin());
  begin_ += n;
  co_return n;
}

}  // namespace bight
