// config: values from a file, the environment and the command line, and what is wrong with them.
#include <bight/config/config.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/program.hpp"

namespace bight::config_test {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

enum class mode { fast, safe };
BOOST_DESCRIBE_ENUM(mode, fast, safe)

struct server_settings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::chrono::milliseconds idle_timeout{500};
};
BOOST_DESCRIBE_STRUCT(server_settings, (), (host, port, idle_timeout))

struct settings {
  std::string name = "app";
  bool verbose = false;
  double ratio = 0.5;
  std::optional<int> limit;
  std::vector<std::string> admins;
  std::vector<int> numbers{1, 2};
  mode how = mode::safe;
  std::filesystem::path folder = "/var/lib/app";
  config::secret password;
  server_settings server;

  void validate() const {
    if (name == "nobody") throw std::invalid_argument("name: nobody is not allowed");
  }
};
BOOST_DESCRIBE_STRUCT(settings, (),
                      (name, verbose, ratio, limit, admins, numbers, how, folder, password, server))

class config_sources : public ::testing::Test {
 protected:
  config_sources() {
    from.program = "app";
    from.file = folder.file("app.toml");
    from.environment_prefix = "BTAPP";
  }
  void TearDown() override {
    for (const auto& v : variables) ::unsetenv(v.c_str());
  }
  void file(const std::string& text) { folder.write("app.toml", text); }
  void variable(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    variables.push_back(name);
  }
  settings load(std::vector<const char*> arguments = {}) {
    arguments.insert(arguments.begin(), "app");
    return config::load<settings>(from, static_cast<int>(arguments.size()), arguments.data());
  }
  std::vector<std::string> mistakes(std::vector<const char*> arguments = {}) {
    try {
      load(std::move(arguments));
    } catch (const config::error& e) {
      auto all = e.mistakes();
      for (auto& m : all)
        if (const auto at = m.find(folder.path() + '/'); at != m.npos) m.erase(at, folder.path().size() + 1);
      return all;
    }
    return {};
  }

  test::scratch_folder folder;
  config::options from;
  std::vector<std::string> variables;
};

TEST_F(config_sources, without_sources_the_values_are_those_of_the_struct) {
  const auto s = load();
  EXPECT_EQ(s.name, "app");
  EXPECT_EQ(s.server.port, 8080);
  EXPECT_FALSE(s.limit);
  EXPECT_THAT(s.numbers, ElementsAre(1, 2));
}

TEST_F(config_sources, a_file_has_all_types) {
  file(R"(
name = "shop"
verbose = true
ratio = 2
limit = -3
admins = ["a", "b"]
numbers = []
how = "fast"
folder = "/srv/shop"
password = "hunter2"
[server]
host = "::"
port = 443
idle_timeout = "1min 30s"
)");
  const auto s = load();
  EXPECT_EQ(s.name, "shop");
  EXPECT_TRUE(s.verbose);
  EXPECT_EQ(s.ratio, 2.0);
  EXPECT_EQ(s.limit, -3);
  EXPECT_THAT(s.admins, ElementsAre("a", "b"));
  EXPECT_THAT(s.numbers, IsEmpty());
  EXPECT_EQ(s.how, mode::fast);
  EXPECT_EQ(s.folder, "/srv/shop");
  EXPECT_EQ(s.password.reveal(), "hunter2");
  EXPECT_EQ(s.server.host, "::");
  EXPECT_EQ(s.server.port, 443);
  EXPECT_EQ(s.server.idle_timeout, 90s);
}

TEST_F(config_sources, the_environment_beats_the_file_and_the_command_line_both) {
  file("name = \"file\"\nratio = 0.25\n[server]\nport = 1\n");
  variable("BTAPP_NAME", "environment");
  variable("BTAPP_SERVER_PORT", "2");
  variable("BTAPP_ADMINS", "x, y");
  variable("BTAPP_VERBOSE", "yes");
  const auto s = load({"--server.port=3", "--numbers", "7,8", "--server.idle-timeout", "2s"});
  EXPECT_EQ(s.ratio, 0.25);
  EXPECT_EQ(s.name, "environment");
  EXPECT_EQ(s.server.port, 3);
  EXPECT_THAT(s.admins, ElementsAre("x", "y"));
  EXPECT_THAT(s.numbers, ElementsAre(7, 8));
  EXPECT_EQ(s.server.idle_timeout, 2s);
  EXPECT_TRUE(s.verbose);
  EXPECT_FALSE(load({"--verbose=false"}).verbose);
  EXPECT_TRUE(load({"--verbose"}).verbose);
  EXPECT_EQ(load({"--server.idle_timeout", "3s"}).server.idle_timeout, 3s);
}

