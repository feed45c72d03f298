#include "support/certificates.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "support/child_process.hpp"

namespace bight::test {

bool certificates::available() { return !find_program("openssl").empty(); }

certificates& certificates::instance() {
  static certificates only;
  return only;
}

certificates::certificates() {
  std::string name = (std::filesystem::temp_directory_path() / "bight-certificates-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp failed");
  directory_ = name;
  key_ = directory_ + "/key.pem";
  authority_ = directory_ + "/authority.pem";
  // One key for all of them: nobody here distrusts anybody.
  run_program({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
               "-nodes", "-keyout", key_, "-subj", "/CN=authority of a test", "-days", "2", "-out",
               authority_});
}

certificates::~certificates() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

certificate certificates::sign(const std::string& name, const std::string& subject, const std::string& names,
                               const std::string& usage, const std::string& authority) {
  certificate made{directory_ + '/' + name + ".pem", key_};
  if (std::filesystem::exists(made.file)) return made;
  std::vector<std::string> command{"openssl",
                                   "req",
                                   "-x509",
                                   "-key",
                                   key_,
                                   "-CA",
                                   authority.empty() ? authority_ : authority,
                                   "-CAkey",
                                   key_,
                                   "-subj",
                                   "/CN=" + subject,
                                   "-days",
                                   "2",
                                   "-out",
                                   made.file,
                                   "-addext",
                                   "basicConstraints=CA:FALSE"};
  if (!names.empty()) command.insert(command.end(), {"-addext", "subjectAltName=" + names});
  if (!usage.empty()) command.insert(command.end(), {"-addext", "extendedKeyUsage=" + usage});
  run_program(command);
  return made;
}

certificate certificates::good() { return sign("good", "localhost", "DNS:localhost,IP:127.0.0.1,IP:::1"); }
certificate certificates::other_name() { return sign("other", "other.example", "DNS:other.example"); }

certificate certificates::expired() { return dated("expired", "20000101000000Z", "20000102000000Z"); }
certificate certificates::not_yet_valid() { return dated("future", "21000101000000Z", "21000102000000Z"); }

certificate certificates::dated(const std::string& name, const std::string& from, const std::string& to) {
  const auto base = directory_ + '/' + name;
  certificate made{base + ".pem", key_};
  if (std::filesystem::exists(made.file)) return made;
  // Dates of the past: `openssl ca` alone takes them in every release of OpenSSL 3. From 3.5 on a number of
  // days must not be negative.
  const auto request = base + ".csr";
  const auto config = base + ".cnf";
  std::ofstream{base + ".index"};
  std::ofstream{config} << "[ca]\ndefault_ca = authority\n[authority]\n"
                        << "database = " << base << ".index\nnew_certs_dir = " << directory_
                        << "\nrand_serial = yes\ndefault_md = sha256\npolicy = subject\n"
                        << "x509_extensions = names\n[subject]\ncommonName = supplied\n"
                        << "[names]\nsubjectAltName = DNS:localhost\n";
  run_program({"openssl", "req", "-new", "-key", key_, "-subj", "/CN=localhost", "-out", request});
  run_program({"openssl", "ca", "-batch", "-notext", "-config", config, "-in", request, "-cert", authority_,
               "-keyfile", key_, "-startdate", from, "-enddate", to, "-out", made.file});
  return made;
}

certificate certificates::wrong_key_usage() {
  return sign("usage", "localhost", "DNS:localhost", "clientAuth");
}
certificate certificates::server_only() {
  return sign("server-only", "localhost", "DNS:localhost", "serverAuth");
}
certificate certificates::other_address() { return sign("address", "localhost", "IP:192.0.2.1"); }
certificate certificates::client() { return sign("client", "a client", "", "clientAuth"); }

certificate certificates::unknown_authority() {
  const auto stranger = directory_ + "/stranger.pem";
  if (!std::filesystem::exists(stranger))
    run_program({"openssl", "req", "-x509", "-new", "-key", key_, "-subj", "/CN=stranger", "-days", "2",
                 "-out", stranger});
  return sign("unknown", "localhost", "DNS:localhost", {}, stranger);
}

certificate certificates::common_name_only() { return sign("common", "localhost", ""); }
certificate certificates::wildcard() {
  return sign("wildcard", "wildcard", "DNS:*.test.example,DNS:part*.part.example");
}

certificate certificates::self_signed() {
  certificate made{directory_ + "/self.pem", key_};
  if (std::filesystem::exists(made.file)) return made;
  run_program({"openssl", "req", "-x509", "-new", "-key", key_, "-subj", "/CN=localhost", "-addext",
               "subjectAltName=DNS:localhost", "-days", "2", "-out", made.file});
  return made;
}

}  // namespace bight::test
