#include "http/websocket/handshake.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <bight/http/url.hpp>
#include <cstddef>
#include <stdexcept>

#include "http/auth/base64.hpp"
#include "http/random.hpp"

namespace bight::http::ws {
namespace {

constexpr std::size_t key_size = 16;
constexpr std::string_view accept_guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

std::vector<std::string_view> elements(std::string_view list) {
  std::vector<std::string_view> all;
  while (true) {
    const auto comma = list.find(',');
    auto one = list.substr(0, comma);
    while (one.starts_with(' ') || one.starts_with('\t')) one.remove_prefix(1);
    while (one.ends_with(' ') || one.ends_with('\t')) one.remove_suffix(1);
    if (!one.empty()) all.push_back(one);
    if (comma == list.npos) return all;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

std::string make_key() {
  std::array<char, key_size> bytes;
  fill_random(bytes);
  std::string key;
  auth_detail::append_base64(key, {bytes.data(), bytes.size()});
  return key;
}

bool is_key(std::string_view key) {
  const auto bytes = auth_detail::decode_base64(key);
  return bytes && bytes->size() == key_size;
}

std::string accept_of(std::string_view key) {
  const auto text = std::string{key}.append(accept_guid);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (::EVP_Digest(text.data(), text.size(), digest.data(), &size, ::EVP_sha1(), nullptr) != 1)
    throw std::runtime_error{"bight: libcrypto does not provide SHA-1"};
  std::string accept;
  auth_detail::append_base64(accept, {reinterpret_cast<const char*>(digest.data()), size});
  return accept;
}

std::string joined(headers_view fields, header_id id) {
  std::string all;
  for (const std::string_view line : fields.get_all(id)) all.append(all.empty() ? "" : ", ").append(line);
  return all;
}

bool is_protocol_list(std::string_view field) {
  auto all = elements(field);
  if (!std::all_of(all.begin(), all.end(), is_token)) return false;
  std::sort(all.begin(), all.end());
  return !all.empty() && std::adjacent_find(all.begin(), all.end()) == all.end();
}

std::string choose_protocol(std::string_view offered, std::span<const std::string> known) {
  for (const auto one : elements(offered))
    if (std::find(known.begin(), known.end(), one) != known.end()) return std::string{one};
  return {};
}

// The scheme is not compared: behind a proxy that ends TLS, the server does not know its own.
bool is_same_host(std::string_view origin, std::string_view host) {
  const auto page = url::parse(origin);
  if (!page || !page->is_http() || page->origin() != origin) return false;
  if (host.find_first_of("@/\\?#") != host.npos) return false;
  const auto server = url::parse(std::string{page->scheme()}.append("://").append(host));
  return server && server->origin() == origin;
}

}  // namespace bight::http::ws
