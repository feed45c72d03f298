// The programs under test, and what they talk to.
#pragma once
#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "support/program.hpp"

namespace bight::test {

/// Runs bight-crawl to its end.
program_result crawl(std::vector<std::string> arguments, const program_options& options = {});
/// The command line of bight-crawl.
std::vector<std::string> crawl_command(std::vector<std::string> arguments);
/// Runs bight-get to its end.
program_result get(std::vector<std::string> arguments, const program_options& options = {});
/// The command line of bight-get.
std::vector<std::string> get_command(std::vector<std::string> arguments);
/// The command line of bight-serve.
std::vector<std::string> serve_command(std::vector<std::string> arguments);

/// bight-serve on a free port, serving until the destructor.
class served_site {
 public:
  explicit served_site(std::vector<std::string> arguments);
  /// Ends with a slash.
  const std::string& url() const noexcept { return url_; }

 private:
  program server_;
  std::string url_;
};

/// What was drawn on a terminal between two returns.
std::vector<std::string> drawn(const std::string& err);

/// One object a line; throws with the line that is none.
std::vector<boost::json::object> json_lines(std::string_view text);
/// A member, as text.
std::string text_of(const boost::json::object& o, std::string_view name);
/// The last line of a text.
boost::json::object last_line(std::string_view text);

}  // namespace bight::test
