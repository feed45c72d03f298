#include "live_lines.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace {

// The first character of a text, which is valid UTF-8.
struct character {
  std::uint32_t code = 0;
  std::size_t size = 1;
  std::size_t columns = 1;
};

character first_of(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(i < text.size() ? text[i] : '\x80');
  };
  character c{byte(0), 1, 1};
  if (c.code >= 0xf0)
    c = {(c.code & 7U) << 18U | (byte(1) & 63U) << 12U | (byte(2) & 63U) << 6U | (byte(3) & 63U), 4, 1};
  else if (c.code >= 0xe0)
    c = {(c.code & 15U) << 12U | (byte(1) & 63U) << 6U | (byte(2) & 63U), 3, 1};
  else if (c.code >= 0xc0)
    c = {(c.code & 31U) << 6U | (byte(1) & 63U), 2, 1};
  c.size = std::min(c.size, text.size());
  const auto in = [&](std::uint32_t from, std::uint32_t to) { return c.code >= from && c.code <= to; };
  if (in(0x300, 0x36f) || in(0x200b, 0x200f) || in(0xfe00, 0xfe0f)) c.columns = 0;  // they combine
  if (in(0x1100, 0x115f) || in(0x2e80, 0xa4cf) || in(0xac00, 0xd7a3) || in(0xf900, 0xfaff) ||
      in(0xfe30, 0xfe6f) || in(0xff00, 0xff60) || in(0x1f300, 0x1faff) || in(0x20000, 0x3fffd))
    c.columns = 2;
  return c;
}

}  // namespace

terminal_size size_of_terminal() {
  winsize w{};
  terminal_size out;
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &w) != 0) return out;
  if (w.ws_col != 0) out.columns = w.ws_col;
  if (w.ws_row != 0) out.rows = w.ws_row;
  return out;
}

bool has_terminal() noexcept { return ::isatty(STDERR_FILENO) == 1; }

std::size_t columns_of(std::string_view text) noexcept {
  std::size_t columns = 0;
  while (!text.empty()) {
    const auto c = first_of(text);
    columns += c.columns;
    text.remove_prefix(c.size);
  }
  return columns;
}

std::string fit(std::string_view text, std::size_t columns) {
  std::size_t bytes = 0;
  std::size_t used = 0;
  while (bytes != text.size()) {
    const auto c = first_of(text.substr(bytes));
    if (used + c.columns > columns) break;
    used += c.columns;
    bytes += c.size;
  }
  return std::string{text.substr(0, bytes)};
}

std::string fit_middle(std::string_view text, std::size_t columns) {
  constexpr std::string_view gap = "...";
  const auto all = columns_of(text);
  if (all <= columns) return std::string{text};
  if (columns < gap.size() + 2) return fit(text, columns);
  const auto kept = columns - gap.size();
  auto out = fit(text, kept - kept / 2).append(gap);
  while (!text.empty() && columns_of(text) > kept / 2) text.remove_prefix(first_of(text).size);
  return out.append(text);
}

// To the first of the lines.
std::string live_lines::up() const {
  return drawn_ > 1 ? "\x1b[" + std::to_string(drawn_ - 1) + "A" : std::string{};
}

void live_lines::draw(const std::vector<std::string>& lines) {
  const auto size = size_of_terminal();
  const auto rows = std::min(lines.size(), std::max<std::size_t>(size.rows, 2) - 1);
  auto text = up();
  for (std::size_t i = 0; i != rows; ++i) {
    if (i != 0) text += "\n";
    text.append("\r").append(fit(lines[lines.size() - rows + i], size.columns - 1)).append("\x1b[K");
  }
  if (rows < drawn_) text += "\x1b[J";
  drawn_ = rows;
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

void live_lines::clear() {
  if (drawn_ == 0) return;
  const auto text = drawn_ == 1 ? std::string{"\r\x1b[K"} : up() + "\r\x1b[J";
  drawn_ = 0;
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}
