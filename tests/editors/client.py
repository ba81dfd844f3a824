"""Speaks the language server protocol with ``yaml-language-server``, as VS Code does."""

import json
import queue
import subprocess
import threading
from pathlib import Path

__all__ = ["Editor"]

_SETTINGS = {
    "yaml": {
        "validate": True,
        "hover": True,
        "completion": True,
        "schemaStore": {"enable": False},
        "kubernetesCRDStore": {"enable": False},
    }
}


class Editor:
    """One running server.

    Args:
        program: Path of ``yaml-language-server``.
        folder: The folder that is opened.
    """

    def __init__(self, program, folder):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._server = subprocess.Popen(
            [program, "--stdio"], stderr=subprocess.DEVNULL, **pipes, cwd=folder
        )
        self._folder = Path(folder)
        self._answers, self._diagnostics = queue.Queue(), queue.Queue()
        self._number = self._opened = 0
        threading.Thread(target=self._listen, daemon=True).start()
        uri = self._folder.as_uri()
        capabilities = {
            "workspace": {"configuration": True, "didChangeConfiguration": {}},
            "textDocument": {
                "publishDiagnostics": {},
                "completion": {
                    "completionItem": {
                        "snippetSupport": True,
                        "documentationFormat": ["markdown", "plaintext"],
                    }
                },
                "hover": {"contentFormat": ["markdown", "plaintext"]},
            },
        }
        self._ask("initialize", processId=None, rootUri=uri, capabilities=capabilities)
        self._tell("initialized")
        self._tell("workspace/didChangeConfiguration", settings=_SETTINGS)

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self._server.kill()
        self._server.wait()
        self._server.stdin.close()
        self._server.stdout.close()

    def problems(self, text):
        """What the server says of a file with this content: pairs of line, from 1, and message."""
        uri = self._open(text)
        while True:
            told = self._diagnostics.get(timeout=30)
            if told["uri"] == uri:
                break
        self._tell("textDocument/didClose", textDocument={"uri": uri})
        return [(one["range"]["start"]["line"] + 1, one["message"]) for one in told["diagnostics"]]

    def completions(self, text):
        """What is offered at the end of the content: labels with their documentation."""
        answer = self._at_the_end("textDocument/completion", text)
        items = answer["items"] if isinstance(answer, dict) else answer
        return {item["label"]: _text(item.get("documentation", "")) for item in items}

    def hover(self, text, line, column):
        """What is shown over a place, counted from 1."""
        uri = self._open(text)
        position = {"line": line - 1, "character": column - 1}
        answer = self._ask("textDocument/hover", textDocument={"uri": uri}, position=position)
        self._tell("textDocument/didClose", textDocument={"uri": uri})
        return _text(answer["contents"]) if answer else ""

    def _at_the_end(self, method, text):
        uri = self._open(text)
        lines = text.split("\n")
        position = {"line": len(lines) - 1, "character": len(lines[-1])}
        answer = self._ask(method, textDocument={"uri": uri}, position=position)
        self._tell("textDocument/didClose", textDocument={"uri": uri})
        return answer

    def _open(self, text):
        # A new name each time, since the server says nothing of a file that is closed as well.
        self._opened += 1
        uri = (self._folder / f"study_{self._opened}.yaml").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", textDocument=document)
        return uri

    def _ask(self, method, **params):
        self._number += 1
        number = self._number
        self._send({"id": number, "method": method, "params": params})
        while True:
            answer = self._answers.get(timeout=30)
            if answer["id"] == number:
                assert "error" not in answer, answer
                return answer["result"]

    def _tell(self, method, **params):
        self._send({"method": method, "params": params})

    def _send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._server.stdin.flush()

    def _listen(self):
        while message := self._read():
            if message.get("method") == "textDocument/publishDiagnostics":
                self._diagnostics.put(message["params"])
            elif "method" in message and "id" in message:
                self._send({"id": message["id"], "result": _asked(message)})
            elif "id" in message:
                self._answers.put(message)

    def _read(self):
        length = 0
        for line in iter(self._server.stdout.readline, b""):
            if line == b"\r\n":
                return json.loads(self._server.stdout.read(length))
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return None


def _asked(message):
    """What the editor answers when the server asks for settings."""
    if message["method"] != "workspace/configuration":
        return None
    return [_SETTINGS.get(item.get("section"), {}) for item in message["params"]["items"]]


def _text(content):
    return content["value"] if isinstance(content, dict) else content
