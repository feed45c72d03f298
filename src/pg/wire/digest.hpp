// Digests and base64, by libcrypto.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace bight::pg::wire {

/// The answer to a request for an MD5 password: "md5" and 32 hexadecimal digits. Empty if libcrypto does not
/// provide MD5, as under FIPS.
std::string md5_answer(std::string_view user, std::string_view password, std::string_view salt);

std::string sha256(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);
std::string pbkdf2_sha256(std::string_view password, std::string_view salt, unsigned iterations);
/// Compares without telling, by the time it takes, where they differ.
bool same_bytes(std::string_view a, std::string_view b) noexcept;

std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);
/// A random text of 24 characters of base64.
std::string random_nonce();

/// The data of the channel binding tls-server-end-point (RFC 5929 section 4) for the server's certificate in
/// PEM; empty if it cannot be computed.
std::string end_point_binding(const std::string& pem);

}  // namespace bight::pg::wire
