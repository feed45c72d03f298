// Makes connections with one set of options, and keeps what they share.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/net/resolver.hpp>
#include <bight/net/stream.hpp>
#include <bight/net/tls.hpp>
#include <bight/pg/data_type.hpp>
#include <bight/pg/options.hpp>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pg/session/session.hpp"
#include "pg/wire/scram.hpp"

namespace bight::pg::detail {

class connector final : public std::enable_shared_from_this<connector> {
 public:
  explicit connector(options o);

  /// The options, with the names of user and database.
  const options& settled() const noexcept { return options_; }
  /// Tries the hosts and their addresses in turn. Errors: of the last one if there is one only or if the
  /// server refuses the user; otherwise errc::no_suitable_host with all of them.
  awaitable<session_ptr> connect();
  /// A second connection to the same server, before the start-up message.
  awaitable<net::stream> open_again(route where);
  const std::shared_ptr<type_catalog>& types() const noexcept { return types_; }
  /// Changes when what the server has said about statements and types does not hold any more: sessions then
  /// drop the statements that they keep.
  std::uint64_t schema_version() {
    if (types_->outdated()) types_changed();
    return schema_version_;
  }
  void schema_changed() noexcept { ++schema_version_; }
  void types_changed() {
    types_ = std::make_shared<type_catalog>();
    schema_changed();
  }

 private:
  enum class tls_use : std::uint8_t { no, if_offered, yes };
  /// What went wrong with each address.
  class failures;

  awaitable<session_ptr> connect_to(const host& h, session_attributes wanted, failures& bad);
  awaitable<std::vector<net::endpoint>> addresses_of(const host& h);
  awaitable<session_ptr> attempt(const host& h, net::endpoint address);
  awaitable<session_ptr> attempt_fitting(const host& h, net::endpoint address, session_attributes wanted);
  awaitable<session_ptr> attempt_with(const host& h, net::endpoint address, tls_use use);
  awaitable<net::stream> open(const route& where, tls_use use, bool& encrypted);
  awaitable<net::stream> secure(net::stream s, std::string name);
  awaitable<session_ptr> start(net::stream s, const host& h, route where);
  awaitable<bool> fits(session& s, session_attributes wanted);
  awaitable<std::optional<std::string>> password_for(const host& h);
  awaitable<net::tls_client_context> tls_context();
  std::vector<tls_use> plan(const host& h) const;

  options options_;
  net::resolver names_;
  std::optional<net::tls_client_context> tls_;
  wire::scram_keys keys_;
  std::shared_ptr<type_catalog> types_ = std::make_shared<type_catalog>();
  std::uint64_t schema_version_ = 0;
};

}  // namespace bight::pg::detail
