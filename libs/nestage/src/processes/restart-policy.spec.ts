import { seconds } from '../common/duration.js';
import { RestartPolicy, YOUNG_MS } from './restart-policy.js';

describe('the policy of restarts', () => {
  it('waits 100 ms after one that lived long, and twice as long for each in a row that died young, up to 30 s', () => {
    const policy = new RestartPolicy();
    expect(policy.pauseAfter(1, YOUNG_MS)).toBe(100);
    expect(Array.from({ length: 12 }, () => policy.pauseAfter(1, 5))).toEqual([
      200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000, 30_000,
    ]);
    expect(policy.pauseAfter(1, YOUNG_MS)).toBe(100);
  });

  it('counts each place by itself', () => {
    const policy = new RestartPolicy();
    expect([policy.pauseAfter(1, 5), policy.pauseAfter(1, 5), policy.pauseAfter(2, seconds(1))]).toEqual([100, 200, 100]);
  });

  it('has no hope after five failed starts in a row', () => {
    const policy = new RestartPolicy();
    for (let start = 0; start < 4; start++) policy.failedToStart();
    expect(policy.isHopeless).toBe(false);
    policy.becameReady();
    for (let start = 0; start < 4; start++) policy.failedToStart();
    expect(policy.isHopeless).toBe(false);
    policy.failedToStart();
    expect(policy.isHopeless).toBe(true);
  });
});
