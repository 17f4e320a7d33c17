"""Pictures of training, of data and of networks (extra `plot`): each function draws, and returns a matplotlib Figure.

Every function takes `ax=`, axes to draw into; without it, it makes a Figure of its own. Such a Figure is not pyplot's:
nothing has to be closed, notebooks show it when it is the value of a cell, and scripts call its `savefig`.
"""

try:
    import matplotlib.figure  # noqa: F401 (the only guard: what follows imports matplotlib as it needs)
except ImportError as error:
    raise ImportError('nnlite.plotting needs matplotlib, the extra `plot`: pip install "nnlite[plot]"') from error

from nnlite.plotting._attention import attention_maps
from nnlite.plotting._classification import confusion_matrix, decision_boundary
from nnlite.plotting._convolution import feature_maps, filters
from nnlite.plotting._function import activation, learning_rate_schedule
from nnlite.plotting._images import image_grid
from nnlite.plotting._latent import latent_space
from nnlite.plotting._training import gradient_flow, learning_curves

__all__ = [
    "activation",
    "attention_maps",
    "confusion_matrix",
    "decision_boundary",
    "feature_maps",
    "filters",
    "gradient_flow",
    "image_grid",
    "latent_space",
    "learning_curves",
    "learning_rate_schedule",
]
