"""How calls reach an upstream."""

import os

# The HTTP client's allocator would take pages of 2 MB where the system has them: 8 MB more at rest for the same content
# (measured). It reads this when it is loaded, and this package is what loads it.
os.environ.setdefault("MIMALLOC_ALLOW_THP", "0")
