find_package(GTest QUIET)
bight_need(GTest::gtest PACKAGE libgtest-dev FOR "GoogleTest, which bight::testing extends")
bight_need(GTest::gmock PACKAGE libgmock-dev FOR "GoogleMock, which bight::testing extends")
