"""The price plot: numpy and pyqtgraph come in with it, after the first paint.

`ui.plotting.arrays` is the only module that imports pyqtgraph.
"""

from ui.plotting.canvas import PricePlot

__all__ = ["PricePlot"]