TEST_F(config_sources, the_command_line_may_name_another_file) {
  file("name = \"default\"\n");
  const auto other = folder.write("other.toml", "name = \"other\"\n");
  EXPECT_EQ(load({"--config", other.c_str()}).name, "other");
  const auto missing = folder.file("missing.toml");
  EXPECT_THAT(mistakes({"--config", missing.c_str()}),
              ElementsAre("missing.toml: No such file or directory"));
}

TEST_F(config_sources, all_mistakes_are_reported_each_with_its_place) {
  file(R"(naem = "x"
ratio = "high"
[server]
port = 70000
idle_timeout = 5
host = ["a"]
[sever]
x = 1
)");
  variable("BTAPP_LIMIT", "many");
  variable("BTAPP_SERVR_PORT", "1");
  EXPECT_THAT(
      mistakes({"--how", "wild"}),
      ::testing::UnorderedElementsAre(
          "app.toml:1: naem: unknown key; did you mean name?", "app.toml:2: ratio: 'high' is not a number",
          "app.toml:4: server.port: 70000 is not within 0 to 65535",
          "app.toml:5: server.idle_timeout: 5 is not a duration, such as \"500ms\" or \"1h 30min\"",
          "app.toml:6: server.host: a list is not a text", StartsWith("app.toml:7: sever: unknown key"),
          "BTAPP_LIMIT: limit: 'many' is not an integer", "BTAPP_SERVR_PORT: unknown environment variable",
          "--how: how: 'wild' is not fast or safe"));
}

TEST_F(config_sources, tables_and_values_are_not_confused) {
  file("server = 1\n[name]\nx = 1\n");
  EXPECT_THAT(mistakes(),
              ElementsAre("app.toml:2: name: it is not a table", "app.toml:1: server: it is a table"));
}

TEST_F(config_sources, a_file_that_is_no_toml_names_line_and_column) {
  file("name = \"a\"\nratio = = 3\n");
  EXPECT_THAT(mistakes(), ElementsAre(StartsWith("app.toml:2:")));
  file("name = \"a\"\nname = \"b\"\n");
  EXPECT_THAT(mistakes(), ElementsAre(StartsWith("app.toml:2:")));
}

TEST_F(config_sources, a_large_file_or_a_folder_is_refused) {
  from.max_file_size = 10;
  file("name = \"a long one\"\n");
  EXPECT_THAT(mistakes(), ElementsAre("app.toml: it has more than 10 bytes"));
  from.file = folder.path();
  EXPECT_THAT(mistakes(), ElementsAre(HasSubstr("Is a directory")));
}

TEST_F(config_sources, unknown_options_are_mistakes) {
  EXPECT_THAT(mistakes({"--sever.port", "1"}), ElementsAre(HasSubstr("--sever.port")));
  EXPECT_THAT(mistakes({"stray"}), ElementsAre(HasSubstr("stray")));
}

TEST_F(config_sources, a_struct_may_check_itself) {
  file("name = \"nobody\"\n");
  EXPECT_THAT(mistakes(), ElementsAre("name: nobody is not allowed"));
}

TEST_F(config_sources, secrets_are_never_printed) {
  file("password = \"hunter2\"\n");
  EXPECT_THAT(config::print(load()), AllOf(HasSubstr("password = \"(secret)\""), Not(HasSubstr("hunter2"))));
  file("password = 12345\n");
  EXPECT_THAT(mistakes(), ElementsAre("app.toml:1: password: it is not a text"));
  file("password = \"hunter2\" nonsense\n");
  for (const auto& m : mistakes()) EXPECT_THAT(m, Not(HasSubstr("hunter2")));
}

