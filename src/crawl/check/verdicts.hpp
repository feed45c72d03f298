// What statuses and errors say about a link.
#pragma once
#include <bight/crawl/external_checker.hpp>
#include <bight/crawl/link_report.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/url.hpp>
#include <boost/system/system_error.hpp>
#include <string_view>

namespace bight::crawl::check {

/// The cause and verdict of a response with this status and these fields: good if it is accepted.
external_result judge(int status, const http::headers& fields, const status_set& accept);
/// The same for a failed request. `url`: as it begins the text of the error.
external_result judge(const boost::system::system_error& e, std::string_view url);
/// The cause of a failed request.
link_cause cause_of(const boost::system::error_code& code);
/// "404 Not Found".
std::string status_text(int status);
/// localhost, 127.0.0.0/8 or ::1.
bool is_loopback_host(const http::url& where);
/// Whether the fields are those of a page that asks the visitor to prove to be human.
bool is_challenge(const http::headers& fields);

}  // namespace bight::crawl::check
