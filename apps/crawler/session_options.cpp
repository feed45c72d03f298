#include "session_options.hpp"

#include "../usage.hpp"

namespace crawler {

void session_options::declare(CLI::App& app, settings& s) {
  app.option_defaults()->group("Session: headers and --user go to the hosts of the start URLs only");
  auto& session = app;
  connection_.declare_headers(session);
  session
      .add_option("--user-agent", s.crawl.user_agent,
                  "User-Agent header; its first word is matched against robots.txt\n(default: " +
                      s.crawl.user_agent + ")")
      ->option_text("TEXT");
  connection_.declare_credentials(session);
  auto* const jar = session.add_option(
      "-b,--cookie-jar", s.cookie_jar,
      "Read cookies from FILE (Netscape format) if it exists, and write them to it at the end");
  jar->option_text("FILE");
  session.add_flag("--no-cookies", no_cookies_, "Ignore cookies; by default, each site gets its own back")
      ->excludes(jar)
      ->option_text(" ");
  app.option_defaults()->group("Connection");
  connection_.declare_connection(app);
}

void session_options::apply(settings& s) const {
  s.headers = connection_.headers();
  s.user = connection_.credentials();
  connection_.apply_without_user(s.client);
  if (!no_cookies_) s.client.cookies.emplace();
  if (!bight::http::is_field_value(s.crawl.user_agent) || s.crawl.user_agent.empty())
    throw usage_error{"--user-agent: not a valid header value"};
}

}  // namespace crawler
