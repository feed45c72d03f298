bight_find_pkgconfig(liburing::liburing liburing)
bight_need(liburing::liburing PACKAGE liburing-dev FOR "files through io_uring")
