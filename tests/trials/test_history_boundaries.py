"""Commands that ran inside are told once each, by files that their launchers end."""

import json
import os

from hull.trials import history_boundaries as boundaries


def test_a_command_is_told_when_it_is_over(tmp_path):
    directory = str(tmp_path)
    assert boundaries.ended(directory) == []
    one, other = (boundaries.begin(directory, label) for label in ("make", "make test"))
    launcher = {"event": "created", "launcher": os.getpid(), "start": 0, "time": 1}
    for path, code in ((other, 3), (one, 0)):
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{json.dumps(launcher)}\n{json.dumps({'event': 'exit', 'code': code, 'time': 5 - code})}\n")
    found = boundaries.ended(directory)
    assert [(ended.label, ended.code, ended.when) for ended in found] == [("make test", 3, 2), ("make", 0, 5)]
    boundaries.forget(found)
    assert boundaries.ended(directory) == []


def test_a_file_that_is_being_written_or_was_cut_off_is_no_command_yet(tmp_path):
    directory = str(tmp_path)
    whole = boundaries.begin(directory, "make")
    for name, data in (("empty", ""), ("torn", '{"event": "asked", "la')):
        (tmp_path / boundaries.PLACE / name).write_text(data)
    assert boundaries.ended(directory) == []
    with open(whole, "a", encoding="utf-8") as file:
        gone = {"event": "created", "launcher": 2**22 + 1, "start": 1, "time": 1}
        file.write(f"{json.dumps(gone)}\n")
    assert [(ended.label, ended.code) for ended in boundaries.ended(directory)] == [("make", 125)]
