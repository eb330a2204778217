import { rounded } from '../alert-text.js';
import type { ChangeWitness } from './change-witness.js';
import { DecayingHistogram } from './decaying-histogram.js';

/** Share of what is kept from one interval to the next: the last few for now, some hours for the usual. */
const RECENT = 0.7;
const USUAL = 0.995;
/** Intervals until something counts as usual, so that the beginning of an incident does not. */
const DELAY = 10;
const MIN_TOTAL = 5;
const MIN_FACTOR = 1.3;
const MIN_INCREASE_MS = 1;
const MAX_CHANGES = 3;
const MAX_PATHS = 500;

interface Part {
  fresh: DecayingHistogram;
  readonly recent: DecayingHistogram;
  readonly usual: DecayingHistogram;
  readonly delayed: DecayingHistogram[];
}

/** Tells whose p95 has moved: a stage's, or that of a place where requests wait. @internal */
export class DurationWitness implements ChangeWitness {
  private readonly parts = new Map<string, Map<string, Part>>();

  /** @param durationsMs by what took that long, such as `run` */
  record(path: string, durationsMs: Readonly<Record<string, number | undefined>>): void {
    for (const [name, durationMs] of Object.entries(durationsMs)) {
      if (durationMs !== undefined) this.partOf(path, name)?.fresh.record(durationMs);
    }
  }

  tick(troubled: ReadonlySet<string>): void {
    for (const [path, parts] of this.parts) for (const part of parts.values()) age(part, troubled.has(path));
  }

  changes(path: string): readonly string[] {
    return [...(this.parts.get(path) ?? [])]
      .map(([name, part]) => ({ name, ...movement(part) }))
      .filter(({ before, now }) => now >= before * MIN_FACTOR && now - before >= MIN_INCREASE_MS)
      .sort((a, b) => b.now - b.before - (a.now - a.before))
      .slice(0, MAX_CHANGES)
      .map(({ name, before, now }) => `p95 of ${name} rose from ${rounded(before)} to ${rounded(now)} ms`);
  }

  private partOf(path: string, name: string): Part | undefined {
    let parts = this.parts.get(path);
    if (!parts) {
      if (this.parts.size >= MAX_PATHS) return undefined;
      this.parts.set(path, (parts = new Map<string, Part>()));
    }
    let part = parts.get(name);
    if (!part) {
      part = { fresh: new DecayingHistogram(), recent: new DecayingHistogram(), usual: new DecayingHistogram(), delayed: [] };
      parts.set(name, part);
    }
    return part;
  }
}

function age(part: Part, isTroubled: boolean): void {
  const { fresh, recent, usual, delayed } = part;
  recent.fade(RECENT, fresh);
  part.fresh = new DecayingHistogram();
  if (isTroubled) {
    delayed.length = 0;
    return;
  }
  delayed.push(fresh);
  const old = delayed.length > DELAY ? delayed.shift() : undefined;
  if (old) usual.fade(USUAL, old);
}

/** Nothing has moved where too little is known of either. */
function movement({ recent, usual }: Part): { readonly before: number; readonly now: number } {
  if (recent.total < MIN_TOTAL || usual.total < MIN_TOTAL) return { before: 0, now: 0 };
  return { before: usual.quantile(0.95), now: recent.quantile(0.95) };
}
