"""Reading notebooks and percent-format files; comparing and storing outputs."""

from __future__ import annotations

import json
import os
import stat

import pytest

import either_client  # noqa: F401  (it puts the package on the path)
from proctor.kernel_results import Chunk
from proctor.notebook_cells import (
    NotebookError,
    failing_line,
    has_percent_cells,
    marked_source,
    read_notebook,
    read_percent,
)
from proctor.notebook_compare import SanitizeError, Sanitizer, difference, outputs_of
from proctor.notebook_file import NewOutputs, replace_file, with_outputs


def document(*cells, **more):
    made = []
    for index, cell in enumerate(cells):
        cell = {"source": cell} if isinstance(cell, str) else dict(cell)
        one = {"cell_type": cell.pop("type", "code"), "id": f"id-{index}", "metadata": {}}
        made.append({**one, "execution_count": None, "outputs": [], **cell})
    return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}


def text_of(*cells, indent=1):
    return json.dumps(document(*cells), indent=indent, ensure_ascii=False) + "\n"


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def value(text, **more):
    data = {"text/plain": text, **more}
    return {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}


# ---- reading ----


def test_the_index_counts_all_cells_and_empty_ones_are_no_tests():
    text = text_of({"type": "markdown", "source": "# t"}, "x", " \n", {"type": "raw", "source": "r"}, "y")
    assert [(c.index, c.name) for c in read_notebook(text).cells] == [(1, "cell[1]"), (4, "cell[4]")]


def test_a_first_line_names_the_test_and_two_of_one_name_are_told_apart():
    cells = ["# test: it adds up\n1", "#test:it adds up\n2", "# test: a::b\n3", "\n# test: late\n4"]
    names = [cell.name for cell in read_notebook(text_of(*cells)).cells]
    assert names == ["it adds up", "it adds up[2]", "a:b", "cell[3]"]
    assert [c.name for c in read_notebook(text_of("# test: cell[1]", "x")).cells] == [
        "cell[1]",
        "cell[1][2]",
    ]


def test_ids_tags_and_sources_of_lines_are_read():
    cell = {"source": ["a\n", "b"], "metadata": {"tags": ["slow", "x-y"]}, "outputs": [stream("s")]}
    (read,) = read_notebook(text_of(cell)).cells
    assert (read.source, read.tags, read.cell_id) == ("a\nb", ("slow", "x-y"), "id-0")
    assert read.outputs == [stream("s")]


@pytest.mark.parametrize("indent", [1, 2, 4])
def test_the_line_of_a_source_is_that_of_the_file(indent):
    cells = [{"source": ["first\n", "second"]}, {"source": ["third"]}]
    text = text_of(*cells, indent=indent)
    lines = text.splitlines()
    found = [lines[cell.line - 1].strip() for cell in read_notebook(text).cells]
    assert found == [r'"first\n",', '"third"']


def test_a_file_on_one_line_has_no_lines():
    assert [c.line for c in read_notebook(json.dumps(document("a"))).cells] == [None]


@pytest.mark.parametrize(
    "text, why",
    [
        ("{", "no JSON"),
        ("[]", "has no nbformat"),
        ('{"nbformat": 3}', "nbformat is 3.*jupyter nbconvert"),
        ('{"nbformat": 4, "cells": {}}', "no list of objects"),
        ('{"nbformat": 4, "cells": [1]}', "no list of objects"),
    ],
)
def test_what_is_no_notebook_is_an_error(text, why):
    with pytest.raises(NotebookError, match=why):
        read_notebook(text)


PERCENT = """#!/usr/bin/env python
# a header

# %% [markdown]
# text

# %% A title tags=["slow", 'other']

first = 1

#%%
# test: second
assert first

# %% [raw]
x
# %%
"""


def test_percent_cells_are_split_at_their_marks():
    first, second = read_percent(PERCENT).cells
    assert (first.index, first.source, first.tags) == (1, "first = 1", ("slow", "other"))
    assert (second.index, second.name) == (2, "second")
    lines = PERCENT.splitlines()
    assert lines[first.line - 1] == "first = 1" and lines[second.line - 1] == "# test: second"


def test_code_before_the_first_mark_is_a_cell():
    cells = read_percent("import os\n# %%\nos\n").cells
    assert [(c.index, c.source, c.line) for c in cells] == [(0, "import os", 1), (1, "os", 3)]


def test_a_mark_is_at_the_beginning_of_a_line():
    assert has_percent_cells("x\n# %%\n") and has_percent_cells("#%% a")
    assert not has_percent_cells("x = '# %%'\n # %%\n# %s\n# %%% no\n")


@pytest.mark.parametrize(
    "traceback, line",
    [
        ("Cell In [3], line 2\n----> 2 f()\nCell In [1], line 9, in f()", 2),
        ("Cell In[3], line 5", 5),
        ("  Cell In [3], line 1\n    x = = 1", 1),
        ("Input In [3], in <cell line: 4>()", 4),
        ("<ipython-input-3-0a1b> in <module>\n      1 x\n----> 2 f()", 2),
        ("Cell In [1], line 2", None),
        ("Cell In [13], line 2", None),
    ],
)
def test_the_failing_line_is_that_of_this_cell(traceback, line):
    assert failing_line(traceback, 3) == line


def test_the_failing_line_is_marked():
    assert marked_source("a\n\nb", 3) == "  1  a\n  2\n> 3  b"


# ---- comparing ----


def test_text_is_compared_as_one():
    stored = [stream(["a\n", "b\n"]), value("3")]
    assert difference("text", stored, [stream("a\n"), stream("b\n"), value(["3"])], Sanitizer()) == ""
    diff = difference("text", stored, [stream("a\nc\n"), value("3")], Sanitizer())
    assert "-b" in diff and "+c" in diff and "--- stored output" in diff


