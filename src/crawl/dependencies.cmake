find_package(re2 CONFIG QUIET)
bight_find_pkgconfig(re2::re2 re2)
bight_need(re2::re2 PACKAGE libre2-dev FOR "include and exclude patterns")

bight_find_pkgconfig(cmark-gfm::cmark-gfm libcmark-gfm)
bight_need(cmark-gfm::cmark-gfm PACKAGE libcmark-gfm-dev FOR "links in Markdown")
bight_find_library(cmark-gfm::extensions cmark-gfm-core-extensions.h cmark-gfm-extensions)
bight_need(cmark-gfm::extensions PACKAGE libcmark-gfm-extensions-dev FOR "links in Markdown")

find_package(ICU QUIET COMPONENTS uc)
bight_need(ICU::uc PACKAGE libicu-dev FOR "anchors of Markdown headings")
