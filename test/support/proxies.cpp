#include "support/proxies.hpp"

namespace bight::test {

tinyproxy::tinyproxy(proxy_access access) {
  std::string text = "Port " + std::to_string(port()) + "\nListen 127.0.0.1\nMaxClients 200\nTimeout 60\n";
  text += "LogFile \"" + folder().file("log") + "\"\nLogLevel Connect\nViaProxyName \"tinyproxy\"\n";
  if (access == proxy_access::password)
    text.append("BasicAuth ").append(peer_user).append(" ").append(peer_password).append("\n");
  start({"tinyproxy", "-d", "-c", folder().write("tinyproxy.conf", text)});
}

std::string tinyproxy::log() const { return read_file(folder().file("log")); }

microsocks::microsocks(proxy_access access) {
  std::vector<std::string> command{"microsocks", "-i", "127.0.0.1", "-p", std::to_string(port())};
  if (access == proxy_access::password)
    command.insert(command.end(), {"-u", std::string{peer_user}, "-P", std::string{peer_password}});
  start(command);
}

void microsocks::wait_for_connection_to(const std::string& target) {
  process().wait_for_line("connected to " + target);
}

std::string stunnel::missing() {
  const auto why = missing_program("openssl", "test");  // makes the certificates
  return why.empty() ? missing_program("stunnel4") : why;
}

stunnel::stunnel(std::uint16_t target) : stunnel(target, certificates::instance().good()) {}

stunnel::stunnel(std::uint16_t target, const certificate& identity) {
  std::string text = "foreground = quiet\npid =\ndebug = info\noutput = " + folder().file("log") + '\n';
  text += "[to]\naccept = " + authority() + "\nconnect = 127.0.0.1:" + std::to_string(target) + '\n';
  text += "cert = " + identity.file + "\nkey = " + identity.key + '\n';
  start({"stunnel4", folder().write("stunnel.conf", text)});
}

std::string stunnel::log() const { return read_file(folder().file("log")); }

}  // namespace bight::test