def test_text_knows_only_what_is_text():
    assert difference("text", [value("1", **{"text/html": "x"})], [value("1")], Sanitizer()) == ""
    assert difference("text", [], [stream("x")], Sanitizer()) != ""


def test_all_compares_every_mime_type_but_no_counts():
    stored = [value("1", **{"text/html": ["<b>\n", "x"]})]
    same = [{**value("1", **{"text/html": "<b>\nx"}), "execution_count": 9, "metadata": {"a": 1}}]
    assert difference("all", stored, same, Sanitizer()) == ""
    other = [value("1", **{"text/html": "<b>\ny"})]
    assert "-  x" in difference("all", stored, other, Sanitizer())
    image = [{"output_type": "display_data", "data": {"image/png": "aGk=\n"}, "metadata": {}}]
    same = [{"output_type": "display_data", "data": {"image/png": "aGk="}, "metadata": {}}]
    assert difference("all", image, same, Sanitizer()) == ""
    other = [{"output_type": "display_data", "data": {"image/png": "aGo="}, "metadata": {}}]
    assert "sha256" in difference("all", image, other, Sanitizer())
    json_of = [value("1", **{"application/json": {"b": 1, "a": 2}})]
    same = [value("1", **{"application/json": {"a": 2, "b": 1}})]
    assert difference("all", json_of, same, Sanitizer()) == ""


@pytest.mark.parametrize("mode", ["text", "all"])
def test_streams_are_one_however_they_came(mode):
    stored = [stream("a\nb\n")]
    assert difference(mode, stored, [stream("a\n"), stream("b\n")], Sanitizer()) == ""


@pytest.mark.parametrize("mode", ["text", "all"])
def test_what_differs_each_time_is_replaced(mode):
    stored, new = [value("<A at 0x7f001234>, 3 s")], [value("<A at 0x7fab9999>, 7 s")]
    assert difference(mode, stored, new, Sanitizer()) != ""
    assert difference(mode, stored, new, Sanitizer([(r"\d+ s", "N s")])) == ""


@pytest.mark.parametrize("mode", ["text", "all"])
def test_what_was_raised_is_compared_by_name_and_value(mode):
    def raised(text):
        return {"output_type": "error", "ename": "E", "evalue": text, "traceback": [text * 2]}

    assert difference(mode, [raised("a")], [{**raised("a"), "traceback": []}], Sanitizer()) == ""
    assert difference(mode, [raised("a")], [raised("b")], Sanitizer()) != ""


@pytest.mark.parametrize("pair", [("(", ""), ("a", r"\g<nothing>"), ("a", r"\1")])
def test_a_pattern_that_cannot_be_used_is_named(pair):
    with pytest.raises(SanitizeError, match="cannot be used"):
        Sanitizer([pair])


# ---- storing ----


def test_outputs_are_as_nbformat_stores_them():
    chunks = [
        {"kind": "stream", "name": "stdout", "text": "a\n"},
        {"kind": "stream", "name": "stdout", "text": "b"},
        {"kind": "stream", "name": "stderr", "text": "c"},
        {"kind": "display", "data": {"text/plain": "d\ne", "image/png": "aGk="}, "display_id": "x"},
        {"kind": "update", "data": {"text/plain": "new"}, "display_id": "x"},
        {"kind": "result", "data": {"text/plain": "1"}, "metadata": {"m": 1}, "execution_count": 4},
        {"kind": "error", "name": "E", "text": "v", "traceback": ["t"]},
    ]
    assert outputs_of(map(Chunk, chunks)) == [
        {"name": "stdout", "output_type": "stream", "text": ["a\n", "b"]},
        {"name": "stderr", "output_type": "stream", "text": ["c"]},
        {"data": {"text/plain": ["new"]}, "metadata": {}, "output_type": "display_data"},
        {
            "data": {"text/plain": ["1"]},
            "execution_count": 4,
            "metadata": {"m": 1},
            "output_type": "execute_result",
        },
        {"ename": "E", "evalue": "v", "output_type": "error", "traceback": ["t"]},
    ]


@pytest.mark.parametrize("indent", [1, 2, 4, "\t", None])
@pytest.mark.parametrize("end", ["", "\n"])
def test_nothing_but_the_outputs_changes(indent, end):
    made = document("é = 1", {"type": "markdown", "source": "é"}, zebra=1, apple={"b": 1, "a": 2})
    text = json.dumps(made, indent=indent, ensure_ascii=False) + end
    assert with_outputs(text, {0: NewOutputs(None, [])}) == text
    changed = with_outputs(text, {0: NewOutputs(3, [stream(["a\n"])])})
    made["cells"][0].update(execution_count=3, outputs=[stream(["a\n"])])
    assert changed == json.dumps(made, indent=indent, ensure_ascii=False) + end


def test_line_ends_and_escapes_stay():
    text = json.dumps(document("é = 1"), indent=1).replace("\n", "\r\n")
    assert "\\u00e9" in text and with_outputs(text, {0: NewOutputs(None, [])}) == text


def test_a_file_is_replaced_whole_with_its_mode_and_through_a_link(tmp_path):
    file, link = tmp_path / "a.ipynb", tmp_path / "link.ipynb"
    file.write_text("old")
    os.chmod(file, 0o640)
    link.symlink_to(file)
    replace_file(link, "new é")
    assert file.read_text(encoding="utf-8") == "new é" and link.is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ipynb", "link.ipynb"]
