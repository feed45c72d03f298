// Property: what a SOCKS5 proxy's answers do does not depend on how they were split; no byte behind them is
// taken, and what is sent has the size that the protocol gives it. The first byte chooses the credentials,
// the second the split.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/client/socks5.hpp"

namespace {

using bight::http::socks5::fault;
using bight::http::socks5::handshake;

struct outcome {
  std::string sent;
  std::size_t taken = 0;
  bool done = false;
  fault error = fault::none;
  bool operator==(const outcome&) const = default;
};

outcome run(std::string_view answers, bool credentials, std::size_t step) {
  handshake h{"example.org", 443, credentials ? "user" : "", credentials ? "secret" : ""};
  outcome o;
  o.sent = h.take_output();
  while (h.wants() != 0 && o.taken != answers.size()) {
    const auto part = answers.substr(o.taken, std::min(step, h.wants()));
    h.feed(part);
    o.taken += part.size();
    o.sent += h.take_output();
  }
  o.done = h.done();
  o.error = h.error();
  return o;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t most_sent = 64;
  constexpr std::size_t most_taken = 2 + 2 + 4 + 1 + 255 + 2;
  if (size < 2) return 0;
  const std::string_view answers(reinterpret_cast<const char*>(data) + 2, size - 2);
  const bool credentials = (data[0] & 1U) != 0;
  const auto whole = run(answers, credentials, answers.size() + 1);
  if (!(whole == run(answers, credentials, data[1] % 7U + 1))) std::abort();
  if (whole.sent.size() > most_sent || whole.taken > most_taken) std::abort();
  if (whole.done && whole.error != fault::none) std::abort();
  return 0;
}
