// bight::crawl: a web crawler and its parts.
#pragma once

// The crawler
#include <bight/crawl/crawler.hpp>  // crawler
#include <bight/crawl/page.hpp>     // page: the result of a fetch
#include <bight/crawl/report.hpp>   // crawl_report

// Its parts
#include <bight/crawl/frontier.hpp>  // frontier: known and pending URLs
#include <bight/crawl/links.hpp>     // link_extractor
#include <bight/crawl/robots.hpp>    // robots_rules: robots.txt
#include <bight/crawl/scope.hpp>     // scope: which URLs belong to a crawl
