import fc from 'fast-check';
import type { Box, Point } from '../ocr.types.js';
import { boxAngle, boxHeight, boxLength, turnBox } from './box.js';
import { connectedComponents, type Grid } from './connected-components.js';
import { convexHull } from './convex-hull.js';
import { growRectangle, minAreaRectangle, rectangleCorners } from './rectangle.js';

const points = fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 })), { minLength: 3, maxLength: 40 });

function grid(...rows: string[]): Grid {
  return { data: Float32Array.from([...rows.join('')].map(Number), (digit) => digit / 10), width: rows[0].length, height: rows.length };
}

function areaOf(polygon: readonly Point[]): number {
  return (
    Math.abs(
      polygon.reduce((sum, [x, y], i) => sum + x * polygon[(i + 1) % polygon.length][1] - y * polygon[(i + 1) % polygon.length][0], 0),
    ) / 2
  );
}

describe('connectedComponents', () => {
  it('joins cells that touch by a corner and keeps apart those that do not touch', () => {
    const found = [...connectedComponents(grid('90000', '09008', '00008', '70000'), 0.3)];
    expect(found.map(({ cellCount }) => cellCount)).toEqual([2, 2, 1]);
    expect(found.map(({ mean }) => mean)).toEqual([0.9, 0.8, 0.7].map((value) => expect.closeTo(value)));
  });

  it('knows the first and the last cell of each row, around holes too', () => {
    const [ring] = connectedComponents(grid('0999', '0909', '0999'), 0.3);
    expect([...ring.rows]).toEqual(expect.arrayContaining([0, 1, 2].map((y) => [y, [1, 3]])));
    expect(ring.cellCount).toBe(8);
  });

  it('does not join the end of a row with the start of the next', () => {
    expect([...connectedComponents(grid('009', '900'), 0.3)]).toHaveLength(2);
  });

  it('finds nothing on an empty grid', () => {
    expect([...connectedComponents(grid('000', '222'), 0.3)]).toEqual([]);
  });
});

describe('convexHull', () => {
  it('drops points inside, on the edges and given twice', () => {
    const hull = convexHull([
      [0, 0],
      [4, 0],
      [2, 0],
      [4, 4],
      [0, 4],
      [2, 2],
      [0, 0],
    ]);
    expect(hull).toHaveLength(4);
    expect(hull).toEqual(
      expect.arrayContaining([
        [0, 0],
        [4, 0],
        [4, 4],
        [0, 4],
      ]),
    );
  });

  it('always contains every point', () => {
    fc.assert(
      fc.property(points, (cloud) => {
        const hull = convexHull(cloud);
        fc.pre(hull.length > 2);
        for (const point of cloud) expect(areaOf(convexHull([...hull, point]))).toBeCloseTo(areaOf(hull));
      }),
    );
  });
});

describe('minAreaRectangle', () => {
  it('finds a turned rectangle again', () => {
    const angle = (20 * Math.PI) / 180;
    const turned = rectangleCorners({ centre: [10, 20], axis: [Math.cos(angle), Math.sin(angle)], width: 30, height: 8 });
    const found = minAreaRectangle(convexHull(turned));
    expect([...found.centre, ...found.axis, found.width, found.height]).toEqual(
      [10, 20, Math.cos(angle), Math.sin(angle), 30, 8].map((value) => expect.closeTo(value)),
    );
  });

  it('names the side near the x axis its width, also when it is the shorter one', () => {
    const { width, height, axis } = minAreaRectangle([
      [0, 0],
      [5, 0],
      [5, 90],
      [0, 90],
    ]);
    expect([width, height, axis[0]]).toEqual([5, 90, 1]);
  });

  it('never is larger than the upright rectangle and always holds every corner', () => {
    fc.assert(
      fc.property(points, (cloud) => {
        const hull = convexHull(cloud);
        fc.pre(hull.length > 2);
        const rectangle = minAreaRectangle(hull);
        const [xs, ys] = [hull.map(([x]) => x), hull.map(([, y]) => y)];
        const upright = (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
        expect(rectangle.width * rectangle.height).toBeLessThanOrEqual(upright + 1e-6);
        const corners = rectangleCorners(rectangle);
        expect(areaOf(convexHull([...corners, ...hull]))).toBeCloseTo(areaOf(corners), 4);
      }),
    );
  });

  it('refuses a line', () => {
    expect(() => minAreaRectangle([])).toThrow(RangeError);
  });
});

describe('growRectangle', () => {
  it('moves each side outwards by area x ratio / perimeter', () => {
    const { width, height } = growRectangle({ centre: [0, 0], axis: [1, 0], width: 40, height: 10 }, 2);
    expect([width, height]).toEqual([56, 26]);
  });
});

describe('turnBox', () => {
  const box: Box = [
    [0, 0],
    [40, 0],
    [40, 10],
    [0, 10],
  ];

  it('reads the same rectangle a quarter turn further clockwise', () => {
    expect(turnBox(box, 1)).toEqual([
      [40, 0],
      [40, 10],
      [0, 10],
      [0, 0],
    ]);
    expect([boxLength(turnBox(box, 1)), boxHeight(turnBox(box, 1))]).toEqual([10, 40]);
    expect(boxAngle(turnBox(box, 1))).toBeCloseTo(Math.PI / 2);
  });

  it('comes back after four quarters, in either direction', () => {
    expect(turnBox(box, 4)).toEqual(box);
    expect(turnBox(turnBox(box, 3), -3)).toEqual(box);
  });
});
