/** What may be in one `PlaceList`. @internal */
export interface Placed {
  /** Kept by the list; -1 outside of it. */
  place: number;
}

/**
 * Members in no order. Each knows its place, so that adding and removing one costs next to nothing: a set would make a hash of each
 * object first.
 * @internal
 */
export class PlaceList<T extends Placed> {
  private readonly members: T[] = [];

  get size(): number {
    return this.members.length;
  }

  /** As they are now. */
  all(): readonly T[] {
    return [...this.members];
  }

  /** Does nothing to one that is in it. */
  add(member: T): void {
    if (member.place >= 0) return;
    member.place = this.members.length;
    this.members.push(member);
  }

  /** Does nothing to one that is not in it. The last member takes the free place. */
  remove(member: T): void {
    const { place } = member;
    if (place < 0) return;
    member.place = -1;
    const last = this.members.pop();
    if (!last || last === member) return;
    last.place = place;
    this.members[place] = last;
  }
}
