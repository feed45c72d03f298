// bight::fs: files that never block the loop, by topic.
#pragma once

#include <bight/fs/anonymous_file.hpp>    // make_anonymous_file: an unnamed file
#include <bight/fs/atomic_file.hpp>       // open_atomically: visible when complete
#include <bight/fs/backend.hpp>           // use_backend: io_uring or threads
#include <bight/fs/directory.hpp>         // directory: files beneath an open directory
#include <bight/fs/file.hpp>              // file, open
#include <bight/fs/glob.hpp>              // glob, glob_all: paths that match a pattern
#include <bight/fs/lines.hpp>             // lines: a file line by line
#include <bight/fs/metadata.hpp>          // stat, lstat, exists
#include <bight/fs/operations.hpp>        // make_directory, remove, rename, copy_file, make_symlink, ...
#include <bight/fs/read_file.hpp>         // read_file: a whole file
#include <bight/fs/reader.hpp>            // reader: a file as a byte_source
#include <bight/fs/spooled_file.hpp>      // spooled_file: in memory up to a limit
#include <bight/fs/standard_streams.hpp>  // standard_input, standard_output, standard_error
#include <bight/fs/temporary.hpp>         // make_temporary_file, make_temporary_directory
#include <bight/fs/text.hpp>              // read_text, write_text: a whole file as text
#include <bight/fs/text_lines.hpp>        // text_lines: a text file line by line
#include <bight/fs/walk.hpp>              // walk, list_directory
#include <bight/fs/watch.hpp>             // watch: changes of files and directories
#include <bight/fs/write_file.hpp>        // write_file, write_file_atomically
#include <bight/fs/writer.hpp>            // writer: buffered sequential writing
