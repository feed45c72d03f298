#include "pg/wire/scram.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include "pg/wire/digest.hpp"
#include "pg/wire/saslprep.hpp"

namespace bight::pg::wire {
namespace {

// Takes "x=value" from the front, up to a comma or the end.
std::optional<std::string_view> take_attribute(std::string_view& text, char name) {
  if (text.size() < 2 || text[0] != name || text[1] != '=') return std::nullopt;
  const auto end = text.find(',');
  const auto value = text.substr(2, end == text.npos ? text.npos : end - 2);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return value;
}

std::optional<unsigned> number_of(std::string_view text) {
  unsigned n = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return n;
}

}  // namespace

const scram_keys::derived& scram_keys::of(std::string_view password, std::string_view salt,
                                          unsigned iterations) {
  for (const auto& e : entries_)
    if (e.iterations == iterations && e.salt == salt && e.password == password) return e.keys;
  const auto salted = pbkdf2_sha256(password, salt, iterations);
  ++derivations_;
  if (entries_.size() == max_entries) entries_.erase(entries_.begin());
  auto& e = entries_.emplace_back();
  e.password = password;
  e.salt = salt;
  e.iterations = iterations;
  e.keys.client = hmac_sha256(salted, "Client Key");
  e.keys.server = hmac_sha256(salted, "Server Key");
  return e.keys;
}

scram_client::scram_client(scram_keys& keys, std::string_view password, binding b, std::string_view data,
                           std::string nonce)
    : keys_(&keys), password_(saslprep(password)), binding_(b), data_(data), nonce_(std::move(nonce)) {}

std::string scram_client::header() const {
  if (binding_ == binding::required) return "p=tls-server-end-point,,";
  return std::string{static_cast<char>(binding_)} + ",,";
}

// The server takes the user's name from the start-up message.
std::string scram_client::first() const { return header() + "n=,r=" + nonce_; }

std::string scram_client::answer(std::string_view server_first) {
  auto rest = server_first;
  const auto nonce = take_attribute(rest, 'r');
  const auto salt_text = take_attribute(rest, 's');
  const auto count_text = take_attribute(rest, 'i');
  if (!nonce || !salt_text || !count_text) return fail("malformed SCRAM message");
  if (!nonce->starts_with(nonce_) || nonce->size() == nonce_.size()) return fail("wrong SCRAM nonce");
  const auto salt = from_base64(*salt_text);
  const auto iterations = number_of(*count_text);
  if (!salt || salt->empty() || !iterations || *iterations == 0) return fail("malformed SCRAM message");
  if (*iterations > max_iterations) return fail("too many SCRAM iterations");

  const auto& keys = keys_->of(password_, *salt, *iterations);
  std::string bound = header();
  if (binding_ == binding::required) bound += data_;
  std::string final = "c=" + to_base64(bound) + ",r=" + std::string{*nonce};
  const auto message = ("n=,r=" + nonce_ + ',').append(server_first).append(",").append(final);
  const auto signature = hmac_sha256(sha256(keys.client), message);
  std::string proof = keys.client;
  for (std::size_t i = 0; i != proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ signature[i]);
  server_signature_ = hmac_sha256(keys.server, message);
  return final + ",p=" + to_base64(proof);
}

bool scram_client::verify(std::string_view server_final) {
  auto rest = server_final;
  if (take_attribute(rest, 'e')) {
    fail("the server refused the SCRAM exchange");
    return false;
  }
  const auto text = take_attribute(rest, 'v');
  const auto signature = text ? from_base64(*text) : std::nullopt;
  if (!signature || server_signature_.empty()) {
    fail("malformed SCRAM message");
    return false;
  }
  verified_ = same_bytes(*signature, server_signature_);
  if (!verified_) fail("the server does not know the password");
  return verified_;
}

}  // namespace bight::pg::wire
