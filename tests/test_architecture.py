"""Data flows one way through the rooms, and each room keeps to its own business."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "tuner"
GROUND = ("devices", "errors", "lazy", "own_code", "quiet", "spaces", "registry")
ROOMS = ("study", "data", "model", "metrics", "training", "search", "evaluate", "report")
ROOMS += ("prediction",)
ROOF = ("ending", "workflow", "inspection", "classifier")
ROOF += ("run_command", "running", "predict_command", "report_command", "cli")
OWN_MODEL = [f"model/own/{name}.py" for name in ("code", "discovery", "hypermodel", "running")]
OFFERED = ("activations", "class_weights", "testing")  # to code of other people
ORDER = {name: level for level, name in enumerate(("ground", *ROOMS, *ROOF, *OFFERED))}
OFFERED_FILES = ("activations.py", "class_weights.py", "testing")
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room(path):
    return room_of(path.relative_to(PACKAGE).parts[0].removesuffix(".py"))


def room_of(part):
    return "ground" if part in GROUND else part


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def name(path):
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_room_imports_only_from_rooms_before_it(path):
    own = room(path)
    for module in imports(path):
        if module.startswith("tuner."):
            other = room_of(module.split(".")[1])
            assert other == own or ORDER[other] < ORDER[own], f"{name(path)} imports {module}"


@pytest.mark.parametrize("path", [path for path in FILES if room(path) == "metrics"], ids=name)
def test_metrics_need_nothing_but_arrays(path):
    ours = [module for module in imports(path) if module.startswith("tuner.")]
    assert all(room_of(module.split(".")[1]) in ("metrics", "ground") for module in ours)


@pytest.mark.parametrize(
    ("library", "places"),
    [
        ("keras_tuner", {"spaces.py", "model/hypermodel.py", *OWN_MODEL, "search", *OFFERED_FILES}),
        ("optuna", {"search", "evaluate/fanova.py"}),
        ("sqlalchemy", {"search"}),
        ("yaml", {"study"}),
        ("rich", {"report", "run_command.py", "report_command.py", "cli.py"}),
        ("jinja2", {"report"}),
        ("mlflow", {"report"}),
        ("tensorboard", {"report"}),
    ],
)
def test_a_library_is_named_only_in_its_rooms(library, places):
    users = {
        name(path)
        for path in FILES
        if any(module.split(".")[0] == library for module in imports(path))
    }
    strangers = {user for user in users if user not in places and user.split("/")[0] not in places}
    assert users
    assert not strangers


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_module_says_what_it_is_and_prints_only_at_the_end(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    prints = [func for func in calls if isinstance(func, ast.Name) and func.id == "print"]
    assert not prints or room(path) in ("report", "report_command", "cli")


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_public_name_is_listed_and_exists(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    [listed] = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ] or [[]]
    public = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not any(".register(" in ast.unparse(mark) for mark in node.decorator_list)
    }
    assert public <= set(listed)


def test_data_definitions_are_no_package():
    # An importable top-level `datasets` would shadow Hugging Face's package.
    assert not (PACKAGE.parent / "datasets" / "__init__.py").exists()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_module_names_its_imports_in_full(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    relative = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]
    assert not relative
    # The package itself imports all rooms, so that its name would go around their order.
    assert "tuner" not in set(imports(path))


def lazy_imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("LazyModule", "import_module", "__import__")
        ):
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_what_is_imported_by_name_keeps_to_the_rooms(path):
    heavy = {"keras", "sklearn.metrics", "sklearn.model_selection", "pandas"}
    heavy |= {"scipy.sparse", "scipy.sparse.csgraph", "scipy.special", "scipy.stats"}
    heavy |= {"PIL", "PIL.Image", "nibabel", "pydicom"}
    heavy |= {"keras_tuner"} if room(path) == "testing" else set()
    assert set(lazy_imports(path)) <= heavy


@pytest.mark.parametrize("library", ["keras", "tensorflow", "keras_tuner", "pandas", "sklearn"])
def test_a_heavy_library_is_not_imported_by_a_study_or_its_data(library):
    for path in FILES:
        if room(path) not in ("ground", "study", "data"):
            continue
        top = ast.parse(path.read_text(encoding="utf-8")).body
        eager = ast.Module([n for n in top if isinstance(n, ast.Import | ast.ImportFrom)], [])
        modules = {word for word in ast.unparse(eager).split() if word.split(".")[0] == library}
        assert not modules, f"{name(path)} imports {modules}"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_module_with_content_lists_its_public_names(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lists = [
        node
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    only_docstring = len(tree.body) == 1 and path.name == "__init__.py"
    assert len(lists) == (0 if only_docstring else 1)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_listed_name_exists(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    listed, defined = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            listed |= set(ast.literal_eval(node.value))
        elif isinstance(node, ast.Assign):
            defined |= {ast.unparse(target) for target in node.targets}
        elif isinstance(node, ast.AnnAssign):
            defined.add(ast.unparse(node.target))
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            defined |= {alias.asname or alias.name for alias in node.names}
    assert listed <= defined


def test_loading_a_study_imports_neither_keras_nor_an_optimiser_of_studies():
    code = """
import sys, tuner
for name in ("mri_like", "breast_cancer", "digits_eight"):
    tuner.load_study(name)
heavy = ("tensorflow", "keras", "keras_tuner", "optuna", "sqlalchemy", "matplotlib", "rich")
print(*(name for name in heavy if name in sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
