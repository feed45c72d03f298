// Programs of PostgreSQL, run as a user that it accepts.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

namespace bight::testing::detail {

/// The folder of PostgreSQL's programs; empty if there is none.
const std::string& programs();
/// The user to run them as: this one, or postgres or nobody if it is root.
struct server_user {
  uid_t user;
  gid_t group;
};
server_user user_for_server();

/// Starts a program, with its output appended to a file. It ends when this process does.
pid_t start_program(const std::vector<std::string>& arguments, const std::string& output);
/// Runs a program to its end. Errors: std::runtime_error with its output.
void run_program(const std::vector<std::string>& arguments, const std::string& output);

}  // namespace bight::testing::detail
