import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { minutes, seconds } from '../../common/duration.js';
import type { LogWriter } from '../../core/log/log-writer.js';
import { type SharedBreaker, SharedBreakers, type SharedBreakerListener, type SharedBreakerState } from '../../core/state/shared-state.js';
import { followStream } from '../redis/follow-stream.js';
import type { RedisLink } from '../redis/redis-link.js';

/** A replica that is lost while it probes keeps the others from it for no longer. */
const PROBE_MS = minutes(1);
const DECISIONS_KEPT = 1000;
/** A decision that comes so late is told by the state that it left, too. */
const LOOK_BACK_MS = seconds(5);

/**
 * Breakers of all replicas: each counts errors for itself, and what one decides all follow. Decisions go over one stream; the state that
 * they leave is kept for replicas that come later.
 * @internal
 */
export class RedisBreakers extends SharedBreakers {
  private readonly self = randomUUID();
  private readonly listeners = new Map<string, SharedBreakerListener>();
  private hasToldAway = false;

  constructor(
    private readonly link: RedisLink,
    private readonly prefix: string,
    private readonly log: LogWriter,
  ) {
    super();
    followStream(link, this.decisionsKey, `${link.time.now() - LOOK_BACK_MS}-0`, (fields) => this.hear(fields));
    link.whenReady(() => this.lookAtAll());
  }

  join(name: string, listener: SharedBreakerListener): SharedBreaker {
    this.listeners.set(name, listener);
    if (this.link.isUp) this.look(name, listener);
    return {
      tell: (state, forMs) => this.tell(name, state, forMs),
      claimProbe: () => this.claimProbe(name),
    };
  }

  private get decisionsKey(): string {
    return `${this.prefix}:breakers:decisions`;
  }

  private stateKey(name: string): string {
    return `${this.prefix}:breakers:state:${name}`;
  }

  private probeKey(name: string): string {
    return `${this.prefix}:breakers:probe:${name}`;
  }

  private tell(name: string, state: SharedBreakerState, forMs: number): void {
    const key = this.stateKey(name);
    const change = this.link.commands.multi();
    if (state === 'open') change.set(key, state, 'PX', Math.max(1, Math.ceil(forMs)));
    else if (state === 'held_open') change.set(key, state);
    else change.del(key);
    change.del(this.probeKey(name));
    change.xadd(this.decisionsKey, 'MAXLEN', '~', DECISIONS_KEPT, '*', 'by', this.self, 'name', name, 'state', state, 'for', forMs);
    change.exec().catch((error: Error) => this.noteAway(error));
  }

  private async claimProbe(name: string): Promise<boolean> {
    try {
      const claimed = await this.link.commands.set(this.probeKey(name), this.self, 'PX', PROBE_MS, 'NX');
      return claimed === 'OK';
    } catch (error) {
      this.noteAway(error as Error);
      return true;
    }
  }

  private hear([, by, , name, , state, , forMs]: readonly string[]): void {
    if (by !== this.self) this.listeners.get(name)?.(state as SharedBreakerState, Number(forMs));
  }

  /** Decisions that were missed while Redis was away have left their state. */
  private lookAtAll(): void {
    if (this.hasToldAway) this.log.write('INFO', 'Breakers are shared with the other replicas again');
    this.hasToldAway = false;
    for (const [name, listener] of this.listeners) this.look(name, listener);
  }

  private look(name: string, listener: SharedBreakerListener): void {
    void readState(this.link.commands, this.stateKey(name)).then(
      (found) => found && listener(found.state, found.forMs),
      () => undefined, // asked again when Redis is back
    );
  }

  private noteAway({ message }: Error): void {
    if (this.hasToldAway) return;
    this.hasToldAway = true;
    this.log.write('WARNING', `Breakers are not shared while Redis is away, each replica has its own: ${message}`);
  }
}

async function readState(redis: Redis, key: string): Promise<{ state: SharedBreakerState; forMs: number } | undefined> {
  const [state, forMs] = await Promise.all([redis.get(key), redis.pttl(key)]);
  return state === null ? undefined : { state: state as SharedBreakerState, forMs };
}
