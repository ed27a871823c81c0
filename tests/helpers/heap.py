"""What earlier tests have left in this process is no part of what a later one measures.

Python's collector walks all that a process holds: whatever it falls into stands still for it, half
a second where gigabytes were left.
"""

import gc
from contextlib import contextmanager


@contextmanager
def own_heap():
    """Let nothing that is there already be walked meanwhile."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
