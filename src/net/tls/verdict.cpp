#include "net/tls/verdict.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <array>
#include <bight/core/detail/ascii.hpp>
#include <bight/net/address.hpp>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>

namespace bight::net::tls {
namespace {

constexpr std::string_view pin_prefix = "sha256//";
constexpr std::size_t digest_text = 44;  // base64 of 32 bytes

std::string date_of(const ASN1_TIME* when) {
  std::tm t{};
  if (ASN1_TIME_to_tm(when, &t) != 1) return "an unknown date";
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &t);
  return std::string(text.data(), size);
}

// A stranger chose these bytes.
std::string printable(std::string_view text) {
  constexpr std::size_t longest = 255;
  std::string safe{text.substr(0, longest)};
  for (auto& c : safe)
    if (c < 0x20 || c > 0x7e) c = '?';
  return safe;
}

std::string_view bytes_of(const ASN1_STRING* s) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(s)),
          static_cast<std::size_t>(ASN1_STRING_length(s))};
}

std::string address_text(std::string_view bytes) {
  ip_address::v4_bytes four{};
  ip_address::v6_bytes six{};
  if (bytes.size() == four.size()) {
    std::memcpy(four.data(), bytes.data(), four.size());
    return ip_address{four}.to_string();
  }
  if (bytes.size() != six.size()) return "an invalid address";
  std::memcpy(six.data(), bytes.data(), six.size());
  return ip_address{six}.to_string();
}

struct free_names {
  void operator()(GENERAL_NAMES* n) const noexcept { GENERAL_NAMES_free(n); }
};

}  // namespace

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, free_names> all{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  const int count = all ? sk_GENERAL_NAME_num(all.get()) : 0;
  for (int i = 0; i != count; ++i) {
    const auto* const name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS) names.push_back(printable(bytes_of(name->d.dNSName)));
    if (name->type == GEN_IPADD) names.push_back(address_text(bytes_of(name->d.iPAddress)));
  }
  return names;
}

namespace {

std::string common_name_of(X509* certificate) {
  auto* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  return printable(bytes_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

std::string wrong_name(X509* leaf, const std::string& host) {
  constexpr std::size_t most = 3;
  const auto names = names_of(leaf);
  if (names.empty()) {
    const auto common = common_name_of(leaf);
    return common.empty() ? "the certificate names no host"
                          : "the certificate has no alternative names, and its common name, \"" + common +
                                "\", does not identify a host";
  }
  std::string list;
  for (std::size_t i = 0; i != std::min(most, names.size()); ++i) list += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > most) list += ", ...";
  return "the certificate is for " + list + ", not for " + host;
}

}  // namespace

std::string text_of(X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out{BIO_new(BIO_s_mem()), &BIO_free};
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string{};
}

std::string verdict_text(long verdict, X509* leaf, const std::string& host) {
  const char* const plain = X509_verify_cert_error_string(verdict);
  if (!leaf) return plain;
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      if (X509_cmp_current_time(X509_get0_notAfter(leaf)) >= 0)
        return "a certificate of the chain has expired";
      return "the certificate expired on " + date_of(X509_get0_notAfter(leaf));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      if (X509_cmp_current_time(X509_get0_notBefore(leaf)) <= 0)
        return "a certificate of the chain is not yet valid";
      return "the certificate is not yet valid: it begins on " + date_of(X509_get0_notBefore(leaf));
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return wrong_name(leaf, host);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "the certificate is self-signed";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "the certificate chain ends in a self-signed certificate that is not trusted";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "the certificate was issued by an unknown authority, " + text_of(X509_get_issuer_name(leaf));
    case X509_V_ERR_INVALID_PURPOSE:
      return "the key usage of the certificate does not permit its use by a server";
    default:
      return plain;
  }
}

std::string client_verdict_text(long verdict, X509* leaf) {
  constexpr std::size_t longest = 255;
  auto text = verdict == X509_V_ERR_INVALID_PURPOSE
                  ? std::string{"the key usage of the certificate does not permit its use by a client"}
                  : verdict_text(verdict, leaf, {});
  if (leaf)
    text += " (the client's certificate: " + text_of(X509_get_subject_name(leaf)).substr(0, longest) + ")";
  return text;
}

std::string pin_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned digest_size = 0;
  const int ok =
      EVP_Digest(der, static_cast<std::size_t>(size), digest.data(), &digest_size, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  if (ok != 1) return {};
  std::array<unsigned char, digest_text + 1> text{};
  EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest_size));
  return std::string{pin_prefix} + reinterpret_cast<const char*>(text.data());
}

bool is_pin(std::string_view text) noexcept {
  using bight::detail::is_alpha;
  using bight::detail::is_digit;
  if (!text.starts_with(pin_prefix)) return false;
  text.remove_prefix(pin_prefix.size());
  if (text.size() != digest_text || text.back() != '=') return false;
  text.remove_suffix(1);
  for (const char c : text)
    if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '/') return false;
  return true;
}

}  // namespace bight::net::tls
