#include "pg/connect/connector.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/core/log.hpp>
#include <bight/core/timeout.hpp>
#include <bight/fs/metadata.hpp>
#include <bight/fs/read_file.hpp>
#include <bight/net/error.hpp>
#include <boost/system/system_error.hpp>
#include <cstdlib>
#include <random>
#include <span>
#include <utility>

#include "pg/connect/connection_string.hpp"
#include "pg/connect/first_row.hpp"
#include "pg/fail.hpp"
#include "pg/wire/digest.hpp"

namespace bight::pg::detail {

using boost::system::system_error;

namespace {

std::string system_user() {
  const passwd* const entry = ::getpwuid(::geteuid());
  if (!entry)
    fail(errc::invalid_option, "no user is given, and the system does not know the name of this one");
  return entry->pw_name;
}

std::string home() {
  if (const char* const h = std::getenv("HOME")) return h;
  const passwd* const entry = ::getpwuid(::geteuid());
  return entry ? entry->pw_dir : "";
}

std::string name_of(const host& h) { return h.name + ':' + std::to_string(h.port); }

template <class T>
void shuffle(std::vector<T>& all) {
  std::shuffle(all.begin(), all.end(), std::minstd_rand{std::random_device{}()});
}

// What cannot even be looked at, such as the home of another user, is as good as absent.
awaitable<bool> is_there(std::string path) {
  try {
    co_return co_await fs::exists(std::move(path));
  } catch (const system_error&) { co_return false; }
}

// Like libpq, connects without a password if the file is of no use.
awaitable<std::string> read_password_file(std::string path) {
  const auto ignore = [&path](const std::string& why) {
    log(log_level::warning, "pg: " + path + " is ignored: " + why);
    return std::string{};
  };
  const bool there = co_await is_there(path);
  if (!there) co_return std::string{};
  const auto about = co_await fs::stat(path);
  if (about.kind != fs::file_kind::regular) co_return ignore("it is not a file");
  if ((about.permissions & 077U) != 0) co_return ignore("others may read it (chmod 600)");
  co_return co_await fs::read_file(path);
}

void refuse_null_bytes(const std::string& value, const char* what) {
  if (value.find('\0') != value.npos) fail(errc::invalid_option, std::string{what} + " contains a null byte");
}

// A server that refuses the user would do so everywhere, except where only the transport was wrong.
bool final_for_all_hosts(const std::exception_ptr& e) {
  try {
    std::rethrow_exception(e);
  } catch (const error& refusal) { return refusal.code() != transient; } catch (const system_error& other) {
    return other.code() == errc::authentication_failed || other.code() == errc::unsupported_authentication ||
           other.code() == errc::invalid_option;
  } catch (...) { return false; }
}

}  // namespace

class connector::failures {
 public:
  void add(const std::string& where, std::exception_ptr e) {
    try {
      std::rethrow_exception(e);
    } catch (const std::exception& why) { text_ += (text_.empty() ? "" : "; ") + where + ": " + why.what(); }
    last_ = std::move(e);
    ++count_;
  }
  void unfit(const std::string& where) {
    text_ += (text_.empty() ? "" : "; ") + where + ": not as target_session_attrs wants it";
    last_ = nullptr;
    ++count_;
  }
  [[noreturn]] void raise() const {
    if (count_ == 1 && last_) std::rethrow_exception(last_);
    fail(errc::no_suitable_host, text_);
  }

