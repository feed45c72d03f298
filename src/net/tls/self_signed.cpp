#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <bight/core/detail/ascii.hpp>
#include <bight/net/address.hpp>
#include <bight/net/error.hpp>
#include <bight/net/self_signed.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <string_view>

#include "net/tls/context.hpp"

namespace bight::net {
namespace {

using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using bio_ptr = std::unique_ptr<BIO, decltype(&BIO_free)>;

void require(bool done) {
  if (!done) tls::throw_configuration("self-signed certificate");
}

bool is_host_name(std::string_view name) noexcept {
  constexpr std::size_t longest = 253;
  return !name.empty() && name.size() <= longest && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return bight::detail::is_alpha(c) || bight::detail::is_digit(c) || c == '-' || c == '.' ||
                  c == '_';
         });
}

// "DNS:localhost,IP:127.0.0.1"
std::string alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) {
    const bool address = ip_address::parse(name).has_value();
    if (!address && !is_host_name(name))
      throw boost::system::system_error(
          make_error_code(errc::tls_configuration),
          "self-signed certificate: '" + name + "' is neither a host name nor an IP address");
    text.append(text.empty() ? "" : ",").append(address ? "IP:" : "DNS:").append(name);
  }
  if (text.empty())
    throw boost::system::system_error(make_error_code(errc::tls_configuration),
                                      "self-signed certificate: there is no name");
  return text;
}

void add_extension(X509* certificate, int id, const std::string& value) {
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension{
      X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str()), &X509_EXTENSION_free};
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

// Positive, and never the same twice: clients tell certificates of one issuer by it.
void set_random_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes;
  require(RAND_bytes(bytes.data(), bytes.size()) == 1);
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x3fU) | 0x40U);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number{BN_bin2bn(bytes.data(), bytes.size(), nullptr),
                                                           &BN_free};
  require(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)));
}

std::string text_of(const bio_ptr& from) {
  char* data = nullptr;
  const auto size = BIO_ctrl(from.get(), BIO_CTRL_INFO, 0, &data);
  return {data, static_cast<std::size_t>(size)};
}

tls::certificate_ptr make_certificate(EVP_PKEY* key, const std::vector<std::string>& names,
                                      std::chrono::seconds lifetime) {
  constexpr long hour = 3600;
  tls::certificate_ptr made{X509_new()};
  auto* const c = made.get();
  require(c && X509_set_version(c, X509_VERSION_3) == 1);
  set_random_serial(c);
  require(X509_gmtime_adj(X509_getm_notBefore(c), -hour) &&
          X509_gmtime_adj(X509_getm_notAfter(c), static_cast<long>(lifetime.count())));
  constexpr std::size_t longest = 64;  // of a common name
  const auto common = names.front().substr(0, longest);
  auto* const subject = X509_get_subject_name(c);
  require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(common.data()),
                                     static_cast<int>(common.size()), -1, 0) == 1);
  require(X509_set_issuer_name(c, subject) == 1 && X509_set_pubkey(c, key) == 1);
  add_extension(c, NID_subject_alt_name, alternative_names(names));
  // It is its own authority, and that of no other certificate.
  add_extension(c, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(c, NID_key_usage, "critical,digitalSignature,keyCertSign");
  add_extension(c, NID_ext_key_usage, "serverAuth");
  require(X509_sign(c, key, EVP_sha256()) > 0);
  return made;
}

}  // namespace

tls_key_pair make_self_signed(const std::vector<std::string>& names, std::chrono::seconds lifetime) {
  ERR_clear_error();
  static_cast<void>(alternative_names(names));  // before the work
  const key_ptr key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  require(key != nullptr);
  const auto certificate = make_certificate(key.get(), names, lifetime);
  const bio_ptr certificate_text{BIO_new(BIO_s_mem()), &BIO_free};
  const bio_ptr key_text{BIO_new(BIO_s_mem()), &BIO_free};
  require(certificate_text && PEM_write_bio_X509(certificate_text.get(), certificate.get()) == 1);
  require(key_text &&
          PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return {text_of(certificate_text), text_of(key_text)};
}

}  // namespace bight::net
