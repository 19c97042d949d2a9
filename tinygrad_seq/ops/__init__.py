"""The operations, under NumPy's names where NumPy has them."""

from . import facts, in_place, methods
from .arrange import *
from .diagonals import *
from .elementwise import *
from .functional import *
from .identity import *
from .index import *
from .join import *
from .join import *
from .linalg import *
from .losses import *
from .padding import *
from .reduce import *
from .selection import *
from .shape import *
