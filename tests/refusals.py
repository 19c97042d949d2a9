"""That what is refused is refused as a table of errors says."""

import re

import pytest


def refuses(provoke, kind, *texts):
    """The call raises an error of this very class, whose message has all texts; the message."""
    with pytest.raises(kind) as caught:
        provoke()
    assert type(caught.value) is kind
    message = str(caught.value)
    for text in texts:
        assert re.search(text, message), message
    return message
