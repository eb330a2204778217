import type { LoadResult, OpenLoad } from './load.types.js';
import { RawConnection } from './raw-connection.js';
import { requestText } from './request-text.js';
import { Tally } from './tally.js';

const TICK_MS = 1;

/** Requests are due at equal distances; each uses a connection that is free, or opens another. Latencies count from when they were due. */
export function runOpenLoad({ port, requests, durationMs, perSecond, deadlineMs }: OpenLoad): Promise<LoadResult> {
  const texts = requests.map((request) => requestText(request, port));
  const tally = new Tally();
  const idle: OpenClient[] = [];
  const busy = new Set<OpenClient>();
  const startedAt = performance.now();

  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      const due = Math.floor((Math.min(now - startedAt, durationMs) / 1000) * perSecond);
      while (tally.sent < due) {
        const dueAt = startedAt + (tally.sent / perSecond) * 1000;
        const client = idle.pop() ?? new OpenClient(port, tally, idle, busy);
        client.send(texts[tally.sent++ % texts.length], dueAt);
      }
      for (const client of busy) if (!client.hangUpAfter(now - deadlineMs)) break; // in the order they were sent
      if (now - startedAt < durationMs || busy.size > 0) return;
      clearInterval(timer);
      for (const client of idle) client.close();
      resolve(tally.result(durationMs));
    }, TICK_MS);
  });
}

class OpenClient {
  private readonly connection: RawConnection;
  private isOpen = false;
  private isClosing = false;
  private request: string | undefined;
  private dueAt = 0;
  private firstByteAt = 0;

  constructor(
    port: number,
    private readonly tally: Tally,
    private readonly idle: OpenClient[],
    private readonly busy: Set<OpenClient>,
  ) {
    this.connection = new RawConnection(port, {
      onOpen: () => {
        this.isOpen = true;
        if (this.request !== undefined) this.connection.send(this.request);
      },
      onFirstByte: () => {
        this.firstByteAt = performance.now();
      },
      onResponse: (status) => {
        if (!this.busy.delete(this)) return; // hung up meanwhile
        this.tally.answered(status, performance.now() - this.dueAt, this.firstByteAt - this.dueAt);
        this.idle.push(this);
      },
      onClose: () => this.onClose(),
    });
  }

  send(request: string, dueAt: number): void {
    this.request = request;
    this.dueAt = dueAt;
    this.busy.add(this);
    if (this.isOpen) this.connection.send(request);
  }

  /** Hangs up if the request was due before that time; tells whether it was. */
  hangUpAfter(time: number): boolean {
    if (this.dueAt > time) return false;
    this.busy.delete(this);
    this.tally.late++;
    this.close();
    return true;
  }

  close(): void {
    this.isClosing = true;
    this.connection.destroy();
  }

  private onClose(): void {
    if (this.isClosing) return;
    if (this.busy.delete(this)) this.tally.lost++;
    const index = this.idle.indexOf(this);
    if (index >= 0) this.idle.splice(index, 1);
  }
}
