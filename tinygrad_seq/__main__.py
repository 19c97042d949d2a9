"""``python -m tinygrad_seq`` is the command ``tinygrad-seq``."""

from .cli import main

if __name__ == "__main__":
    main()
