import fc from 'fast-check';
import { hourOf, LocalTime } from './local-time.js';

describe(LocalTime.name, () => {
  it('writes a time of the local zone', () => {
    expect(new LocalTime().format(new Date(2024, 1, 7, 16, 17, 6, 436).getTime())).toBe('2024-02-07 16:17:06,436');
  });

  it('says the same whatever it said before', () => {
    const withMemory = new LocalTime();
    const time = fc.integer({ min: 0, max: 4_102_444_800_000 });
    fc.assert(fc.property(time, (moment) => expect(withMemory.format(moment)).toBe(new LocalTime().format(moment))));
    fc.assert(
      fc.property(time, (moment) => {
        const date = new Date(moment);
        const [day, hour, ms] = [
          date.toLocaleDateString('sv'),
          date.toLocaleTimeString('sv'),
          String(date.getMilliseconds()).padStart(3, '0'),
        ];
        expect(withMemory.format(moment)).toBe(`${day} ${hour},${ms}`);
      }),
    );
  });
});

describe(hourOf.name, () => {
  it('is the end of an hourly file name', () => {
    expect(hourOf(new Date(2024, 0, 2, 3, 4, 5))).toBe('2024010203');
  });
});
