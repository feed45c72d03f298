#include "http/websocket/extension.hpp"

#include <bight/http/headers.hpp>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <vector>

namespace bight::http::ws {
namespace {

constexpr std::string_view extension_name = "permessage-deflate";
constexpr int largest_window = 15;
constexpr int smallest_window = 8;

struct parameter {
  std::string name;
  std::optional<std::string> value;
};
struct extension {
  std::string name;
  std::vector<parameter> parameters;
};

// RFC 6455 section 9.1: extension-list.
class list_parser {
 public:
  explicit list_parser(std::string_view text) noexcept : text_(text) {}

  /// All extensions; nothing if the syntax is wrong.
  std::optional<std::vector<extension>> parse() {
    std::vector<extension> all;
    while (true) {
      skip_spaces();
      if (at_end()) break;
      if (take(',')) continue;  // empty elements (RFC 9110 section 5.6.1)
      extension one;
      one.name = token();
      if (one.name.empty()) return std::nullopt;
      skip_spaces();
      while (take(';')) {
        if (!read_parameter(one)) return std::nullopt;
        skip_spaces();
      }
      all.push_back(std::move(one));
      if (!at_end() && !take(',')) return std::nullopt;
    }
    return all;
  }

 private:
  bool at_end() const noexcept { return at_ == text_.size(); }
  bool take(char c) noexcept {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_spaces() noexcept {
    while (!at_end() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  std::string token() {
    const auto from = at_;
    while (!at_end() && is_token(text_.substr(at_, 1))) ++at_;
    return std::string{text_.substr(from, at_ - from)};
  }
  bool read_parameter(extension& one) {
    skip_spaces();
    parameter p;
    p.name = token();
    if (p.name.empty()) return false;
    skip_spaces();
    if (take('=')) {
      skip_spaces();
      p.value = take('"') ? quoted() : token();
      if (!is_token(*p.value)) return false;  // also what was quoted
    }
    one.parameters.push_back(std::move(p));
    return true;
  }
  std::string quoted() {
    std::string value;
    while (!at_end()) {
      if (take('"')) return value;
      if (take('\\') && at_end()) break;
      value += text_[at_++];
    }
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// The parameters of one permessage-deflate.
struct parameters {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::optional<int> server_max_window_bits;
  std::optional<int> client_max_window_bits;
  bool client_max_window_bits_alone = false;  // without a value
};

std::optional<int> window_bits(const std::optional<std::string>& value) {
  if (!value) return std::nullopt;
  if (value->size() > 2 || value->front() == '0') return std::nullopt;
  int bits = 0;
  for (const char c : *value) {
    if (c < '0' || c > '9') return std::nullopt;
    bits = bits * 10 + (c - '0');
  }
  if (bits < smallest_window || bits > largest_window) return std::nullopt;
  return bits;
}

bool set_flag(bool& flag, const parameter& p) { return !p.value && !std::exchange(flag, true); }

bool set_window(std::optional<int>& bits, const parameter& p) {
  if (bits) return false;
  bits = window_bits(p.value);
  return bits.has_value();
}

// Nothing for unknown and repeated parameters, and for invalid values.
std::optional<parameters> read_parameters(const extension& one, bool offer) {
  parameters all;
  for (const auto& p : one.parameters) {
    bool valid = false;
    if (equal_ignoring_case(p.name, "server_no_context_takeover")) {
      valid = set_flag(all.server_no_context_takeover, p);
    } else if (equal_ignoring_case(p.name, "client_no_context_takeover")) {
      valid = set_flag(all.client_no_context_takeover, p);
    } else if (equal_ignoring_case(p.name, "server_max_window_bits")) {
      valid = set_window(all.server_max_window_bits, p);
    } else if (equal_ignoring_case(p.name, "client_max_window_bits")) {
      const bool again = all.client_max_window_bits || all.client_max_window_bits_alone;
      valid = !again && (offer && !p.value ? set_flag(all.client_max_window_bits_alone, p)
                                           : set_window(all.client_max_window_bits, p));
    }
    if (!valid) return std::nullopt;
  }
  return all;
}

void append_window(std::string& out, std::string_view name, int bits) {
  out.append("; ").append(name).append("=").append(std::to_string(bits));
}

std::optional<deflate_answer> accept(const parameters& offer, const websocket_deflate& options) {
  deflate_answer answer;
  auto& agreed = answer.agreed;
  agreed.server_no_context_takeover = options.server_no_context_takeover || offer.server_no_context_takeover;
  agreed.client_no_context_takeover = options.client_no_context_takeover || offer.client_no_context_takeover;
  agreed.server_max_window_bits =
      std::min(options.server_max_window_bits, offer.server_max_window_bits.value_or(largest_window));
  if (agreed.server_max_window_bits == smallest_window) return std::nullopt;
  const bool client_may = offer.client_max_window_bits || offer.client_max_window_bits_alone;
  if (client_may)
    agreed.client_max_window_bits =
        std::min(options.client_max_window_bits, offer.client_max_window_bits.value_or(largest_window));
  answer.field = extension_name;
  if (agreed.server_no_context_takeover) answer.field += "; server_no_context_takeover";
  if (agreed.client_no_context_takeover) answer.field += "; client_no_context_takeover";
  if (offer.server_max_window_bits || agreed.server_max_window_bits != largest_window)
    append_window(answer.field, "server_max_window_bits", agreed.server_max_window_bits);
  if (client_may && agreed.client_max_window_bits != largest_window)
    append_window(answer.field, "client_max_window_bits", agreed.client_max_window_bits);
  return answer;
}

// zlib would only say that it cannot.
void require_valid(const websocket_deflate& options) {
  constexpr int smallest_of_zlib = 9;
  const auto check = [](const char* name, int value, int least, int most) {
    if (value < least || value > most)
      throw std::invalid_argument{"bight: websocket_deflate: " + std::string{name} + " is from " +
                                  std::to_string(least) + " to " + std::to_string(most) + ", not " +
                                  std::to_string(value)};
  };
  check("server_max_window_bits", options.server_max_window_bits, smallest_of_zlib, largest_window);
  check("client_max_window_bits", options.client_max_window_bits, smallest_of_zlib, largest_window);
  check("level", options.level, 1, 9);
  check("memory_level", options.memory_level, 1, 9);
}

}  // namespace

std::string offer_of(const websocket_deflate& options) {
  require_valid(options);
  std::string field{extension_name};
  if (options.server_no_context_takeover) field += "; server_no_context_takeover";
  if (options.client_no_context_takeover) field += "; client_no_context_takeover";
  if (options.server_max_window_bits != largest_window)
    append_window(field, "server_max_window_bits", options.server_max_window_bits);
  if (options.client_max_window_bits != largest_window)
    append_window(field, "client_max_window_bits", options.client_max_window_bits);
  else
    field += "; client_max_window_bits";
  return field;
}

std::optional<deflate_answer> accept_offer(std::string_view field, const websocket_deflate& options) {
  require_valid(options);
  const auto offers = list_parser{field}.parse();
  if (!offers) return std::nullopt;
  for (const auto& one : *offers) {
    if (!equal_ignoring_case(one.name, extension_name)) continue;
    const auto offer = read_parameters(one, true);
    if (!offer) continue;
    auto answer = accept(*offer, options);
    if (answer) return answer;
  }
  return std::nullopt;
}

std::optional<deflate_agreement> read_answer(std::string_view field, const websocket_deflate& options) {
  const auto list = list_parser{field}.parse();
  if (!list || list->size() != 1 || !equal_ignoring_case(list->front().name, extension_name))
    return std::nullopt;
  const auto answer = read_parameters(list->front(), false);
  if (!answer) return std::nullopt;
  deflate_agreement agreed;
  // A server that keeps its context although it was asked not to costs memory and nothing else.
  agreed.server_no_context_takeover = answer->server_no_context_takeover;
  agreed.client_no_context_takeover =
      options.client_no_context_takeover || answer->client_no_context_takeover;
  agreed.server_max_window_bits = answer->server_max_window_bits.value_or(largest_window);
  if (agreed.server_max_window_bits > options.server_max_window_bits) return std::nullopt;
  agreed.client_max_window_bits =
      std::min(options.client_max_window_bits, answer->client_max_window_bits.value_or(largest_window));
  return agreed;
}

}  // namespace bight::http::ws
