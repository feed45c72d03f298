// bight::service_http: the admin endpoint of a service_host.
#pragma once

#include <bight/service_http/admin_endpoint.hpp>  // admin_endpoint: health, metrics, tasks, log level
