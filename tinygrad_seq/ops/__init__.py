"""The operations, under NumPy's names where NumPy has them."""

from . import facts, methods, ufuncs
from .activations import *
from .arrange import *
from .choices import *
from .classification import *
from .comparisons import *
from .cumulative import *
from .decompositions import *
from .diagonals import *
from .einsum import *
from .elementwise import *
from .exponential import *
from .functional import *
from .identity import *
from .index import *
from .join import *
from .linalg import *
from .losses import *
from .margins import *
from .norms import *
from .order import *
from .padding import *
from .polynomials import *
from .products import *
from .reduce import *
from .rounding import *
from .selection import *
from .sequences import *
from .sets import *
from .shape import *
from .signal import *
from .special import *
from .standardize import *
from .statistics import *
from .trigonometric import *
from .writing import *
