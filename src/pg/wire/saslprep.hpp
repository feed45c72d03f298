// SASLprep (RFC 4013): the form in which passwords are compared.
#pragma once
#include <string>
#include <string_view>

namespace bight::pg::wire {

/// The password as SCRAM uses it. One that is not UTF-8, or contains what SASLprep prohibits, is used as it
/// is, as PostgreSQL does.
std::string saslprep(std::string_view password);

}  // namespace bight::pg::wire
