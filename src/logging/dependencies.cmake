find_package(spdlog CONFIG QUIET)
bight_need(spdlog::spdlog PACKAGE libspdlog-dev FOR "logs")
