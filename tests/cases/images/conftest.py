from tests.imagestore import box  # noqa: F401 (a fixture)
