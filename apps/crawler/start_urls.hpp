// The start URLs of a crawl.
#pragma once
#include <bight/http.hpp>
#include <string>
#include <vector>

namespace crawler {

/// The URL that an argument means; without a scheme, it is http. Errors: usage_error.
bight::http::url read_start_url(const std::string& text);

/// The URLs in a file, one a line, "-" being stdin; empty lines and those that begin with "#" are skipped.
/// Errors: usage_error, naming the file and the line.
std::vector<bight::http::url> read_start_urls(const std::string& file);

}  // namespace crawler
