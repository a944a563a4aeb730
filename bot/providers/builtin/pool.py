"""Worker processes of the built-in engine: started on first use, kept, replaced when they die or hang.

Called by ``BuiltinProvider``, a pool for each engine. This side loads none of them. Each worker speaks one request at a
time; callers wait for a free slot.
"""

import asyncio
import contextlib
import json
import os
import sys
import sysconfig
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.errors import ErrorKind, ProviderError
from bot.providers.builtin.protocol import END, FAILED, HEADER, MAX_MESSAGE, MAX_REQUEST, READY, SOUND

_PROGRAM = (sys.executable, "-P", "-m", "bot.providers.builtin.worker")
_KEPT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "HOME", "TMPDIR", "TEMP")
"""Environment variables that are passed on. The rest may hold keys and tokens, which a process that reads hostile text
does not need.
"""
_START_SECONDS = 30.0
_REAP_SECONDS = 5.0
_CLOCK_STEP = 0.05
"""Seconds that a timer may come early."""


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    root = str(Path(__file__).resolve().parents[3])  # the folder that holds bot
    if root != sysconfig.get_path("purelib"):  # found without help, and must not come before the standard library
        kept["PYTHONPATH"] = os.pathsep.join(path for path in (root, kept.get("PYTHONPATH", "")) if path)
    return kept


class WorkerGoneError(Exception):
    """The process ended or broke the protocol in the middle of a request."""


class WorkerHungError(Exception):
    """The process did not answer in time."""


class WorkerRefusedError(Exception):
    """The engine refused the request or could not be loaded; the text says why and holds no user text."""


class _UnloadableError(WorkerRefusedError):
    """The engine could not be loaded."""


class UnloadableError(ProviderError):
    """The engine could not be loaded: it is not installed, or its files are damaged."""


class RefusedPieceError(ProviderError):
    """The engine refused this request; others it may speak."""


class _Worker:
    """One process."""

    def __init__(self, process: asyncio.subprocess.Process, patience: float) -> None:
        self._process = process
        self._killed = False
        self._patience = patience
        self.version = ""
        self.left = 0.0
        """When it was last at work, by the clock of the event loop."""

    @classmethod
    async def start(cls, program: Sequence[str], patience: float) -> "_Worker":
        """Start a worker and return it loaded. Raises WorkerGoneError, WorkerHungError or WorkerRefusedError."""
        try:
            process = await asyncio.create_subprocess_exec(
                *program,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=_environment(),
            )
        except OSError as error:
            raise WorkerRefusedError(f"no worker process: {type(error).__name__}") from error
        worker = cls(process, patience)
        try:
            worker.version = (await worker._expect(READY, _START_SECONDS)).decode("ascii", "replace")
        except WorkerRefusedError as error:
            await worker.end()
            raise _UnloadableError(str(error)) from error
        except BaseException:
            await worker.end()
            raise
        return worker

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        return self._process.pid

    async def send(self, request: Mapping[str, Any]) -> None:
        """Send a request."""
        line = json.dumps(request).encode() + b"\n"
        if len(line) > MAX_REQUEST:
            raise WorkerRefusedError("the request is too large")
        pipe = self._process.stdin
        assert pipe is not None
        try:
            async with asyncio.timeout(self._patience):
                pipe.write(line)
                await pipe.drain()
        except TimeoutError as error:
            raise WorkerHungError from error
        except OSError as error:
            raise WorkerGoneError from error

    async def receive(self, patience: float | None = None) -> tuple[bytes, bytes]:
        """Return the next message: kind and content."""
        pipe = self._process.stdout
        assert pipe is not None
        try:
            async with asyncio.timeout(patience or self._patience):
                kind, length = HEADER.unpack(await pipe.readexactly(HEADER.size))
                if length > MAX_MESSAGE:
                    raise WorkerGoneError
                return kind, await pipe.readexactly(length)
        except TimeoutError as error:
            raise WorkerHungError from error
        except (asyncio.IncompleteReadError, OSError) as error:
            raise WorkerGoneError from error

    async def _expect(self, wanted: bytes, patience: float | None = None) -> bytes:
        kind, content = await self.receive(patience)
        if kind == FAILED:
            raise WorkerRefusedError(content.decode("utf-8", "replace"))
        if kind != wanted:
            raise WorkerGoneError
        return content

    async def ask_version(self) -> str:
        """Return the engine's version, read from the engine itself."""
        await self.send({"version": True})
        return (await self._expect(READY)).decode("ascii", "replace")

    def kill(self) -> None:
        """Kill the process without waiting. Once: a second signal may reap it unseen."""
        if not self._killed:
            self._killed = True
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def end(self) -> None:
        """Kill the process and collect both pipes and its exit status."""
        self.kill()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_REAP_SECONDS):
                # Reads what is left in the pipe, without which the exit would not be seen. A request in progress may be
                # reading already (RuntimeError) and will read on to the end.
                with contextlib.suppress(OSError, RuntimeError):
                    await self._process.communicate()
                await self._process.wait()


