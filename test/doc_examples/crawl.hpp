// What the examples in doc comments of the room crawl use and do not declare.
#include <bight/core.hpp>
#include <bight/crawl.hpp>
#include <bight/http.hpp>
#include <iostream>

namespace crawl = bight::crawl;
namespace http = bight::http;

// ---- crawler.hpp
extern const crawl::crawl_options options;
