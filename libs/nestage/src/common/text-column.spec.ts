import fc from 'fast-check';
import { TextColumn } from './text-column.js';

const texts = fc.oneof(fc.string({ maxLength: 130 }), fc.string({ unit: 'binary', maxLength: 130 }));

describe(TextColumn.name, () => {
  it('has in each row what was written there last, however long and in whatever script', () => {
    const writes = fc.array(fc.tuple(fc.nat({ max: 2 }), texts), { maxLength: 20 });
    fc.assert(
      fc.property(writes, texts, (written, other) => {
        const column = new TextColumn(3);
        const rows = ['', '', ''];
        for (const [row, text] of written) {
          column.set(row, text);
          rows[row] = text;
        }
        expect([0, 1, 2].map((row) => column.get(row))).toEqual(rows);
        for (const text of [...rows, other, `${other}x`]) {
          expect([0, 1, 2].map((row) => column.equals(row, text))).toEqual(rows.map((each) => each === text));
        }
      }),
    );
  });
});
