// bight::config: a described struct from TOML, environment and command line.
#pragma once

#include <bight/config/config.hpp>  // load, from_main, print
#include <bight/config/value.hpp>   // secret
