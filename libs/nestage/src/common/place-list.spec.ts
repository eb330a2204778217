import fc from 'fast-check';
import { PlaceList } from './place-list.js';

describe(PlaceList.name, () => {
  it('holds what a set would hold, whoever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ index: fc.nat({ max: 9 }), isAdded: fc.boolean() })), (steps) => {
        const members = Array.from({ length: 10 }, () => ({ place: -1 }));
        const list = new PlaceList<{ place: number }>();
        const model = new Set<{ place: number }>();
        for (const { index, isAdded } of steps) {
          const member = members[index];
          if (!isAdded) {
            list.remove(member);
            model.delete(member);
          } else {
            list.add(member);
            model.add(member);
          }
          expect(new Set(list.all())).toEqual(model);
          expect(list.size).toBe(model.size);
        }
        for (const member of members) expect(member.place >= 0).toBe(model.has(member));
      }),
    );
  });
});
