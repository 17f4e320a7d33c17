"""Networks as scikit-learn's estimators (extra `sklearn`): for Pipeline, GridSearchCV, cross_val_score and clone.

`MLPClassifier` and `MLPRegressor` take scikit-learn's own arguments. `NeuralNetClassifier` and `NeuralNetRegressor`
wrap any function that builds a model of nnlite's.
"""

try:
    import sklearn as _scikit_learn  # noqa: F401
except ImportError as error:
    raise ImportError(
        'nnlite.sklearn needs scikit-learn, the extra `sklearn`: pip install "nnlite[sklearn]"'
    ) from error

from nnlite.sklearn._neural_nets import NeuralNetClassifier, NeuralNetRegressor
from nnlite.sklearn._perceptrons import MLPClassifier, MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "NeuralNetClassifier", "NeuralNetRegressor"]
