"""A session at random in a folder of three files, of which each uses the next."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

from lsprotocol import types

from getdsl.compiler.check import check_files
from getdsl.compiler.constants.overrides import Overrides
from getdsl.diagnostics.render import as_json
from getdsl.lsp.positions import Encoding
from tests.lsp.editor import Editor
from tests.lsp.replay.answers import OF_DOCUMENTS, OF_PLACES, everything, of_document, of_place
from tests.lsp.replay.edits import any_edit

SPECS = Path(__file__).parents[3] / "specs"
MAINS = (
    "zoo/deepstarr.get",
    "my_model.get",
    "zoo/mixture_of_experts.get",
    "zoo/film.get",
    "get/region_finetune_atac.get",
)
ENCODINGS: tuple[Encoding, ...] = ("utf-16", "utf-8", "utf-32")
UNITS = {"utf-16": ("utf-16-le", 2), "utf-8": ("utf-8", 1), "utf-32": ("utf-32-le", 4)}
LONGEST = 5_000  # characters, after which a text goes back to how it began
UNDONE = 0.3  # the share of edits that take others back


class Session:
    """`texts` are what documents must hold, found without the server; those of `closed` are on the disk."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = Random(seed)
        self.folder = folder
        self.encoding = ENCODINGS[seed % len(ENCODINGS)]
        self.editor = self._new_editor()
        self.start = {
            "main.get": 'use "used.get"\n' + (SPECS / MAINS[seed % len(MAINS)]).read_text(),
            "used.get": 'use "last.get"\n' + (SPECS / "zoo/basset.get").read_text(),
            "last.get": (SPECS / "zoo/danq.get").read_text(),
        }
        self.texts = dict(self.start)
        self.closed = {"last.get"}
        self.undo: dict[str, list[str]] = {name: [] for name in self.texts}
        self.version = 1
        for name, text in self.texts.items():
            self._save(name)
            if name not in self.closed:
                self.editor.open_text(name, text)

    def run(self, edits: int, compare_every: int) -> int:
        """How many edits the session had in truth: of what is done, not all is an edit."""
        done = 0
        while done < edits:
            done += self.step()
            if self.random.random() < 0.4:
                self.ask()
            if self.random.random() < 0.5:
                self.look()
            if done % compare_every == 0:
                self.compare()
        self.compare()
        return done

    def step(self) -> bool:
        """Something that a user does; whether it was an edit."""
        name = self.random.choice(("main.get", "main.get", "used.get", "last.get"))
        rare: list[tuple[float, Callable[[str], None]]] = [
            (0.02, self.open_or_close),
            (0.02, self.save),
            (0.01, self.change_on_disk),
            (0.01, self.rename),
        ]
        for share, act in rare:
            if self.random.random() < share:
                act(name)
                return False
        if name in self.closed:
            return False
        self.edit(name)
        return True

    # -- what a user does

    def edit(self, name: str) -> None:
        """Some changes of one version; the server must then hold the text that they give."""
        before, self.version = self.texts[name], self.version + 1
        if self.undo[name] and self.random.random() < UNDONE:
            after = self.undo[name].pop()
            self._write(name, after)
        elif len(before) > LONGEST:
            after = self.start[name]
            self._write(name, after)
        else:
            self.undo[name] = [*self.undo[name][-30:], before]
            changes, after = [], before
            for _ in range(self.random.choice((1, 1, 1, 1, 3))):
                edit = any_edit(self.random, after)
                ends = [self.position(after, at) for at in (edit.start, edit.end)]
                changes.append(types.TextDocumentContentChangePartial(types.Range(*ends), edit.piece))
                after = edit.of(after)
            self.editor.change(name, *changes, version=self.version)
        self.texts[name] = after
        assert self.editor.server.known.documents[self.editor.uri(name)].text == after

    def open_or_close(self, name: str) -> None:
        if name in self.closed:
            self.closed.remove(name)
            self.editor.open_text(name, self.texts[name], version=self.version)
        elif len(self.closed) < 2:
            self._save(name)
            self.closed.add(name)
            self.editor.close(name)

    def save(self, name: str) -> None:
        self._save(name)
        document = types.TextDocumentIdentifier(self.editor.uri(name))
        self.editor.server.files_changed(types.DidSaveTextDocumentParams(document))

    def change_on_disk(self, name: str) -> None:
        """Another program changes a file; of one that is open the editor's text counts."""
        if name in self.closed:
            self.texts[name] = any_edit(self.random, self.texts[name]).of(self.texts[name])
            self._save(name)
            self._watched(name, types.FileChangeType.Changed)

    def rename(self, name: str) -> None:
        """A file goes away, is asked about by those that use it, and comes back."""
        path = self.folder / name
        if name in self.closed:
            path.rename(path.with_suffix(".gone"))
            self._watched(name, types.FileChangeType.Deleted)
            self.look()
            path.with_suffix(".gone").rename(path)
            self._watched(name, types.FileChangeType.Created)

    def _watched(self, name: str, kind: types.FileChangeType) -> None:
        event = types.FileEvent(self.editor.uri(name), kind)
        self.editor.server.files_changed(types.DidChangeWatchedFilesParams([event]))

    def _write(self, name: str, text: str) -> None:
        self.editor.change(name, types.TextDocumentContentChangeWholeDocument(text), version=self.version)

    def _save(self, name: str) -> None:
        (self.folder / name).write_bytes(self.texts[name].encode("utf-8"))

    # -- what the server says

    def look(self) -> None:
        """What is published of each open document is of its last version, and nothing went wrong."""
        self.editor.server.check_now()
        for name in self.texts.keys() - self.closed:
            document = self.editor.server.known.documents[self.editor.uri(name)]
            assert self.editor.published[document.uri].version == document.version
        assert not self.editor.log, self.editor.log[0]

    def ask(self) -> None:
        """A question at any time, whose answer may be empty but never a failure."""
        name = self.random.choice(sorted(self.texts.keys() - self.closed))
        of_place(self.editor, self.random.choice([*OF_PLACES]), name, self.any_position(name))
        of_document(self.editor, self.random.choice([*OF_DOCUMENTS]), name)
        assert not self.editor.log, self.editor.log[0]

    def compare(self) -> None:
        """All that is said is what a server says that has seen nothing else, and what `check` says."""
        self.look()
        fresh = self._new_editor()
        names = [name for name in self.texts if name not in self.closed]
        for name in names:
            fresh.open_text(name, self.texts[name], version=self.version)
        fresh.server.files_changed(None)  # what was opened first has now the others beside it
        fresh.server.check_now()
        for name in names:
            positions = [self.any_position(name) for _ in range(2)]
            known, new = (everything(editor, name, positions) for editor in (self.editor, fresh))
            for what, said in new.items():
                assert known[what] == said, f"{name}, {what}:\n{known[what]}\nis not\n{said}"
            self._compare_with_check(name)

    def _compare_with_check(self, name: str) -> None:
        """The server's diagnostics of a document against those of a check that knows no server."""
        path = (self.folder / name).resolve()
        open_texts = {
            (self.folder / other).resolve(): self.texts[other]
            for other in self.texts
            if other not in self.closed
        }
        checked = check_files({path: self.texts[name], **open_texts}, Overrides())
        known = self.editor.server.known.analysis(self.editor.uri(name))
        assert known is not None
        assert [as_json(item) for item in known.diagnostics] == [
            as_json(item) for item in checked.diagnostics
        ]

    # -- places

    def any_position(self, name: str) -> types.Position:
        return self.position(self.texts[name], self.random.randint(0, len(self.texts[name])))

    def position(self, text: str, offset: int) -> types.Position:
        """Counted from the text by Python's own encoders."""
        lines = re.split(r"\r\n|\n|\r", text[:offset])
        codec, size = UNITS[self.encoding]
        return types.Position(len(lines) - 1, len(lines[-1].encode(codec)) // size)

    def _new_editor(self) -> Editor:
        editor = Editor(self.folder)
        editor.server.known.encoding = self.encoding
        return editor
