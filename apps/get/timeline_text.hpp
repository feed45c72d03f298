// The timeline of a request in words.
#pragma once
#include <bight/http.hpp>
#include <string>
#include <string_view>

namespace get {

/// "GET URL: 200 OK" and a line for each step, with its duration and its end after the start of the request.
std::string timeline_text(std::string_view method, const bight::http::url& where, bight::http::status status,
                          const bight::http::timeline& times);

}  // namespace get
