/** Servers that take what comes in the order it comes: the one thread of Redis, the web processes. Times are in milliseconds. */
export class Station {
  /** When each is free again. */
  private readonly freeAt: Float64Array;
  /** Time spent serving, of all. */
  busyMs = 0;

  constructor(servers: number) {
    this.freeAt = new Float64Array(servers);
  }

  /** How long what comes now would wait. */
  waitAt(now: number): number {
    return Math.max(0, this.freeAt[this.firstFree()] - now);
  }

  /** @returns when it is done */
  serve(now: number, serviceMs: number): number {
    const server = this.firstFree();
    this.busyMs += serviceMs;
    return (this.freeAt[server] = Math.max(now, this.freeAt[server]) + serviceMs);
  }

  private firstFree(): number {
    let first = 0;
    for (let server = 1; server < this.freeAt.length; server++) if (this.freeAt[server] < this.freeAt[first]) first = server;
    return first;
  }
}
