// The handlers of HTTP requests.
#pragma once
#include <bight/http.hpp>

#include "mailbox.hpp"

/// POST /letters queues a letter; GET /letters tells how many there are.
bight::http::router make_routes(mailbox& letters);
