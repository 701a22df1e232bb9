"""What surrounds the answers in every worker: the token, the start, and the end with its parent. Knows no table."""

import hmac
import multiprocessing
import os
import signal
import threading
from contextlib import asynccontextmanager

from starlette.responses import PlainTextResponse

from database import prepare

EXPECTED = f"Bearer {os.environ['BENCH_TOKEN']}".encode()


class Guard:
    """Lets nobody in who lacks the token; whether the worker is ready is for all to know."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"] == "/healthz" or is_known(scope["headers"]):
            await self.app(scope, receive, send)
        else:
            refusal = PlainTextResponse("unauthorized", 401, {"WWW-Authenticate": "Bearer"})
            await refusal(scope, receive, send)


def is_known(headers) -> bool:
    sent = next((value for name, value in headers if name == b"authorization"), b"")
    return hmac.compare_digest(sent, EXPECTED)


@asynccontextmanager
async def lifespan(_app):
    prepare()
    threading.Thread(target=follow_parent, daemon=True).start()
    yield


def follow_parent():
    """Ends this worker when its parent has ended: uvicorn's workers would go on without theirs."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os.kill(os.getpid(), signal.SIGKILL)
