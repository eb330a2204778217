import type { GroupAnswer, ProcessState } from '../core/processes/process-group.js';

/** Figures of a worker by topic, as it last told them. @internal */
export type Snapshots = Readonly<Record<string, unknown>>;

/** What a worker says to its supervisor. @internal */
export type WorkerMessage = { readonly nestage: true } & (
  | { readonly kind: 'started'; readonly shutdownGraceMs: number }
  | { readonly kind: 'ready'; readonly url: string }
  | { readonly kind: 'beat'; readonly state: ProcessState }
  | { readonly kind: 'told'; readonly snapshots: Snapshots }
  | {
      readonly kind: 'question';
      readonly id: number;
      readonly topic: string;
      readonly argument: unknown;
      readonly own: unknown;
      readonly withinMs: number;
    }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'claim'; readonly id: number; readonly key: string; readonly holdMs: number }
);

/** What a supervisor says to a worker. @internal */
export type SupervisorMessage = { readonly nestage: true } & (
  | { readonly kind: 'asked'; readonly id: number; readonly topic: string; readonly argument: unknown }
  | { readonly kind: 'gathered'; readonly id: number; readonly answer: GroupAnswer<unknown> }
  | { readonly kind: 'claimed'; readonly id: number; readonly isGranted: boolean }
  | { readonly kind: 'retire' }
  | { readonly kind: 'log'; readonly level: 'INFO' | 'WARNING' | 'ERROR'; readonly text: string }
);

/** A message before it is marked as ours. @internal */
export type Unmarked<T> = T extends unknown ? Omit<T, 'nestage'> : never;

/** A message of ours; others may use the channel, too. @internal */
export function isOurs(message: unknown): boolean {
  return typeof message === 'object' && message !== null && (message as { nestage?: unknown }).nestage === true;
}
