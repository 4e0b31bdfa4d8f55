"""Ready-made applications: files in a folder `applications` beside the scenarios, included by name.

What is included becomes part of the scenario as if its author had written it; where something is wrong with it,
the place is that of its name in the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from simulator.errors import Problem, ScenarioError
from simulator.scenario.interpolation import escaped
from simulator.scenario.model import ScenarioPart
from simulator.scenario.reading.place import DataPath
from simulator.scenario.reading.source import Source, parse
from simulator.scenario.suggestion import closest, did_you_mean
from simulator.store.setups.document import read_file

_PACKAGE = Path(__file__).parents[2]

EXAMPLES = next(folder for folder in (_PACKAGE / "scenarios", _PACKAGE.parent / "scenarios") if folder.is_dir())
"""The scenarios that come with trustsim: within the installed package, or beside it in a checkout."""

SHIPPED = EXAMPLES / "applications"
"""The library that comes with trustsim; a folder beside the scenario comes before it."""


def scenarios_in(folder: Path) -> list[Path]:
    """The scenario files of a folder, in the order of their names; what has neither instances nor steps is none.

    Such as a setup of a CMDB that scenarios use. Raises ScenarioError where there are none.
    """
    files = [path for path in sorted(folder.iterdir()) if path.suffix in {".yaml", ".yml"} and path.is_file()]
    found = [path for path in files if may_be_a_scenario(path)]
    if not found:
        raise ScenarioError([Problem(str(folder), 1, 1, "there is no scenario file (*.yaml) in this folder")])
    return found


def may_be_a_scenario(file: Path) -> bool:
    """Whether it is to be loaded: also where it is wrong, so that its author hears of it."""
    try:
        data = parse(read_file(file), str(file)).data
    except ScenarioError:
        return True
    if not isinstance(data, dict) or not data:
        return True
    has = {"instances", "steps"} & data.keys()
    is_part = "name" not in data and len(has) == 1 and data.keys() <= ScenarioPart.model_fields.keys()
    return bool(has) and not is_part  # a part is checked where a scenario includes it


def include(source: Source) -> Source:
    """The scenario with the applications that it includes. Raises ScenarioError for those that cannot be."""
    match source.data:
        case {"include": [*names], **rest}:
            pass
        case _:
            return source
    defined = rest.get("applications")
    own = dict(defined) if isinstance(defined, dict) else {}
    folders = [Path(source.file).parent / "applications", SHIPPED]
    included: dict[str, object] = {}
    origins: dict[DataPath, DataPath] = {path: path for path in source.values if path[:1] != ("include",)}
    problems: list[Problem] = []
    files = dict(_all(folders)) if names else {}
    for index, name in enumerate(names):
        place = source.values["include", index]
        if not isinstance(name, str):
            message = "expected the name of an application, its version belongs in its own file"
            problems.append(source.problem(place, f"include[{index}]: {message}"))
        elif name in own or name in included:
            message = f"the application {name!r} is {'defined here' if name in own else 'included'} already"
            problems.append(source.problem(place, f"include[{index}]: {message}"))
        elif name not in files:
            hint = did_you_mean(name, files)
            problems.append(source.problem(place, f"include[{index}]: there is no application {name!r}{hint}"))
            meant = closest(name, files)
            if meant is not None and meant not in included:  # so that other mistakes are found as well
                included[meant] = escaped(_definition(files[meant]))
                origins["applications", meant] = ("include", index)
        else:
            included[name] = escaped(_definition(files[name]))
            origins["applications", name] = ("include", index)
    origins.setdefault(("applications",), ("include",))
    arranged = source.rearranged({**rest, "applications": {**included, **own}}, origins)
    return replace(arranged, problems=(*arranged.problems, *problems))


def shipped(name: str) -> object:
    """What comes with trustsim under the name of an application; None where nothing does."""
    file = dict(_all([SHIPPED])).get(name)
    return None if file is None else _definition(file)


def _all(folders: list[Path]) -> Iterator[tuple[str, Path]]:
    """Every application of the library by its name, those that count last. Raises ScenarioError."""
    for folder in reversed(folders):
        for file in sorted(folder.glob("*.yaml")):
            found = re.search(r"^name: *(.+?) *$", read_file(file), re.MULTILINE)
            if found:
                yield found[1].strip("'\""), file


def _definition(file: Path) -> object:
    """What an application's file says, but for its name. Raises ScenarioError."""
    source = parse(read_file(file), str(file))
    if source.problems:
        raise ScenarioError([*source.problems])
    match source.data:
        case {"name": str(), **definition}:
            return definition
    raise ScenarioError(
        [Problem(str(file), 1, 1, "expected an application with `name`, `version`, `capabilities`")]
    )
