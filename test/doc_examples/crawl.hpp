// What the examples in doc comments of the room crawl use and do not declare.
#include <bight/core.hpp>
#include <bight/crawl.hpp>
#include <bight/http.hpp>
#include <iostream>

namespace crawl = bight::crawl;
namespace http = bight::http;

// ---- crawler.hpp
extern const crawl::crawl_options options;

// ---- document.hpp
extern const std::string html;

// ---- sitemap.hpp
extern const http::url where;
extern const std::vector<std::string> pieces;

// ---- sitemap_walk.hpp
extern http::client client;
extern const http::url site;

// ---- external_checker.hpp
extern http::client client;
extern const http::url url;
void report(const http::url& where, const std::string& why);

// ---- link_checker.hpp
extern http::client client;
extern const crawl::link_check_options check_options;
extern const std::vector<http::url> seeds;
