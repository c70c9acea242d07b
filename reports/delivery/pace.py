"""A rate limit: so many mails per second and no more, whatever the server would take."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """Waits where mails would follow each other too fast; without a limit it never waits."""

    per_second: int | None = None
    now: Callable[[], int] = time.monotonic_ns
    sleep: Callable[[float], None] = time.sleep
    _next: int = 0

    def wait(self) -> None:
        """Return when the next mail may go."""
        if self.per_second is None:
            return
        now = self.now()
        if now < self._next:
            self.sleep((self._next - now) / 1_000_000_000)
        self._next = max(now, self._next) + 1_000_000_000 // self.per_second
