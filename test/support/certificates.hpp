// Certificates, made with the openssl program when a test asks for them.
#pragma once
#include <string>

namespace bight::test {

/// A certificate and its private key, as PEM files.
struct certificate {
  std::string file;
  std::string key;
};

/// A certificate authority of this process, and what it has signed. The files go when the process ends.
class certificates {
 public:
  /// True if certificates can be made here: the openssl program is installed.
  static bool available();
  /// The only one.
  static certificates& instance();

  certificates(const certificates&) = delete;
  certificates& operator=(const certificates&) = delete;

  /// The authority's own certificate, to be trusted.
  const std::string& authority() const noexcept { return authority_; }
  /// For localhost, 127.0.0.1 and ::1.
  certificate good();
  /// For other.example.
  certificate other_name();
  /// For localhost, until the year 2000.
  certificate expired();
  /// For localhost, from the year 2100 on.
  certificate not_yet_valid();
  /// For localhost, by an authority that is not trusted.
  certificate unknown_authority();
  /// For localhost, for the use by clients only.
  certificate wrong_key_usage();
  /// For localhost, for the use by servers only.
  certificate server_only();
  /// For 192.0.2.1.
  certificate other_address();
  /// Of a client, by the authority.
  certificate client();
  /// For localhost, by a signature of its own.
  certificate self_signed();
  /// Subject CN=localhost, and no alternative names at all.
  certificate common_name_only();
  /// For *.test.example and part*.part.example.
  certificate wildcard();

 private:
  certificates();
  ~certificates();
  certificate sign(const std::string& name, const std::string& subject, const std::string& names,
                   const std::string& usage = {}, const std::string& authority = {});
  certificate dated(const std::string& name, const std::string& from, const std::string& to);

  std::string directory_;
  std::string key_;
  std::string authority_;
};

}  // namespace bight::test
