// The configuration: defaults, which new_service.toml, the environment and the command line replace.
#pragma once
#include <bight/config.hpp>
#include <bight/net.hpp>
#include <boost/describe/class.hpp>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>

struct settings {
  std::string listen = "127.0.0.1:8080";
  std::string admin = "127.0.0.1:9080";
  std::string log_file = "stderr";
  std::size_t max_letters = 1000;
  std::chrono::milliseconds delivery_time{100};

  void validate() const {
    for (const auto& where : {listen, admin})
      if (!bight::net::endpoint::parse(where))
        throw std::invalid_argument(where + " is not an address with a port");
  }
};
BOOST_DESCRIBE_STRUCT(settings, (), (listen, admin, log_file, max_letters, delivery_time))
