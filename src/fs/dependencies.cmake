# The installed package sets BIGHT_WITH_LIBURING to what its build had.
if(BIGHT_WITH_LIBURING)
  bight_find_pkgconfig(liburing::liburing liburing)
  bight_need(liburing::liburing PACKAGE liburing-dev
    FOR "files through io_uring (BIGHT_WITH_LIBURING=OFF builds bight without it)")
endif()
