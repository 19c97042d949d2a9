"""The pages of the documentation that are made of the code: complete, and the same every time."""

import ast
import re

import pytest
from tables import errors, from_pytorch, operations

import tinygrad_seq as tg
from tinygrad_seq import ops
from tinygrad_seq.autograd import REGISTRY
from tinygrad_seq.pytorch import OPTIONS, REMEDIES


@pytest.fixture(scope="module")
def operations_page():
    return operations.page()


@pytest.fixture(scope="module")
def errors_page():
    return errors.page()


def rows(page):
    """The cells of each row of each table."""
    lines = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    return [re.split(r" (?<!\\)\| ", line[2:-2]) for line in lines]


def test_the_same_every_time(operations_page, errors_page):
    assert operations_page == operations.page()
    assert errors_page == errors.page()
    for page in (operations_page, errors_page):
        assert " at 0x" not in page
        assert "/tests/" not in page


def test_every_row_of_a_table_has_the_cells_of_its_head(operations_page, errors_page):
    for page in (operations_page, errors_page):
        for table in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
            assert len({len(row) for row in rows(table)}) == 1, table


def test_every_operation_has_a_formula_for_each_input_that_has_a_derivative(operations_page):
    assert REGISTRY
    for name, op in REGISTRY.items():
        formulas = operations.gradients_of(op)
        assert len(formulas) == sum(rule is not None for rule in op.vjp)
        assert all(text.strip() not in ("", "0") for text in formulas.values()), name
        assert operations.forward(op) != "none", name
    heads = re.findall(r"^\| `(\w+)\(", operations_page, re.MULTILINE)
    assert set(REGISTRY) <= set(heads)


def test_every_public_name_of_the_operations_is_on_the_page(operations_page):
    public = {name for module in operations._modules() for name in getattr(module, "__all__", ())}
    public = {name for name in public if callable(getattr(ops, name, None))}
    assert len(public) > 200
    assert not [name for name in sorted(public) if not re.search(rf"`{name}[(`]", operations_page)]


def test_a_row_says_what_the_record_says(operations_page):
    (row,) = [row for row in rows(operations_page) if row[0].startswith("`multiply(")]
    assert row[:5] == [
        "`multiply(a, b)`",
        "`np.multiply`",
        "a: `g * b`<br>b: `g * a`",
        "`a`, `b`",
        "derived",
    ]
    (row,) = [row for row in rows(operations_page) if row[0].startswith("`absolute(")]
    assert row[1] == "`np.absolute`<br>the derivative at 0 is 0."
    assert "`abs`" in row[0]


def test_every_class_of_errors_is_provoked(errors_page):
    for kind in errors.classes():
        section = errors_page.partition(f"\n## {kind.__name__}\n")[2].partition("\n## ")[0]
        assert len(rows(section)) > 1, kind
    found = list(errors.provoked())
    assert len(found) > 200
    assert all(error.cause and 15 < len(error.message) < 1000 for error in found)


# What no table provokes: a test that needs more than a folder does, or nothing can.
ELSEWHERE = {
    ("cli/draw.py", "open_file"): "tests/cli/test_errors.py, without a browser",
    ("cli/work.py", "_check_folder"): "tests/cli/test_errors.py",
    ("cli/work.py", "_length_of_training_text"): "tests/cli/test_errors.py",
    ("cli/work.py", "_load"): "tests/cli/test_errors.py",
    ("cli/work.py", "resume"): "tests/cli/test_errors.py",
    ("replace.py", "replacing"): "tests/test_replace.py, with a disk that is full",
    ("viz/picture.py", "_graphviz"): "tests/viz/test_picture.py, with a Graphviz that fails",
    ("io/checkpoint.py", "load"): "tests/io/test_checkpoint.py, with forged files",
    ("data/text.py", "python_reference"): "a Python without its help texts",
    ("viz/columns.py", "choose_columns"): "tests/viz/test_view.py, of the inside",
    ("autograd/sweep.py", "unbroadcast"): "a rule of the package would have to be wrong",
}


def raises():
    """File, function, first and last line of each statement that raises an error of ours."""
    ours = set(tg.errors.__all__)
    for path in sorted(errors.PACKAGE.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Raise) and getattr(getattr(node.exc, "func", None), "id", None) in ours:
                        yield path, function.name, node.lineno, node.end_lineno


def test_every_error_that_the_package_can_raise_is_provoked():
    places = [error.place for error in errors.provoked()]
    silent = {
        (path.relative_to(errors.PACKAGE).as_posix(), function): start
        for path, function, start, end in raises()
        if not any(file == str(path) and start <= line <= end for file, line in places)
    }
    assert len(list(raises())) > 200
    assert not {key: line for key, line in silent.items() if key not in ELSEWHERE}
    assert set(ELSEWHERE) <= set(silent)


def test_a_message_stands_with_its_cause_and_remedy(errors_page):
    (row,) = [row for row in rows(errors_page) if "`variable(3, 4) @ variable(5, 4)`" in row[1]]
    assert row[0] == "`matmul: got shapes (3, 4) and (5, 4); the inner sizes 4 and 5 differ; transpose one of them?`"
    assert row[2] == "transpose one of them?"


def test_every_name_of_pytorch_has_its_row():
    page = from_pytorch.page()
    assert page == from_pytorch.page()
    listed = {name for row in rows(page) for name in re.findall(r"`(\w+)`", row[0])}
    assert listed == {name for remedies in (*REMEDIES.values(), OPTIONS) for name in remedies}


def test_an_error_that_does_not_come_is_told():
    with pytest.raises(AssertionError, match="quiet: nothing was raised by tanh"):
        errors._provoke(lambda: tg.ops.tanh(1.0), "quiet", "tanh(1.0)")


@pytest.mark.parametrize(
    ("text", "cell"),
    [("a | b", r"`a \| b`"), ("np.f", "`np.f`"), ("a `b` c", "``a `b` c``"), ("`b`", "`` `b` ``"), ("a\n b", "`a b`")],
)
def test_code_in_a_cell(text, cell):
    assert operations.code(text) == cell