TEST_F(config_sources, what_is_printed_can_be_read_again) {
  settings s;
  s.name = "quote \" backslash \\ line \n bell \x07";
  s.ratio = 0.1;
  s.admins = {"a,b", ""};
  s.server.idle_timeout = 90s;
  const auto text = config::print(s);
  file(text);
  const auto again = load();
  EXPECT_EQ(again.name, s.name);
  EXPECT_EQ(again.ratio, s.ratio);
  EXPECT_EQ(again.admins, s.admins);
  EXPECT_EQ(again.server.idle_timeout, 90s);
  EXPECT_FALSE(again.limit);
  EXPECT_THAT(text, HasSubstr("# limit is not set\n"));
  EXPECT_THAT(text, HasSubstr("\n[server]\nhost = \"127.0.0.1\"\n"));
}

// What a program prints.
struct printed {
  int status;
  std::string out;
  std::string err;
};
printed run_main_with(config::options from, std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "app");
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  auto loaded = config::from_main<settings>(static_cast<int>(arguments.size()), arguments.data(), from);
  const int status = loaded ? -1 : loaded.exit_status();
  return {status, ::testing::internal::GetCapturedStdout(), ::testing::internal::GetCapturedStderr()};
}

TEST_F(config_sources, main_prints_help_the_configuration_or_mistakes) {
  file("name = \"shop\"\npassword = \"hunter2\"\n");
  variable("BTAPP_SERVER_PORT", "9");
  EXPECT_EQ(run_main_with(from, {}).status, -1);

  const auto help = run_main_with(from, {"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.out,
              AllOf(HasSubstr("--server.port"), HasSubstr("default: 8080"), HasSubstr("fast|safe"),
                    HasSubstr("--server.idle-timeout"), HasSubstr("BTAPP_..."), Not(HasSubstr("hunter2"))));

  const auto print = run_main_with(from, {"--print-config", "--ratio", "0.75"});
  EXPECT_EQ(print.status, 0);
  EXPECT_THAT(print.out, HasSubstr("name = \"shop\"  # " + from.file + ":1\n"));
  EXPECT_THAT(print.out, HasSubstr("ratio = 0.75  # --ratio\n"));
  EXPECT_THAT(print.out, HasSubstr("port = 9  # BTAPP_SERVER_PORT\n"));
  EXPECT_THAT(print.out, HasSubstr("verbose = false\n"));
  EXPECT_THAT(print.out, Not(HasSubstr("hunter2")));

  const auto wrong = run_main_with(from, {"--server.port", "x"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_EQ(wrong.err, "app: --server.port: server.port: 'x' is not an integer\n");
}

struct upstream {
  std::string host;
  std::uint16_t port = 80;
  config::secret token;
  std::optional<int> weight;
  std::map<std::string, std::string> labels;
};
BOOST_DESCRIBE_STRUCT(upstream, (), (host, port, token, weight, labels))

struct proxy_settings {
  std::string name = "proxy";
  std::vector<upstream> upstreams{upstream{}};
  std::map<std::string, std::chrono::milliseconds> limits{{"default", 1s}};
  std::map<std::string, upstream, std::less<>> named;
};
BOOST_DESCRIBE_STRUCT(proxy_settings, (), (name, upstreams, limits, named))

class config_tables : public config_sources {
 protected:
  proxy_settings load_proxy() { return config::load<proxy_settings>(from); }
  std::vector<std::string> proxy_mistakes() {
    try {
      load_proxy();
    } catch (const config::error& e) {
      auto all = e.mistakes();
      for (auto& m : all) m.erase(0, folder.path().size() + 1);
      return all;
    }
    return {};
  }
};

TEST_F(config_tables, arrays_of_tables_and_maps_are_read_from_a_file) {
  file(R"(
[[upstreams]]
host = "a"
port = 8001
token = "hunter2"
labels = {zone = "eu-1"}
[[upstreams]]
host = "b"
weight = 3
[limits]
read = "500ms"
"write all" = "2s"
[named.blue]
host = "c"
labels.zone = "eu-2"
)");
  const auto s = load_proxy();
  ASSERT_EQ(s.upstreams.size(), 2U);
  EXPECT_EQ(s.upstreams[0].host, "a");
  EXPECT_EQ(s.upstreams[0].port, 8001);
  EXPECT_EQ(s.upstreams[0].token.reveal(), "hunter2");
  EXPECT_EQ(s.upstreams[0].labels.at("zone"), "eu-1");
  EXPECT_EQ(s.upstreams[1].host, "b");
  EXPECT_EQ(s.upstreams[1].port, 80);
  EXPECT_EQ(s.upstreams[1].weight, 3);
  EXPECT_EQ(s.limits, (std::map<std::string, std::chrono::milliseconds>{{"read", 500ms}, {"write all", 2s}}));
  EXPECT_EQ(s.named.at("blue").host, "c");
  EXPECT_EQ(s.named.at("blue").labels.at("zone"), "eu-2");
}

TEST_F(config_tables, without_them_in_the_file_the_values_are_those_of_the_struct) {
  file("name = \"x\"\n");
  EXPECT_EQ(load_proxy().upstreams.size(), 1U);
  EXPECT_EQ(load_proxy().limits.at("default"), 1s);
  file("upstreams = []\nlimits = {}\n");
  EXPECT_THAT(load_proxy().upstreams, IsEmpty());
  EXPECT_THAT(load_proxy().limits, IsEmpty());
}

TEST_F(config_tables, each_mistake_names_its_line_and_member) {
  file(R"(upstreams = [{host = "a"},
  {host = "b", prot = 1},
  {host = "c", port = 70000, token = 5},
  7]
[limits]
read = 5
"a b" = "x"
[named.blue]
hosts = "c"
port = {x = 1}
[named]
red = "x"
"name.x" = 1
)");
  EXPECT_THAT(
      proxy_mistakes(),
      ::testing::UnorderedElementsAre(
          "app.toml:2: upstreams[1].prot: unknown key; did you mean upstreams[1].port?",
          "app.toml:3: upstreams[2].port: 70000 is not within 0 to 65535",
          "app.toml:3: upstreams[2].token: it is not a text", "app.toml:4: upstreams[3]: it is a table",
          "app.toml:6: limits.read: 5 is not a duration, such as \"500ms\" or \"1h 30min\"",
          StartsWith("app.toml:7: limits.\"a b\": 'x' is not a duration"),
          "app.toml:9: named.blue.hosts: unknown key; did you mean named.blue.host?",
          "app.toml:10: named.blue.port: it is not a table", "app.toml:12: named.red: it is a table",
          "app.toml:13: named.\"name.x\": it is a table"));
  file("upstreams = {host = \"a\"}\nlimits = [1]\nname = 2024-01-01\n");
  EXPECT_THAT(proxy_mistakes(),
              ::testing::UnorderedElementsAre("app.toml:1: upstreams: it is a list of tables",
                                              "app.toml:2: limits: it is a table",
                                              "app.toml:3: name: a date is not a text"));
}

TEST_F(config_tables, what_is_printed_can_be_read_again_and_has_no_secrets) {
  file(
      "limits = {\"a b\" = \"1s\"}\n[[upstreams]]\nhost = \"a\"\ntoken = \"hunter2\"\nlabels.\"x y\" = "
      "\"z\"\n");
  const auto text = config::print(load_proxy());
  EXPECT_THAT(text, HasSubstr("upstreams = [{host = \"a\", port = 80, token = \"(secret)\", "
                              "labels = {\"x y\" = \"z\"}}]\n"));
  EXPECT_THAT(text, HasSubstr("limits = {\"a b\" = \"1s\"}\n"));
  EXPECT_THAT(text, HasSubstr("named = {}\n"));
  file(text);
  EXPECT_EQ(config::print(load_proxy()), text);
}

TEST_F(config_tables, other_sources_do_not_set_them) {
  variable("BTAPP_LIMITS", "x");
  EXPECT_THROW(load_proxy(), config::error);
  const std::vector<const char*> arguments{"app", "--help"};
  ::testing::internal::CaptureStdout();
  const auto shown = config::from_main<proxy_settings>(2, arguments.data(), from);
  EXPECT_FALSE(shown);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(),
              AllOf(HasSubstr("In the file only: upstreams, limits, named."), Not(HasSubstr("--limits"))));
}

struct ambiguous_inner {
  int b_c = 0;
};
BOOST_DESCRIBE_STRUCT(ambiguous_inner, (), (b_c))
struct ambiguous {
  int a_b_c = 0;
  ambiguous_inner a;
};
BOOST_DESCRIBE_STRUCT(ambiguous, (), (a_b_c, a))

TEST_F(config_sources, two_members_cannot_have_one_variable) {
  EXPECT_THROW(config::load<ambiguous>(from), std::logic_error);
}

}  // namespace bight::config_test
