import { RawConnection } from './raw-connection.js';
import type { Tally } from './tally.js';

/** A client that hangs up when it has waited too long. It goes from `busy` to `idle` with each answer. */
export class OpenClient {
  private readonly connection: RawConnection;
  private isOpen = false;
  private isClosing = false;
  private request = '';
  private tally: Tally | undefined;
  private dueAt = 0;
  private firstByteAt = 0;

  constructor(
    port: number,
    private readonly idle: OpenClient[],
    private readonly busy: Set<OpenClient>,
  ) {
    this.connection = new RawConnection(port, {
      onOpen: () => {
        this.isOpen = true;
        this.connection.send(this.request);
      },
      onFirstByte: () => {
        this.firstByteAt = performance.now();
      },
      onResponse: (status) => this.onResponse(status),
      onClose: () => this.onClose(),
    });
  }

  /** @param dueAt since when the request should be under way; @param tally where it counts */
  send(request: string, dueAt: number, tally: Tally): void {
    tally.sent++;
    this.request = request;
    this.dueAt = dueAt;
    this.tally = tally;
    this.busy.add(this);
    if (this.isOpen) this.connection.send(request);
  }

  /** Hangs up if the request was due before that time; tells whether it was. */
  hangUpAfter(time: number): boolean {
    if (this.dueAt > time) return false;
    this.busy.delete(this);
    if (this.tally) this.tally.late++;
    this.close();
    return true;
  }

  close(): void {
    this.isClosing = true;
    this.connection.destroy();
  }

  private onResponse(status: number): void {
    if (!this.busy.delete(this)) return; // hung up meanwhile
    this.tally?.answered(status, performance.now() - this.dueAt, this.firstByteAt - this.dueAt);
    this.idle.push(this);
  }

  private onClose(): void {
    if (this.isClosing) return;
    if (this.busy.delete(this) && this.tally) this.tally.lost++;
    const index = this.idle.indexOf(this);
    if (index >= 0) this.idle.splice(index, 1);
  }
}
