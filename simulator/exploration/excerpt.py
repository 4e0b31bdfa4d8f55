"""A scenario file of which parts are left out, and others have simpler values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from simulator.scenario.reading.place import DataPath
from simulator.scenario.reading.source import Source


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What is left of a file. All paths are those of the whole file, whatever is left out before them."""

    whole: Source
    left_out: frozenset[DataPath] = frozenset()
    replaced: tuple[tuple[DataPath, object], ...] = ()
    """The values that stand in the place of others, the latest last."""

    @property
    def key(self) -> object:
        """The same for excerpts that are the same."""
        return self.left_out, frozenset(dict(self.replaced).items())

    def without(self, paths: Iterable[DataPath]) -> Excerpt:
        """The same without some more parts, each with all that is inside of it."""
        return replace(self, left_out=self.left_out | frozenset(paths))

    def with_value(self, path: DataPath, value: object) -> Excerpt:
        """The same with another value, which is neither a mapping nor a list."""
        return replace(self, replaced=(*self.replaced, (path, value)))

    def as_source(self) -> Source:
        """What is left, as a file of its own whose parts still stand where they stood."""
        data, origins = self._take()
        return self.whole.rearranged(data, origins)

    def origins(self) -> dict[DataPath, DataPath]:
        """The parts of the whole file by where they are in what is left."""
        return self._take()[1]

    def parts(self) -> Iterator[tuple[DataPath, object]]:
        """Every part that is left, and its path in the whole file; what contains others comes before them."""
        data, origins = self._take()
        return ((old, _at(data, new)) for new, old in origins.items())

    def _take(self) -> tuple[object, dict[DataPath, DataPath]]:
        origins: dict[DataPath, DataPath] = {}
        replaced = dict(self.replaced)

        def take(value: object, old: DataPath, new: DataPath) -> object:
            origins[new] = old
            if old in replaced:
                return replaced[old]
            if isinstance(value, dict):
                keys = [key for key in value if (*old, key) not in self.left_out]
                return {key: take(value[key], (*old, key), (*new, key)) for key in keys}
            if isinstance(value, list):
                kept = [index for index in range(len(value)) if (*old, index) not in self.left_out]
                return [take(value[index], (*old, index), (*new, at)) for at, index in enumerate(kept)]
            return value

        return take(self.whole.data, (), ()), origins


def _at(data: object, path: DataPath) -> object:
    for key in path:
        data = data[key]  # type: ignore[index]
    return data
