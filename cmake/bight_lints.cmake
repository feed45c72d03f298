# The lints, each a test of its own.
bight_add_lint(layers check_layers.py "${PROJECT_SOURCE_DIR}")
bight_add_lint(format check_format.py "${PROJECT_SOURCE_DIR}")
bight_add_lint(coroutines coroutine_lint.py "${PROJECT_SOURCE_DIR}")
bight_add_lint(snippets check_snippets.py "${PROJECT_SOURCE_DIR}")
bight_add_lint(coroutines_selftest coroutine_lint_selftest.py)
bight_add_lint(layers_selftest check_layers_selftest.py)
