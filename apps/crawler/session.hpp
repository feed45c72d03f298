// The client of a crawl: headers, credentials and cookies.
#pragma once
#include <bight/core.hpp>
#include <bight/http.hpp>

#include "settings.hpp"

namespace crawler {

/// Reads the cookies, if there is a file of them, and makes the client. Errors: system errors naming the
/// file.
bight::awaitable<bight::http::client> make_client(settings& s);

/// Lets a client wait for its turn before each request, if there is a rate. Waiting takes no time from the
/// timeout of the request.
void limit_rate(const settings& s, bight::http::client& client);

/// Writes the cookies to their file, if there is one. Errors: system errors naming the file.
bight::awaitable<void> save_cookies(const settings& s);

}  // namespace crawler
