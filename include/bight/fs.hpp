// bight::fs: files that never block the loop, by topic.
#pragma once

#include <bight/fs/backend.hpp>  // use_backend: io_uring or threads
#include <bight/fs/file.hpp>     // file, open
#include <bight/fs/lines.hpp>    // lines: a file line by line
#include <bight/fs/reader.hpp>   // reader: a file as a byte_source
#include <bight/fs/writer.hpp>   // writer: a file through a buffer
