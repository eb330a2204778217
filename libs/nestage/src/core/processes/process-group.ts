/**
 * What a process is doing. `not_ready`: it loads its models, or has failed to; `blocked`: it does not answer, because something keeps its
 * event loop busy; `draining`: it ends when its requests are over.
 * @publicApi
 */
export const PROCESS_STATES = ['not_ready', 'ready', 'blocked', 'draining'] as const;

/** @see PROCESS_STATES @publicApi */
export type ProcessState = (typeof PROCESS_STATES)[number];

/** Why another process took the place of one. @publicApi */
export const RESTART_REASONS = ['crash', 'blocked', 'rolling'] as const;

/** @see RESTART_REASONS @publicApi */
export type RestartReason = (typeof RESTART_REASONS)[number];

/** One of the processes that serve together. @publicApi */
export interface ProcessOverview {
  /** Its place, from 1. The one that replaces it has the same. */
  readonly process: number;
  readonly pid: number;
  readonly state: ProcessState;
}

/** What one process said, or what is known of it. @publicApi */
export interface ProcessAnswer<T> extends ProcessOverview {
  /** `undefined` when it has never said anything of the kind. */
  readonly value: T | undefined;
  /** `false` when it did not answer in time, so that the value is the last one known. */
  readonly isFresh: boolean;
}

/** What all processes said of a topic. @publicApi */
export interface GroupAnswer<T> {
  /** One for each that lives, the one that asks first. */
  readonly processes: readonly ProcessAnswer<T>[];
  /** What those that have ended left behind, for topics whose figures only grow. */
  readonly ended: T | undefined;
  /** How often one was replaced since the start, by reason. */
  readonly restarts: Readonly<Record<RestartReason, number>>;
}

/** @internal */
export interface Question {
  readonly topic: string;
  /** For the answerers; must survive a structured clone. */
  readonly argument?: unknown;
  /** Longest time to wait for another process. @default `workers.answerTimeoutMs` of `startWebService` */
  readonly withinMs?: number;
}

/** Says what this process knows of a topic. @internal */
export type TopicAnswerer = (argument: unknown) => unknown;

/**
 * The processes that serve together, seen from one of them. A process that is alone asks itself.
 * @internal
 */
export abstract class ProcessGroup {
  /** Whether there are others. */
  abstract readonly isShared: boolean;

  private lookUpState: () => ProcessState = () => 'not_ready';
  private readonly answerers = new Map<string, TopicAnswerer>();
  /** Topics whose last figures outlive the process that told them. */
  protected readonly keptTopics = new Set<string>();

  /** Tells how this process answers questions on a topic; what it says must survive a structured clone. */
  answers(topic: string, answerer: TopicAnswerer): void {
    this.answerers.set(topic, answerer);
  }

  /** As `answers`, for figures that only grow: the last ones known stand for a process that does not answer or has ended. */
  keeps(topic: string, answerer: TopicAnswerer): void {
    this.answers(topic, answerer);
    this.keptTopics.add(topic);
  }

  /** Tells where to look up what this process is doing. */
  follow(state: () => ProcessState): void {
    this.lookUpState = state;
  }

  /**
   * Asks every process, this one too. Waits for none longer than a bound.
   * @throws WebServiceError `overloaded` where figures that only grow would go back, because nobody can be asked
   */
  abstract ask<T>(question: Question): Promise<GroupAnswer<T>>;

  /**
   * Whether this process may do what one of the group should do once: the first that claims a key has it for `holdMs`.
   * Where nobody can be asked it may: rather twice than never.
   */
  abstract claims(key: string, holdMs: number): Promise<boolean>;

  protected get state(): ProcessState {
    return this.lookUpState();
  }

  /** What this process itself says of a topic. */
  protected async ownAnswer(topic: string, argument: unknown): Promise<unknown> {
    return this.answerers.get(topic)?.(argument);
  }
}

/** @internal */
export const NO_RESTARTS: Readonly<Record<RestartReason, number>> = { crash: 0, blocked: 0, rolling: 0 };

/** A process without others. @internal */
export class SingleProcess extends ProcessGroup {
  override readonly isShared = false;

  override async ask<T>({ topic, argument }: Question): Promise<GroupAnswer<T>> {
    const value = (await this.ownAnswer(topic, argument)) as T;
    const own = { process: 1, pid: process.pid, state: this.state, value, isFresh: true };
    return { processes: [own], ended: undefined, restarts: NO_RESTARTS };
  }

  override async claims(): Promise<boolean> {
    return true;
  }
}
