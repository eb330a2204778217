import { seededRandom, type SeededRandom } from './seeded-random.js';

/** Something that goes wrong in a simulated week, from minute to minute. */
export interface PlantedIncident {
  readonly kind: 'step' | 'leak' | 'burst';
  readonly from: number;
  readonly to: number;
  /** The factor of latency at its worst, or the share of requests that fail. */
  readonly size: number;
}

export interface SimulatedWeekInit {
  readonly seed: number;
  /** Mean requests a minute over the day. */
  readonly requestsPerMinute: number;
  readonly days?: number;
}

export interface SimulatedWeek {
  readonly minutes: number;
  readonly incidents: readonly PlantedIncident[];
  /** Calls back for each request of the minute. */
  play(minute: number, request: (durationMs: number, hasFailed: boolean) => void): void;
}

const DAY = 1440;
/** The first day is quiet: it is the one that is learnt from. */
const FIRST_INCIDENT = DAY;
const GAP = 150;
/** A job of the same hour each day slows requests down: nothing to page for. */
const JOB_MINUTES = 45;

/**
 * A week of one endpoint, minute by minute: traffic with a daily curve and a quieter weekend, latency that follows the load, a long
 * tail, a slowly wandering level, a job that slows it down at the same time each day, blips of single minutes, deploys (two slow minutes, a few failures, and a level a few percent off for
 * good), errors in small clusters; and incidents of three kinds, apart from each other.
 */
export function simulatedWeek({ seed, requestsPerMinute, days = 7 }: SimulatedWeekInit): SimulatedWeek {
  const random = seededRandom(seed);
  const minutes = days * DAY;
  const incidents = plant(random, minutes);
  const deploys = Array.from({ length: Math.round(days * 1.5) }, () => random.integer(0, minutes - 1));
  const blips = new Map(Array.from({ length: days * 4 }, () => [random.integer(0, minutes - 1), 1.5 + 2.5 * random.next()]));
  const errorBlips = new Map(Array.from({ length: days * 3 }, () => [random.integer(0, minutes - 1), 0.02 + 0.08 * random.next()]));
  const phase = random.integer(0, DAY - 1);
  const baseMs = 20 + 400 * random.next();
  const loadEffect = 0.1 + 0.3 * random.next();
  const nightlyJob = random.integer(0, DAY - 1);
  const usualErrors = 0.001 + 0.006 * random.next();
  let wandering = 0;
  let errorsWander = 0;
  let level = 0;
  return {
    minutes,
    incidents,
    play(minute, request) {
      wandering = 0.9 * wandering + 0.02 * gaussian(random);
      errorsWander = 0.95 * errorsWander + 0.12 * gaussian(random);
      const isDeploying = deploys.some((deploy) => minute - deploy === 0 || minute - deploy === 1);
      if (deploys.includes(minute)) level += 0.03 * gaussian(random);
      const load = loadAt(minute, phase);
      const current = incidents.find(({ from, to }) => minute >= from && minute < to);
      const center =
        Math.log(baseMs * (1 + loadEffect * load)) +
        level +
        wandering +
        Math.log((minute - nightlyJob + DAY) % DAY < JOB_MINUTES ? 1.5 : 1) +
        Math.log(isDeploying ? 1.8 : (blips.get(minute) ?? 1)) +
        Math.log(current ? slowdown(current, minute) : 1);
      const share =
        usualErrors * Math.exp(errorsWander) +
        (isDeploying ? 0.03 : (errorBlips.get(minute) ?? 0)) +
        (current?.kind === 'burst' ? current.size : 0);
      const count = poisson(random, requestsPerMinute * load);
      for (let each = 0; each < count; each += 1) {
        const tail = random.next() < 0.01 ? 4 + 6 * random.next() : 1;
        request(Math.exp(center + 0.4 * gaussian(random)) * tail, random.next() < share);
      }
    },
  };
}

/** Mean about one: a fifth at night, near two in the afternoon, less at the weekend. */
function loadAt(minute: number, phase: number): number {
  const curve = 1 + 0.8 * Math.sin((2 * Math.PI * (minute + phase)) / DAY);
  const isWeekend = Math.floor(minute / DAY) % 7 >= 5;
  return curve * (isWeekend ? 0.6 : 1);
}

function slowdown({ kind, from, to, size }: PlantedIncident, minute: number): number {
  if (kind === 'step') return size;
  return kind === 'leak' ? size ** ((minute - from) / (to - from)) : 1;
}

function plant(random: SeededRandom, minutes: number): PlantedIncident[] {
  const kinds = ['step', 'step', 'step', 'step', 'burst', 'burst', 'burst', 'burst', 'leak', 'leak', 'leak'] as const;
  const planted: PlantedIncident[] = [];
  for (const kind of [...kinds].reverse()) {
    for (let attempt = 0; attempt < 1000; attempt += 1) {
      const incident = incidentOf(kind, random, random.integer(FIRST_INCIDENT, minutes - 1));
      if (incident.to > minutes - GAP || planted.some(({ from, to }) => incident.from < to + GAP && from < incident.to + GAP)) continue;
      planted.push(incident);
      break;
    }
  }
  return planted.sort((a, b) => a.from - b.from);
}

function incidentOf(kind: PlantedIncident['kind'], random: SeededRandom, from: number): PlantedIncident {
  const between = (min: number, max: number): number => min + (max - min) * random.next();
  if (kind === 'step') return { kind, from, to: from + random.integer(10, 90), size: between(1.5, 3) };
  if (kind === 'burst') return { kind, from, to: from + random.integer(6, 40), size: between(0.05, 0.5) };
  return { kind, from, to: from + random.integer(180, 600), size: between(2, 4) };
}

/** Irwin and Hall: the sum of uniform numbers is near enough to normal within three deviations, and cheap. */
function gaussian(random: SeededRandom): number {
  let sum = -3;
  for (let each = 0; each < 6; each += 1) sum += random.next();
  return sum * Math.SQRT2;
}

function poisson(random: SeededRandom, mean: number): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * gaussian(random)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > limit; product *= random.next()) count += 1;
  return count;
}
