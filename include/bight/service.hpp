// bight::service: services, and the host that runs them.
#pragma once

#include <bight/service/as_service.hpp>     // as_service: servers as services
#include <bight/service/cron_schedule.hpp>  // cron_schedule: the times of a cron expression
#include <bight/service/error.hpp>          // service_error: why a host ended
#include <bight/service/host.hpp>           // service_host: starts, supervises and stops services
#include <bight/service/job.hpp>            // every, at, cron: periodic jobs
#include <bight/service/notifier.hpp>       // service_notifier: tells systemd that the program is ready
#include <bight/service/service.hpp>        // service: what a host runs; health_status
