#include "start_urls.hpp"

#include <cstddef>
#include <fstream>
#include <iostream>
#include <utility>

#include "../usage.hpp"

namespace crawler {
namespace {

namespace http = bight::http;

constexpr std::size_t max_start_urls = 1'000'000;

}  // namespace

http::url read_start_url(const std::string& text) {
  const bool has_scheme = text.find("://") < text.find_first_of("/?#");  // not "host/?to=http://other"
  auto parsed = http::url::parse(has_scheme || text.empty() ? text : "http://" + text);
  const bool other = !has_scheme && parsed && parsed->has_credentials();  // mailto:me@host
  if (!parsed || !parsed->is_http() || other)
    throw usage_error{"'" + http::redacted(text) + "' is not an http:// or https:// URL"};
  return std::move(*parsed);
}

std::vector<http::url> read_start_urls(const std::string& file) {
  std::ifstream named;
  if (file != "-") named.open(file);
  std::istream& in = file == "-" ? std::cin : named;
  if (file != "-" && !named.is_open()) throw usage_error{"--input: cannot read '" + file + "'"};
  std::vector<http::url> out;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);  // a byte order mark
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == line.npos || line[begin] == '#') continue;
    const auto text = line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
    const auto where = "--input: line " + std::to_string(number) + " of '" + file + "': ";
    if (out.size() == max_start_urls)
      throw usage_error{where + "more than " + std::to_string(max_start_urls) + " URLs"};
    try {
      out.push_back(read_start_url(text));
    } catch (const usage_error& e) { throw usage_error{where + e.what()}; }
  }
  if (in.bad()) throw usage_error{"--input: cannot read '" + file + "'"};
  return out;
}

}  // namespace crawler