class Workers:
    """A bounded number of slots, each with a worker or empty."""

    def __init__(
        self, provider: str, *, processes: int, patience: float, program: Sequence[str] = _PROGRAM, idle: float = 0.0
    ) -> None:
        """``idle``: seconds without work after which a worker ends; 0 keeps it."""
        self._provider = provider
        self._idle = idle
        self._retirement: asyncio.TimerHandle | None = None
        self._patience = patience
        self._program = tuple(program)
        # Last in, first out: a running worker is used before a new one is started.
        places = max(processes, 1)
        self._places: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue(places)
        for _ in range(places):
            self._places.put_nowait(None)
        self._running: set[_Worker] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = asyncio.Event()

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the live workers."""
        return tuple(worker.pid for worker in self._running if worker.alive)

    @property
    def busy(self) -> bool:
        """Return whether every slot is taken."""
        return self._places.empty()

    @contextlib.asynccontextmanager
    async def _place(self) -> AsyncIterator["_Place"]:
        place = _Place(self, await self._places.get())
        try:
            yield place
        finally:
            self._places.put_nowait(place.leave())
            self._plan_retirement()

    def _plan_retirement(self) -> None:
        """Look again when the first of the workers will have been idle for long enough."""
        if self._idle and self._running and self._retirement is None and not self._closed.is_set():
            due = min(worker.left for worker in self._running) + self._idle
            loop = asyncio.get_running_loop()
            self._retirement = loop.call_at(max(due, loop.time() + _CLOCK_STEP), self._retire)

    def _retire(self) -> None:
        """End the workers that have been idle for long enough; those at work stay."""
        self._retirement = None
        now = asyncio.get_running_loop().time()
        waiting: list[_Worker | None] = []
        while not self._places.empty():
            waiting.append(self._places.get_nowait())
        for worker in reversed(waiting):
            if worker is not None and now - worker.left >= self._idle - _CLOCK_STEP:
                self.discard(worker)
                self._places.put_nowait(None)
            else:
                self._places.put_nowait(worker)
        self._plan_retirement()

    async def start_worker(self) -> _Worker:
        """Start a worker that ``close`` will end."""
        if self._closed.is_set():
            raise WorkerRefusedError("closed")
        worker = await _Worker.start(self._program, self._patience)
        if self._closed.is_set():
            await worker.end()
            raise WorkerRefusedError("closed")
        self._running.add(worker)
        return worker

    def discard(self, worker: _Worker) -> None:
        """Kill a worker now and clean up after it in the background."""
        worker.kill()
        self._running.discard(worker)
        task = asyncio.get_running_loop().create_task(worker.end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def version(self) -> str:
        """Return the engine's version, starting a worker if needed. Raises ProviderError."""
        async with self._place() as place:
            try:
                worker = await place.worker()
                version = await worker.ask_version()
            except (WorkerGoneError, WorkerHungError, WorkerRefusedError) as error:
                raise self._error(error, heard=False) from error
            place.clean = True
            return version

    async def speak(self, request: Mapping[str, Any]) -> AsyncGenerator[bytes, None]:
        """Yield the sound of a request, block by block. Raises ProviderError.

        A worker that dies before the first sound is replaced once. Leaving early ends the worker, whose remaining sound
        nobody wants.
        """
        async with self._place() as place:
            for last in (False, True):
                heard = False
                try:
                    async with contextlib.aclosing(self._exchange(place, request)) as blocks:
                        async for samples in blocks:
                            heard = True
                            yield samples
                except WorkerGoneError as error:
                    if last or heard or self._closed.is_set():
                        raise self._error(error, heard=heard) from error
                    place.drop()
                except (WorkerHungError, WorkerRefusedError) as error:
                    raise self._error(error, heard=heard) from error
                else:
                    return

    async def _exchange(self, place: "_Place", request: Mapping[str, Any]) -> AsyncGenerator[bytes, None]:
        """Send one request to a slot's worker and yield its answers."""
        worker = await place.worker()
        await worker.send(request)
        while True:
            kind, content = await worker.receive()
            if kind == SOUND:
                yield content
                continue
            place.clean = kind in (END, FAILED)
            if kind == FAILED:
                raise WorkerRefusedError(content.decode("utf-8", "replace"))
            if kind != END:
                raise WorkerGoneError
            return

    def _error(self, error: Exception, *, heard: bool) -> ProviderError:
        if isinstance(error, WorkerHungError):
            return ProviderError(self._provider, ErrorKind.TIMEOUT, detail="the worker process did not answer")
        if isinstance(error, _UnloadableError):
            return UnloadableError(self._provider, ErrorKind.SERVER, detail=str(error))
        if isinstance(error, WorkerRefusedError):
            return RefusedPieceError(self._provider, ErrorKind.SERVER, detail=str(error))
        kind = ErrorKind.INCOMPLETE if heard else ErrorKind.SERVER
        return ProviderError(self._provider, kind, detail="the worker process ended")

    async def close(self) -> None:
        """End all workers. Requests in progress fail; later ones are refused."""
        self._closed.set()
        if self._retirement is not None:
            self._retirement.cancel()
        for worker in tuple(self._running):
            self.discard(worker)
        if self._ending:
            await asyncio.wait(tuple(self._ending), timeout=2 * _REAP_SECONDS)


class _Place:
    """A slot while it is taken."""

    def __init__(self, workers: Workers, worker: _Worker | None) -> None:
        self._workers = workers
        self._worker = worker
        self.clean = False
        """Whether the worker has finished the request and may take another."""

    async def worker(self) -> _Worker:
        """Return the slot's worker, or a new one."""
        if self._worker is not None and not self._worker.alive:
            self.drop()
        if self._worker is None:
            self._worker = await self._workers.start_worker()
        return self._worker

    def drop(self) -> None:
        """Discard the worker."""
        if self._worker is not None:
            self._workers.discard(self._worker)
            self._worker = None

    def leave(self) -> _Worker | None:
        """Return the worker for the next request, or None."""
        if not self.clean:
            self.drop()
        if self._worker is not None:
            self._worker.left = asyncio.get_running_loop().time()
        return self._worker
