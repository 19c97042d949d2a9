"""The operations, under NumPy's names where NumPy has them."""

from . import methods
from .elementwise import *
from .identity import *
from .index import *
from .join import *
from .linalg import *
from .losses import *
from .reduce import *
from .shape import *
