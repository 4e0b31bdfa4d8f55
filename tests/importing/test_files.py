"""Exports in files: as they come from the Table API and from lists, and what is no export."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.errors import ScenarioError, SourceError
from simulator.importing.document import document
from simulator.importing.files import read_files
from simulator.importing.rows import Rows
from tests.rest.client import Api

from .sources import EVERYTHING, as_json, as_xml, imported, tables

MODES = [
    f"sysparm_display_value={mode}&sysparm_exclude_reference_link={without}"
    for mode in ("false", "true", "all")
    for without in ("false", "true")
]


def text_of(*files: Path) -> str:
    """The file that is made of exports."""
    return document(Rows(read_files(files)), "prod1.example").text


@pytest.fixture(scope="module")
def instance() -> Api:
    """With no two relation types of one name, which some exports could not tell apart."""
    records = {table: rows for table, rows in EVERYTHING["records"].items() if table != "cmdb_rel_type"}
    return Api({**EVERYTHING, "records": records})


def test_json_and_xml_make_the_same_file_as_the_instance(instance: Api, tmp_path: Path) -> None:
    """In every display mode, with links and without, whatever the order of the files; twice is the same bytes."""
    expected = imported(instance).text
    assert imported(instance).text == expected
    for number, mode in enumerate(MODES):
        (folder := tmp_path / str(number)).mkdir()
        for table, records in tables(instance, mode):
            (folder / f"{table}.json").write_text(as_json(records[::-1]))
        assert text_of(*sorted(folder.iterdir(), reverse=number % 2 == 0)) == expected, mode
    for table, records in tables(instance, "sysparm_display_value=all"):
        (tmp_path / f"{table} (1).xml").write_text(as_xml(table, records))
    files = sorted(tmp_path.glob("*.xml"))
    assert text_of(*files) == expected
    whole = ["\n".join(file.read_text().splitlines()[2:-1]) for file in files]
    (tmp_path / "whole.xml").write_text("<xml>\n" + "\n".join(whole) + "\n</xml>")
    assert text_of(tmp_path / "whole.xml") == expected


def test_a_file_is_of_the_table_that_its_name_or_its_records_say(tmp_path: Path) -> None:
    """Names as browsers give them to a second download; of one record as of many."""
    record = '{"sys_id": "1", "name": "ann", "user_name": "ann", "sys_class_name": "sys_user"}'
    for name in ("sys_user.json", "sys_user (2).json", "sys_user_2.json", "SYS_USER.JSON", "download.json"):
        (file := tmp_path / name).write_text(f'{{"result": {record}}}')
        assert [*read_files([file])] == ["sys_user"], name
    (file := tmp_path / "people.json").write_text(f'{{"records": [{record}]}}')
    assert [*read_files([file])] == ["sys_user"]


def test_deleted_records_and_other_tables_are_left_out(tmp_path: Path) -> None:
    (file := tmp_path / "all.xml").write_text(
        '<unload><sys_user action="DELETE"><sys_id>1</sys_id></sys_user>'
        '<sys_user action="INSERT_OR_UPDATE"><sys_id>2</sys_id><user_name>a&amp;b&#x41;</user_name>'
        "<user_password>secret</user_password></sys_user><incident><sys_id>3</sys_id></incident></unload>"
    )
    [row] = read_files([file])["sys_user"]
    assert (row["sys_id"], row["user_name"]) == ("2", "a&bA")
    assert "secret" not in row.values()


ENTITIES = '<!DOCTYPE x [<!ENTITY a "boom"><!ENTITY f SYSTEM "file:///etc/passwd">]><unload><sys_user>&f;</sys_user></unload>'


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("sys_user.json", "{", ":1:2: expected JSON of the Table API or XML of a list: "),
        ("sys_user.json", '{"result": [1]}', ':1:1: expected an object for every record of "result"'),
        ("sys_user.json", "[]", ':1:1: expected {"result": [...]} as the Table API gives it'),
        (
            "sys_user.json",
            '{"error": {"message": "User Not Authenticated"}}',
            ":1:1: it holds an instance's error: ",
        ),
        ("sys_user.json", '{"result": [{"name": "ann"}]}', ":1:1: a row of sys_user has no sys_id; "),
        ("sys_user.json", "[" * 100_000, ":1:1: expected JSON of the Table API: "),
        ("incident.json", '{"result": [{"sys_id": "1"}]}', ":1:1: of which table are these? Name the file by it"),
        ("a.xml", "<unload><sys_user>", ":1:19: not valid XML: no element found"),
        ("a.xml", "<html><body/></html>", ":1:1: expected <unload> or <xml>, as lists are exported, got <html>"),
        ("a.xml", "<unload><sys_user><sys_id/></sys_user></unload>", ":1:1: a row of sys_user has no sys_id; "),
        ("a.xml", ENTITIES, ":1:1: it has a document type (<!DOCTYPE>), which no export has, and is not read"),
        ("a.xml", '<!DOCTYPE x SYSTEM "http://elsewhere.example/x.dtd"><unload/>', ":1:1: it has a document type"),
        ("a.xml", "<unload>&other;</unload>", ":1:9: not valid XML: undefined entity"),
    ],
)
def test_what_is_no_export_is_refused(name: str, content: str, expected: str, tmp_path: Path) -> None:
    """With the place; of document types nothing is read."""
    (file := tmp_path / name).write_text(content)
    with pytest.raises(ScenarioError) as caught:
        read_files([file])
    assert str(caught.value).removeprefix(str(file)).startswith(expected)


def test_a_name_that_several_records_have_is_no_reference(tmp_path: Path) -> None:
    """An export of what people see does not say which of them is meant."""
    (tmp_path / "sys_user_group.json").write_text(
        '{"result": [{"sys_id": "1", "name": "ops"}, {"sys_id": "2", "name": "ops"}]}'
    )
    (tmp_path / "sys_user_grmember.json").write_text('{"result": [{"sys_id": "3", "user": "x", "group": "ops"}]}')
    with pytest.raises(SourceError, match=r"sys_user_grmember refers to ops of sys_user_group, and 2 records"):
        text_of(*tmp_path.iterdir())
