#include "timeline_text.hpp"

#include <fmt/format.h>

#include <chrono>
#include <iterator>
#include <optional>

namespace get {
namespace {

namespace http = bight::http;
using time_point = bight::clock::time_point;

double ms(bight::clock::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

class table {
 public:
  explicit table(time_point start) : start_(start) {}
  void row(std::string_view step, std::optional<time_point> from, std::optional<time_point> to,
           std::string_view note = {}) {
    if (!from || !to) return;
    fmt::format_to(std::back_inserter(text_), "\n  {:<12}{:>9.1f} ms  at {:>9.1f} ms{}{}", step,
                   ms(*to - *from), ms(*to - start_), note.empty() ? "" : "  ", note);
  }
  void note(std::string_view step, std::string_view text) {
    fmt::format_to(std::back_inserter(text_), "\n  {:<12}{}", step, text);
  }
  const std::string& text() const noexcept { return text_; }

 private:
  time_point start_;
  std::string text_;
};

void add_connection(table& out, const http::connect_timeline* c) {
  if (!c) return out.note("connection", "reused");
  out.row("queue", c->queue_start, c->queue_end);
  if (c->reused) return out.note("connection", "reused");
  out.row("DNS", c->network.lookup_start, c->network.lookup_end);
  for (const auto& attempt : c->network.attempts) {
    auto note = attempt.address.to_string();
    if (attempt.error) note += ": " + attempt.error.message();
    out.row("connect", attempt.start, attempt.end, note);
  }
  out.row("proxy", c->proxy_start, c->proxy_end);
  out.row("TLS", c->tls_start, c->tls_end, c->resumed ? "resumed" : "");
}

}  // namespace

std::string timeline_text(std::string_view method, const http::url& where, http::status status,
                          const http::timeline& times) {
  table out{times.start};
  const auto* const c = times.connection.get();
  add_connection(out, c);
  auto ready = times.start;  // to send
  if (c)
    for (const auto& step : {c->queue_end, c->network.lookup_end, c->proxy_end, c->tls_end})
      if (step && *step > ready) ready = *step;
  if (c)
    for (const auto& attempt : c->network.attempts)
      if (!attempt.error && attempt.end > ready) ready = attempt.end;
  out.row("send", ready, times.sent);
  out.row("first byte", times.sent, times.head);
  out.row("body", times.head, times.end);
  if (times.replays != 0) out.note("replays", std::to_string(times.replays));
  return fmt::format("{} {}: {} {}{}", method, where.redacted(), status.code(), status.reason_phrase(),
                     out.text());
}

}  // namespace get
