"""Whether files include the standard headers of what they use. Usage: check_includes.py <repository>

A name of std must come from a header that the file includes, itself or by headers of this repository: which headers
a standard library includes in others changes from release to release.
"""

import re
import sys
from pathlib import Path

import cpp_source as cpp

NAMES = {
    "algorithm": "adjacent_find all_of any_of binary_search clamp copy_if copy_n count count_if equal_range fill_n find_if "
                 "find_if_not find_first_of for_each is_sorted lower_bound make_heap max_element min_element minmax mismatch "
                 "nth_element partition pop_heap push_heap remove_if reverse rotate search shuffle sort stable_sort transform "
                 "unique upper_bound",
    "array": "array to_array",
    "atomic": "atomic atomic_flag atomic_thread_fence memory_order_acquire memory_order_relaxed memory_order_release",
    "bit": "bit_cast bit_ceil countl_zero countr_zero endian has_single_bit popcount",
    "charconv": "from_chars to_chars",
    "chrono": "chrono",
    "cmath": "ceil floor isfinite isnan llround log pow round sqrt",
    "condition_variable": "condition_variable condition_variable_any",
    "coroutine": "coroutine_handle noop_coroutine suspend_always suspend_never",
    "cstdint": "int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t intptr_t uintptr_t",
    "cstdio": "FILE fclose fflush fopen fprintf fputs printf puts snprintf",
    "cstdlib": "_Exit abort exit free getenv malloc quick_exit strtol",
    "cstring": "memchr memcmp memcpy memmove memset strchr strcmp strerror strlen strncmp",
    "deque": "deque",
    "exception": "current_exception exception_ptr make_exception_ptr rethrow_exception terminate uncaught_exceptions",
    "filesystem": "filesystem",
    "fstream": "ifstream ofstream",
    "functional": "bind_front equal_to function greater hash invoke less not_fn plus reference_wrapper",
    "iostream": "cerr cin clog cout",
    "latch": "latch",
    "limits": "numeric_limits",
    "list": "list",
    "map": "map multimap",
    "memory": "addressof allocator construct_at destroy_at enable_shared_from_this make_shared make_unique shared_ptr "
              "unique_ptr weak_ptr",
    "mutex": "call_once lock_guard mutex once_flag recursive_mutex scoped_lock unique_lock",
    "new": "align_val_t bad_alloc launder",
    "numeric": "accumulate gcd iota reduce",
    "optional": "make_optional nullopt optional",
    "random": "minstd_rand mt19937 mt19937_64 random_device uniform_int_distribution uniform_real_distribution",
    "set": "multiset set",
    "semaphore": "binary_semaphore counting_semaphore",
    "source_location": "source_location",
    "span": "as_bytes as_writable_bytes span",
    "sstream": "istringstream ostringstream stringstream",
    "stdexcept": "domain_error invalid_argument length_error logic_error out_of_range overflow_error runtime_error",
    "stop_token": "stop_callback stop_source stop_token",
    "string": "getline stoi stoul stoull string to_string",
    "string_view": "string_view",
    "system_error": "errc error_code generic_category system_error",
    "thread": "jthread this_thread thread",
    "tuple": "apply forward_as_tuple make_tuple tie tuple",
    "type_traits": "conditional_t decay_t false_type invoke_result_t is_same_v is_void_v remove_cvref_t true_type",
    "typeindex": "type_index",
    "unordered_map": "unordered_map",
    "unordered_set": "unordered_set",
    "utility": "as_const cmp_greater cmp_less declval exchange forward in_place in_range index_sequence make_pair move pair "
               "swap unreachable",
    "variant": "get_if holds_alternative monostate variant visit",
    "vector": "vector",
}  # fmt: skip
# What the standard itself promises, or no library leaves out.
ALSO = {
    "chrono": {"filesystem", "thread"},
    "exception": {"coroutine", "stdexcept", "system_error"},
    "new": {"memory"},
    "stop_token": {"condition_variable", "thread"},
    "string": {"filesystem", "fstream", "iostream", "sstream", "stdexcept", "system_error"},
    "string_view": {"string"},
    "system_error": {"charconv", "filesystem", "fstream", "iostream", "mutex", "sstream", "thread"},
    "type_traits": {"chrono", "concepts", "functional", "memory", "optional", "tuple", "utility", "variant"},
}
# Headers of GoogleTest, whose own documentation uses these.
BY_GTEST = {"cstddef", "cstdint", "functional", "iostream", "limits", "map", "memory", "set", "sstream", "string", "tuple",
            "type_traits", "utility", "vector"}  # fmt: skip
HEADER_OF = {name: header for header, names in NAMES.items() for name in names.split()}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
USE = re.compile(r"\bstd::(?:ranges::)?(\w+)")


class Repository:
    def __init__(self, root):
        self.root = Path(root)
        self.read = {}

    def includes(self, path):
        """The foreign headers that a file includes, and those of the repository."""
        if path not in self.read:
            foreign, own = set(), []
            folders = [path.parent, self.root / "include", self.root / "src", self.root / "test"]
            for _, name in INCLUDE.findall(path.read_text()):
                found = next((f / name for f in folders if (f / name).is_file()), None)
                if found:
                    own.append(found.resolve())
                else:
                    foreign.add(name)
            self.read[path] = foreign, own
        return self.read[path]

    def reached(self, path):
        seen, waiting, headers = set(), [path.resolve()], set()
        while waiting:
            file = waiting.pop()
            if file not in seen:
                seen.add(file)
                foreign, own = self.includes(file)
                headers |= foreign
                waiting += own
        return headers


def missing(text, headers):
    """(line, name, header) of the first use of what no header in `headers` has, for each such header."""
    found = {}
    headers = set(headers)
    if any(h.startswith(("gtest/", "gmock/")) for h in headers):
        headers |= BY_GTEST
    code = re.sub(r'//[^\n]*|"(?:\\.|[^"\\\n])*"', "", text)
    for number, line in enumerate(code.split("\n"), 1):
        for name in USE.findall(line):
            header = HEADER_OF.get(name)
            if header and header not in headers and not ALSO.get(header, set()) & headers:
                found.setdefault(header, (number, name, header))
    return sorted(found.values())


def main(arguments):
    repository = Repository(arguments[0])
    files = cpp.source_files(repository.root)
    count = 0
    for path in files:
        for line, name, header in missing(path.read_text(), repository.reached(path)):
            count += 1
            print(f"{path}:{line}: std::{name} needs #include <{header}>")
    print(f"check_includes: {len(files)} files, {count} findings")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
