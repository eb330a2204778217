/**
 * Number of the event that a reading goes on after: 0, before all of them, for what is the id of none, as clients may send anything.
 * @param last number of the last event there is
 * @internal
 */
export function eventPosition(after: string | undefined, last = Number.MAX_SAFE_INTEGER): number {
  const position = after !== undefined && /^\d{1,15}$/.test(after) ? Number(after) : 0;
  return position > last ? 0 : position;
}
