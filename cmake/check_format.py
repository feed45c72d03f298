"""clang-format 16 over every C++ file. Usage: check_format.py <repository> [--fix]; 77 means no clang-format."""

import shutil
import subprocess
import sys

import cpp_source as cpp

SKIPPED = 77


def formatter():
    for name in ("clang-format-16", "clang-format"):
        if path := shutil.which(name):
            version = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
            if "version 16." in version:
                return path
    return None


def main(arguments):
    program = formatter()
    if program is None:
        print("check_format: skipped, clang-format-16 is not installed")
        return SKIPPED
    files = [str(path) for path in cpp.source_files(arguments[0])]
    mode = ["-i"] if "--fix" in arguments else ["--dry-run", "-Werror", "--ferror-limit=1"]
    failed = files and subprocess.run([program, "--style=file", *mode, *files], check=False).returncode
    print(f"check_format: {len(files)} files, {'some need formatting (--fix does it)' if failed else 'all formatted'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
