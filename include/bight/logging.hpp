// bight::logging: named loggers with fields, as text or JSON lines.
#pragma once

#include <bight/logging/logger.hpp>  // logger, set_levels: messages with fields
#include <bight/logging/setup.hpp>   // setup: where messages go
