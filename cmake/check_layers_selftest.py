"""check_layers on small repositories made for the purpose."""

import sys
import tempfile
import unittest
from pathlib import Path

from check_layers import Checker

HEADER = "#pragma once\n#include <string>\n"


class Repository(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)
        self.write("include/bight/net/tls.hpp", HEADER)
        self.write("src/net/tls.cpp", "#include <bight/net/tls.hpp>\n")
        self.write("test/net/tls_test.cpp", "#include <bight/net/tls.hpp>\n")

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


class LayersTest(Repository):
    def refused(self, path, include):
        self.write(path, f"#include {include}\n")
        found = Checker(self.root).run()
        self.assertEqual(len(found), 1, found)
        self.assertIn(f"{path}:1:", found[0])

    def accepted(self, path, include):
        self.write(path, f"#include {include}\n")
        self.assertEqual(Checker(self.root).run(), [])

    def test_rooms(self):
        self.accepted("include/bight/net/tls.hpp", "<bight/core/task.hpp>")
        self.accepted("src/net/tls.cpp", "<bight/core.hpp>")
        self.refused("include/bight/net/tls.hpp", "<bight/http/url.hpp>")

    def test_a_room_does_not_open_a_side_door(self):
        self.refused("src/http/client.cpp", "<bight/crawl/scope.hpp>")

    def test_core_includes_no_room(self):
        self.refused("src/core/loop.cpp", "<bight/net/tls.hpp>")

    def test_public_headers_reach_no_library(self):
        for name in ("<boost/asio/io_context.hpp>", "<openssl/ssl.h>", "<fmt/format.h>", "<zlib.h>", '"net/x.hpp"',
                     "<bight/asio.hpp>", "<boost/beast.hpp>", "<unicode/uidna.h>"):
            self.refused("include/bight/net/tls.hpp", name)

    def test_public_headers_reach_the_standard_library_and_what_their_row_names(self):
        self.accepted("include/bight/net/tls.hpp", "<boost/system/error_code.hpp>")
        self.accepted("include/bight/asio.hpp", "<boost/asio/io_context.hpp>")
        self.accepted("include/bight/http/json.hpp", "<boost/json.hpp>")
        self.accepted("include/bight/http/beast.hpp", "<boost/beast/http.hpp>")
        self.accepted("include/bight/testing/async_test.hpp", "<gtest/gtest.h>")

    def test_private_headers_stay_in_their_room(self):
        self.accepted("src/net/tls.cpp", '"net/tls/context.hpp"')
        self.refused("src/net/tls.cpp", '"core/loop.hpp"')

    def test_private_headers_are_included_from_their_room_on(self):
        self.refused("src/net/tls.cpp", '"context.hpp"')

    def test_tests_of_a_private_folder_include_its_headers(self):
        self.accepted("test/net/tls/context_test.cpp", '"net/tls/context.hpp"')
        self.accepted("test/net/tls_test.cpp", '"support/ports.hpp"')
        self.write("test/net/helper.hpp", HEADER)
        self.accepted("test/net/tls_test.cpp", '"helper.hpp"')
        self.refused("test/net/listener_test.cpp", '"net/tls/context.hpp"')

    def test_libraries_of_other_rooms(self):
        self.accepted("src/net/tls.cpp", "<openssl/ssl.h>")
        self.refused("src/core/loop.cpp", "<openssl/ssl.h>")

    def test_programs_include_public_headers_only(self):
        self.accepted("apps/examples/01_hello.cpp", "<bight/core.hpp>")
        self.refused("apps/examples/01_hello.cpp", '"core/loop.hpp"')

    def test_cmake_may_not_open_a_door_either(self):
        self.write("src/net/CMakeLists.txt", "bight_add_module(NAME net\n  DEPENDS core http\n  PRIVATE_LIBS x)\n")
        self.assertEqual(Checker(self.root).run(), ["src/net/CMakeLists.txt:1: the room net may not depend on http"])


if __name__ == "__main__":
    sys.exit(not unittest.main(exit=False, verbosity=1).result.wasSuccessful())
