#include "apps/apps.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <stdexcept>
#include <utility>

namespace bight::test {

std::vector<std::string> crawl_command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), BIGHT_CRAWL_PROGRAM);
  return arguments;
}

std::vector<std::string> serve_command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), BIGHT_SERVE_PROGRAM);
  return arguments;
}

std::vector<std::string> get_command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), BIGHT_GET_PROGRAM);
  return arguments;
}

program_result get(std::vector<std::string> arguments, const program_options& options) {
  return run(get_command(std::move(arguments)), options);
}

program_result crawl(std::vector<std::string> arguments, const program_options& options) {
  return run(crawl_command(std::move(arguments)), options);
}

served_site::served_site(std::vector<std::string> arguments)
    : server_([&] {
        arguments.insert(arguments.end(), {"--port", "0"});
        return serve_command(std::move(arguments));
      }()),
      url_("http" + server_.wait_for_line("http")) {}

std::vector<std::string> drawn(const std::string& err) {
  std::vector<std::string> all;
  for (std::size_t at = err.find('\r'); at != err.npos;) {
    const auto next = err.find('\r', at + 1);
    auto text = err.substr(at + 1, next == err.npos ? next : next - at - 1);
    if (const auto end = text.find("\x1b[K"); end != text.npos) text.resize(end);
    all.push_back(std::move(text));
    at = next;
  }
  return all;
}

std::vector<boost::json::object> json_lines(std::string_view text) {
  std::vector<boost::json::object> all;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == text.npos) throw std::runtime_error("a line without an end: " + std::string{text});
    const auto line = text.substr(0, end);
    boost::system::error_code error;
    const auto value = boost::json::parse(boost::json::string_view{line}, error);
    if (error || !value.is_object()) throw std::runtime_error("no JSON object: " + std::string{line});
    all.push_back(value.as_object());
    text.remove_prefix(end + 1);
  }
  return all;
}

std::string text_of(const boost::json::object& o, std::string_view name) {
  const auto& value = o.at(boost::json::string_view{name});
  if (!value.is_string()) return boost::json::serialize(value);
  return std::string{value.as_string().data(), value.as_string().size()};
}

boost::json::object last_line(std::string_view text) {
  if (!text.ends_with('\n')) throw std::runtime_error("no last line in: " + std::string{text});
  const auto begin = text.rfind('\n', text.size() - 2);
  return json_lines(text.substr(begin == text.npos ? 0 : begin + 1)).front();
}

}  // namespace bight::test
