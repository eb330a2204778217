import { minutes } from '../../common/duration.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { type PlantedIncident, simulatedWeek } from '../../../../../test/support/simulated-week.js';
import { ANOMALY_SIGNALS, type AnomalySignal } from '../alert.js';
import { resolveAlertsOptions } from '../alerts.options.js';
import { AnomalyWatch } from './anomaly-watch.js';

interface Week {
  readonly incidents: readonly PlantedIncident[];
  readonly found: readonly PlantedIncident[];
  /** Minutes from the beginning of each incident that was found to its alert. */
  readonly delays: readonly number[];
  readonly falseAlarms: number;
  readonly days: number;
}

interface Told {
  readonly signal: AnomalySignal;
  readonly minute: number;
}

const SIGNAL_OF: Readonly<Record<PlantedIncident['kind'], AnomalySignal>> = { step: 'latency', leak: 'latency', burst: 'errorRate' };
/** Minutes after its end in which an incident may still be told of: its last samples are judged then. */
const GRACE = 5;

/** Plays a week to both rules with their defaults. */
function play(seed: number, requestsPerMinute: number): Week {
  const week = simulatedWeek({ seed, requestsPerMinute });
  const clock = new FakeClock();
  const told: Told[] = [];
  let minute = 0;
  const { anomalyRules } = resolveAlertsOptions({ rules: ANOMALY_SIGNALS.map((anomaly) => ({ anomaly })) });
  const watches = anomalyRules.map(
    (rule) =>
      new AnomalyWatch({
        rule,
        clock,
        changes: () => [],
        listener: ({ state }) => void (state === 'firing' && told.push({ signal: rule.anomaly, minute })),
      }),
  );
  for (; minute < week.minutes; minute += 1) {
    week.play(minute, (durationMs, hasFailed) => {
      const request = { handler: 'Summary', path: '/summaries', logId: '1', hasFailed, durationMs: hasFailed ? undefined : durationMs };
      for (const watch of watches) watch.record(request);
    });
    clock.advance(minutes(1));
    for (const watch of watches) watch.tick();
  }
  const alertOf = (incident: PlantedIncident): Told | undefined => told.find((each) => isAbout(each, incident));
  const found = week.incidents.filter(alertOf);
  return {
    found,
    incidents: week.incidents,
    delays: found.map((incident) => (alertOf(incident)?.minute ?? 0) - incident.from),
    falseAlarms: told.filter((each) => !week.incidents.some((incident) => isAbout(each, incident))).length,
    days: week.minutes / 1440,
  };
}

/** An alert of the other signal is a false alarm, also during an incident. */
function isAbout({ signal, minute }: Told, { kind, from, to }: PlantedIncident): boolean {
  return SIGNAL_OF[kind] === signal && minute >= from && minute < to + GRACE;
}

describe('anomaly rules, judged by simulated weeks with planted incidents', () => {
  // None of these seeds was looked at while the detectors were made.
  it.each([
    ['a busy handler', 60, [101, 102, 103]],
    ['a quiet handler', 15, [201, 202, 203]],
  ])('find nine of ten with at most one false alarm a day: %s, %d requests a minute', (name, requestsPerMinute, seeds) => {
    const weeks = seeds.map((seed) => play(seed, requestsPerMinute));
    const sum = (of: (week: Week) => number): number => weeks.reduce((total, week) => total + of(week), 0);
    const planted = sum(({ incidents }) => incidents.length);
    const recall = sum(({ found }) => found.length) / planted;
    const falseAlarms = sum((week) => week.falseAlarms) / sum(({ days }) => days);
    const delays = weeks.flatMap((week) => week.delays).sort((a, b) => a - b);
    process.stdout.write(
      `${name}: ${seeds.length} weeks, ${planted} incidents, recall ${recall.toFixed(2)}, ` +
        `${falseAlarms.toFixed(2)} false alarms a day, told after ${delays[delays.length >> 1]} minutes (median)\n`,
    );
    expect(planted).toBeGreaterThan(25);
    expect(recall).toBeGreaterThanOrEqual(0.9);
    expect(falseAlarms).toBeLessThanOrEqual(1);
  });

  it('are not judged by weeks in which there is nothing to find', () => {
    const { incidents } = simulatedWeek({ seed: 101, requestsPerMinute: 1 });
    expect(new Set(incidents.map(({ kind }) => kind))).toEqual(new Set(['step', 'burst', 'leak']));
  });
});
