// bight::crawl: the crawler and its parts, by topic.
#pragma once

// The crawler
#include <bight/crawl/crawler.hpp>  // crawler
#include <bight/crawl/page.hpp>     // page: what is known of a fetched URL
#include <bight/crawl/report.hpp>   // crawl_report: the sum

// Its parts
#include <bight/crawl/frontier.hpp>  // frontier: known URLs and what is next
#include <bight/crawl/links.hpp>     // link_extractor: links of a page
#include <bight/crawl/robots.hpp>    // robots_rules: robots.txt
#include <bight/crawl/scope.hpp>     // scope: what belongs to a crawl