 private:
  std::string text_;
  std::exception_ptr last_;
  std::size_t count_ = 0;
};

connector::connector(options o) : options_(std::move(o)) {
  if (options_.user.empty()) options_.user = system_user();
  if (options_.database.empty()) options_.database = options_.user;
  if (options_.hosts.empty()) options_.hosts = {{"/run/postgresql"}, {"localhost"}};
  refuse_null_bytes(options_.user, "user");
  refuse_null_bytes(options_.database, "database");
  refuse_null_bytes(options_.application_name, "application_name");
  for (const auto& [name, value] : options_.settings) {
    refuse_null_bytes(name, "the name of a setting");
    refuse_null_bytes(value, "a setting");
    if (name.empty()) fail(errc::invalid_option, "a setting has no name");
  }
  constexpr std::size_t least = 1024;
  constexpr std::size_t most = 0x3fffffff;
  options_.max_message_bytes = std::clamp(options_.max_message_bytes, least, most);
}

awaitable<session_ptr> connector::connect() {
  auto hosts = options_.hosts;
  if (options_.shuffle_hosts) shuffle(hosts);
  failures bad;
  std::vector<session_attributes> passes{options_.session_attributes};
  if (options_.session_attributes == session_attributes::prefer_standby)
    passes = {session_attributes::standby, session_attributes::any};
  for (const auto wanted : passes) {
    for (const auto& h : hosts) {
      auto made = co_await connect_to(h, wanted, bad);
      if (made) co_return made;
    }
  }
  bad.raise();
}

awaitable<session_ptr> connector::connect_to(const host& h, session_attributes wanted, failures& bad) {
  std::vector<net::endpoint> addresses;
  try {
    addresses = co_await addresses_of(h);
    if (options_.shuffle_hosts) shuffle(addresses);
  } catch (const std::exception&) { bad.add(name_of(h), std::current_exception()); }
  for (const auto& address : addresses) {
    std::exception_ptr problem;
    try {
      auto work = [&] { return attempt_fitting(h, address, wanted); };
      auto made = co_await timeout(options_.connect_timeout, work);
      if (made) co_return made;
      bad.unfit(name_of(h));
    } catch (const timeout_error&) {
      problem =
          std::make_exception_ptr(timeout_error{"timed out (connect_timeout): connecting to " + name_of(h)});
    } catch (const std::exception&) { problem = std::current_exception(); }
    if (!problem) continue;
    if (final_for_all_hosts(problem)) std::rethrow_exception(problem);
    bad.add(name_of(h), std::move(problem));
  }
  co_return nullptr;
}

awaitable<std::vector<net::endpoint>> connector::addresses_of(const host& h) {
  std::vector<net::endpoint> all;
  if (h.address.empty() && h.is_unix()) {
    const auto file = "/.s.PGSQL." + std::to_string(h.port);
    all.push_back(h.name.front() == '@' ? net::endpoint::unix_abstract(h.name.substr(1) + file)
                                        : net::endpoint::unix_path(h.name + file));
    co_return all;
  }
  const auto& name = h.address.empty() ? h.name : h.address;
  const auto found = co_await names_.resolve(name, h.port);
  for (const auto& a : found) all.emplace_back(a, h.port);
  co_return all;
}

std::vector<connector::tls_use> connector::plan(const host& h) const {
  if (h.address.empty() && h.is_unix()) return {tls_use::no};
  switch (options_.ssl_mode) {
    case ssl_mode::disable:
      return {tls_use::no};
    case ssl_mode::allow:
      return {tls_use::no, tls_use::yes};
    case ssl_mode::prefer:
      return {tls_use::if_offered, tls_use::no};
    case ssl_mode::require:
    case ssl_mode::verify_ca:
    case ssl_mode::verify_full:
      break;
  }
  return {tls_use::yes};
}

// Null: not as wanted.
awaitable<session_ptr> connector::attempt_fitting(const host& h, net::endpoint address,
                                                  session_attributes wanted) {
  auto made = co_await attempt(h, address);
  const bool good = co_await fits(*made, wanted);
  co_return good ? std::move(made) : nullptr;
}

// With prefer and allow, a server that refuses one way may accept the other, as pg_hba.conf can demand
// either.
awaitable<session_ptr> connector::attempt(const host& h, net::endpoint address) {
  const auto uses = plan(h);
  std::exception_ptr first;
  for (const auto use : uses) {
    std::exception_ptr problem;
    try {
      co_return co_await attempt_with(h, address, use);
    } catch (const error& e) {
      if (e.code() != sqlstate_class::invalid_authorization_specification || use == uses.back())
        problem = std::current_exception();
      if (!first) first = std::current_exception();
    } catch (const system_error& e) {
      const bool tls_failed = use == tls_use::if_offered && e.code().category() == net::net_category();
      if (!tls_failed) problem = std::current_exception();
      if (!first) first = std::current_exception();
    }
    if (problem) std::rethrow_exception(first);
  }
  std::rethrow_exception(first);
}

awaitable<session_ptr> connector::attempt_with(const host& h, net::endpoint address, tls_use use) {
  route where;
  where.host = h.name;
  where.address = address;
  auto s = co_await open(where, use, where.tls);
  co_return co_await start(std::move(s), h, std::move(where));
}

awaitable<net::stream> connector::open(const route& where, tls_use use, bool& encrypted) {
  if (options_.connect_policy && !options_.connect_policy(where.address))
    throw system_error(net::make_error_code(net::errc::address_not_allowed),
                       "pg: " + where.address.to_string());
  auto s = co_await net::connect(where.address);
  encrypted = false;
  if (use == tls_use::no) co_return s;
  std::string request;
  wire::append_ssl_request(request);
  co_await s.write(request);
  // One byte exactly: what a man in the middle put behind it must not be taken for the server's.
  std::byte answer{};
  const auto n = co_await s.read_some(std::span{&answer, 1});
  if (n == 0) fail(errc::connection_lost, "the server closed the connection instead of answering about TLS");
  if (answer == std::byte{'N'}) {
    if (use == tls_use::yes) fail(errc::tls_refused, where.address.to_string() + ", but sslmode requires it");
    co_return s;
  }
  if (answer != std::byte{'S'}) fail(errc::protocol_violation, "an unexpected answer to the request for TLS");
  encrypted = true;
  co_return co_await secure(std::move(s), where.host);
}

awaitable<net::stream> connector::secure(net::stream s, std::string name) {
  const auto context = co_await tls_context();
  co_return co_await net::tls_connect(std::move(s), name, context);
}

awaitable<net::tls_client_context> connector::tls_context() {
  if (tls_) co_return *tls_;
  net::tls_client_options o;
  const auto& mode = options_.ssl_mode;
  bool verify = mode == ssl_mode::verify_ca || mode == ssl_mode::verify_full;
  verify = verify || (mode == ssl_mode::require && !options_.ssl_root_cert.empty());
  o.insecure_skip_verify = !verify;
  o.verify_host_name = mode == ssl_mode::verify_full || options_.ssl_root_cert == "system";
  if (!options_.ssl_root_cert.empty() && options_.ssl_root_cert != "system")
    o.ca_file = options_.ssl_root_cert;
  if (verify && options_.ssl_root_cert.empty()) {
    const auto usual = home() + "/.postgresql/root.crt";
    const bool there = co_await is_there(usual);
    if (there) o.ca_file = usual;
  }
  o.certificate_file = options_.ssl_cert;
  o.key_file = options_.ssl_key;
  tls_.emplace(o);
  co_return *tls_;
}

awaitable<std::optional<std::string>> connector::password_for(const host& h) {
  if (options_.password) co_return options_.password;
  const auto path = options_.password_file.empty() ? home() + "/.pgpass" : options_.password_file;
  std::string text;
  try {
    text = co_await read_password_file(path);
  } catch (const system_error& e) {
    log(log_level::warning, "pg: " + path + " is ignored: " + e.code().message());
  }
  const auto port = std::to_string(h.port);
  const bool usual = h.name == "/run/postgresql" || h.name == "/var/run/postgresql";
  const password_key key{usual ? std::string_view{"localhost"} : std::string_view{h.name}, port,
                         options_.database, options_.user};
  co_return find_password(text, key);
}

awaitable<session_ptr> connector::start(net::stream s, const host& h, route where) {
  wire::credentials who;
  who.user = options_.user;
  who.password = co_await password_for(h);
  who.use = static_cast<wire::channel_binding_use>(options_.channel_binding);
  who.encrypted = where.tls;
  if (where.tls) {
    const auto info = s.connection();
    if (info.certificate) who.end_point = wire::end_point_binding(info.certificate->pem);
  }
  std::vector<std::pair<std::string, std::string>> parameters{
      {"user", options_.user}, {"database", options_.database}, {"client_encoding", "UTF8"}};
  if (!options_.application_name.empty())
    parameters.emplace_back("application_name", options_.application_name);
  parameters.insert(parameters.end(), options_.settings.begin(), options_.settings.end());

  wire::handshake shake{std::move(who), keys_, wire::random_nonce()};
  std::string out;
  shake.start(out, parameters);
  receive_buffer in;
  auto state = wire::handshake::state::more;
  while (state == wire::handshake::state::more) {
    co_await s.write(out);
    out.clear();
    const auto n = co_await s.read_some(in.room(0));
    if (n == 0) fail(errc::connection_lost, "during the start of the connection to " + name_of(h));
    in.received(n);
    auto rest = in.pending();
    state = shake.feed(rest, out);
    in.consume(in.pending().size() - rest.size());
  }
  if (state == wire::handshake::state::refused) throw error{fields_of(shake.refusal())};
  if (state == wire::handshake::state::failed)
    throw system_error(make_error_code(shake.failure_code()), "pg: " + name_of(h) + ": " + shake.failure());
  co_return std::make_shared<session>(std::move(s), shared_from_this(), std::move(where), shake,
                                      in.pending());
}

awaitable<net::stream> connector::open_again(route where) {
  bool encrypted = false;
  const auto use = where.tls ? tls_use::yes : tls_use::no;
  co_return co_await open(where, use, encrypted);
}

// Servers from version 14 on report both at the start; poolers and older ones are asked.
awaitable<bool> connector::fits(session& s, session_attributes wanted) {
  if (wanted == session_attributes::any) co_return true;
  std::string standby;
  if (const auto* const known = s.parameter("in_hot_standby"))
    standby = *known == "on" ? "t" : "f";
  else
    standby = co_await first_value(s, "select pg_catalog.pg_is_in_recovery()");
  const bool is_standby = standby == "t";
  if (wanted == session_attributes::primary) co_return !is_standby;
  if (wanted == session_attributes::standby || wanted == session_attributes::prefer_standby)
    co_return is_standby;
  std::string read_only;
  if (const auto* const known = s.parameter("default_transaction_read_only"))
    read_only = *known;
  else
    read_only = co_await first_value(s, "show transaction_read_only");
  const bool writable = !is_standby && read_only != "on";
  co_return writable == (wanted == session_attributes::read_write);
}

}  // namespace bight::pg::detail
