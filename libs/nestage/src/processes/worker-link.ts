import cluster from 'node:cluster';
import type { Clock } from '../common/clock.js';
import { seconds } from '../common/duration.js';
import { type GroupAnswer, NO_RESTARTS, ProcessGroup, type ProcessState, type Question } from '../core/processes/process-group.js';
import { WebServiceError } from '../core/errors/web-service.error.js';
import type { WorkerBirth } from '../core/processes/worker-birth.js';
import { isOurs, type Snapshots, type SupervisorMessage, type Unmarked, type WorkerMessage } from './messages.js';

/** What a worker does when its supervisor says so. @internal */
export interface WorkerLinkListener {
  readonly shutdownGraceMs: number;
  /** Its successor is ready: it is to end when its requests are over. */
  readonly retire: () => void;
  readonly log: (level: 'INFO' | 'WARNING' | 'ERROR', text: string) => void;
}

/** @internal */
export interface WorkerLinkInit {
  readonly birth: WorkerBirth;
  readonly clock: Clock;
}

const BEAT_MS = 500;
/** How often figures are told unasked: what is lost at most when the process is killed. */
const TELL_MS = seconds(5);
/** For the way there and back, beyond the time that others have. */
const WAY_MS = seconds(2);

type Claimed = Extract<SupervisorMessage, { kind: 'claimed' }>;
type Gathered = Extract<SupervisorMessage, { kind: 'gathered' }>;

/** A worker's line to its supervisor, and through it to the other workers. @internal */
export class WorkerLink extends ProcessGroup {
  override readonly isShared = true;
  private readonly open = new Map<number, (reply: Claimed | Gathered) => void>();
  private lastId = 0;
  private listener: WorkerLinkListener | undefined;
  private hasServed = false;

  constructor(private readonly init: WorkerLinkInit) {
    super();
    cluster.worker?.on('message', (message: unknown) => {
      if (isOurs(message)) this.hear(message as SupervisorMessage);
    });
  }

  get birth(): WorkerBirth {
    return this.init.birth;
  }

  /** The app exists: from now on this worker answers, beats, and can be told to retire. */
  start(listener: WorkerLinkListener): void {
    this.listener = listener;
    this.send({ kind: 'started', shutdownGraceMs: listener.shutdownGraceMs });
    this.beat();
    this.tellLater();
  }

  /** It serves at this address. */
  ready(url: string): void {
    this.hasServed = true;
    this.send({ kind: 'ready', url });
  }

  /** Tells its last figures; resolves when they are on their way. To be called right before the end. */
  async leave(): Promise<void> {
    if (this.listener) await this.tell().catch(() => undefined); // it ends all the same
  }

  override async ask<T>({ topic, argument, withinMs = this.birth.answerTimeoutMs }: Question): Promise<GroupAnswer<T>> {
    const own = this.ownAnswer(topic, argument) as Promise<T>;
    const toKeep = this.keptTopics.has(topic) ? await own : undefined;
    const asked = this.request((id) => ({ kind: 'question', id, topic, argument, own: toKeep, withinMs }), withinMs + WAY_MS);
    const [reply, value] = await Promise.all([asked, own]);
    const self = { process: this.birth.place, pid: process.pid, state: this.state, value, isFresh: true };
    if (reply?.kind !== 'gathered') {
      // sums without the others would go back: rather none
      if (this.keptTopics.has(topic)) throw new WebServiceError('The supervisor does not answer', { code: 'overloaded' });
      return { processes: [self], ended: undefined, restarts: NO_RESTARTS };
    }
    const answer = reply.answer as GroupAnswer<T>;
    return { ...answer, processes: [self, ...answer.processes.slice(1)] };
  }

  override async claims(key: string, holdMs: number): Promise<boolean> {
    const reply = await this.request((id) => ({ kind: 'claim', id, key, holdMs }), this.birth.answerTimeoutMs);
    return reply?.kind === 'claimed' ? reply.isGranted : true;
  }

  private hear(message: SupervisorMessage): void {
    if (message.kind === 'asked') void this.reply(message.id, message.topic, message.argument);
    else if (message.kind === 'retire') this.listener?.retire();
    else if (message.kind === 'log') this.listener?.log(message.level, message.text);
    else this.open.get(message.id)?.(message);
  }

  /** A question that can't be answered is left to the limit of who asked. */
  private async reply(id: number, topic: string, argument: unknown): Promise<void> {
    try {
      this.send({ kind: 'answer', id, value: await this.ownAnswer(topic, argument) });
    } catch {
      // what went wrong is told where the same question comes by a request of this worker's own
    }
  }

  private request(message: (id: number) => Unmarked<WorkerMessage>, limitMs: number): Promise<Claimed | Gathered | undefined> {
    const id = ++this.lastId;
    return new Promise((resolve) => {
      const settle = (reply: Claimed | Gathered | undefined): void => {
        cancel();
        this.open.delete(id);
        resolve(reply);
      };
      const cancel = this.init.clock.schedule(limitMs, () => settle(undefined));
      this.open.set(id, settle);
      this.send(message(id));
    });
  }

  /** One that has never listened is not ready, whatever its models are. */
  protected override get state(): ProcessState {
    return this.hasServed ? super.state : 'not_ready';
  }

  private beat(): void {
    this.send({ kind: 'beat', state: this.state });
    this.init.clock.schedule(BEAT_MS, () => this.beat());
  }

  private tellLater(): void {
    const again = (): void => this.tellLater(); // also after a failure: there is another time
    this.init.clock.schedule(TELL_MS, () => void this.tell().then(again, again));
  }

  private async tell(): Promise<void> {
    const entries = await Promise.all([...this.keptTopics].map(async (topic) => [topic, await this.ownAnswer(topic, undefined)] as const));
    const snapshots: Snapshots = Object.fromEntries(entries);
    await new Promise<void>((resolve) => {
      const cancel = this.init.clock.schedule(WAY_MS, resolve);
      this.send({ kind: 'told', snapshots }, () => {
        cancel();
        resolve();
      });
    });
  }

  private send(message: Unmarked<WorkerMessage>, done: () => void = () => undefined): void {
    if (!cluster.worker?.isConnected()) return done();
    cluster.worker.send({ nestage: true, ...message }, () => done()); // an error means: the supervisor has gone, and this process ends, too
  }
}
