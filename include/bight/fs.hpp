// bight::fs: files that never block the loop, by topic.
#pragma once

#include <bight/fs/backend.hpp>  // use_backend: io_uring or threads
#include <bight/fs/file.hpp>     // file, open
